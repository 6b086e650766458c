#include "core/evidence/evidence_words.h"

#include "core/base/quantity_text.h"

#include <cctype>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lora {

namespace {

std::string differenceCell(const TaskEvidence& evidence, const EvidenceRow& row)
{
    if (!row.difference)
        return row.isFull ? "–" : "cannot tell";
    return fmt::format("{} ({})", differenceText(evidence.metric, row.difference->difference),
                       intervalText(evidence.metric, row.difference->interval));
}

/// The last part of a path: files by name, whatever folder they lie in.
std::string nameOf(const std::string& path)
{
    const std::string name = std::filesystem::path(path).filename().string();
    return name.empty() ? path : name;
}

} // namespace

std::string titleText(const ArticleClaim& claim)
{
    std::string title = claim.title;
    title.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(title.front())));
    return title;
}

std::string claimText(const ArticleClaim& claim)
{
    return fmt::format("{}: the article claims {} less compute at equal quality.", titleText(claim),
                       percentText(claim.savedCompute));
}

const char* verdictText(Verdict verdict)
{
    return verdict == Verdict::Holds   ? "holds here"
           : verdict == Verdict::Fails ? "does not hold here"
                                       : "cannot be told";
}

std::string savedText(const MeanInterval& saved)
{
    return saved.count == 0 ? "–" : (saved.mean < 0 ? "+" : "−") + percentText(std::abs(saved.mean));
}

const char* noiseText(const EvidenceRow& row)
{
    return row.isFull ? "–" : !row.difference ? "cannot tell" : row.isEqual() ? "within noise" : "apart";
}

std::string conditionsText(const TaskEvidence& evidence)
{
    return fmt::format("{} on {}, evaluated on {} ({} examples); {} epochs; seeds {}; LoRA r={} at learning "
                       "rate {:g}, full fine-tuning at {:g}; untuned {}.",
                       nameOf(evidence.model), nameOf(evidence.trainData), nameOf(evidence.evalData),
                       evidence.evalExamples, significantText(evidence.epochs, 3),
                       fmt::join(evidence.seeds, ", "), evidence.rank, evidence.learningRate,
                       evidence.fullLearningRate,
                       evidence.untuned ? percentText(*evidence.untuned) : "not measured");
}

std::string dataHashesText(const TaskEvidence& evidence)
{
    return fmt::format("Data hashes: {}{}{}.", evidence.trainHash, evidence.evalHash.empty() ? "" : ", ",
                       evidence.evalHash);
}

std::vector<std::string> evidenceColumns(const TaskEvidence& evidence)
{
    return {"trained", evidence.metric, "difference to full (95 %)", "quality", "compute",
            "time",    "memory",        "trained parameters"};
}

std::vector<std::string> evidenceCells(const TaskEvidence& evidence, const EvidenceRow& row)
{
    return {row.label,
            row.quality ? meanText(*row.quality) : "–",
            differenceCell(evidence, row),
            noiseText(row),
            savedText(row.savedCompute),
            savedText(row.savedTime),
            savedText(row.savedMemory),
            countText(static_cast<double>(row.trainableParameters))};
}

} // namespace lora
