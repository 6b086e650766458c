#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/evidence/task_evidence.h"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

std::string savedText(const MeanInterval& saved)
{
    return saved.count == 0 ? "–" : (saved.mean < 0 ? "+" : "−") + percentText(std::abs(saved.mean));
}

std::string differenceCell(const TaskEvidence& evidence, const EvidenceRow& row)
{
    if (!row.difference)
        return row.isFull ? "–" : "cannot tell";
    return fmt::format("{} ({})", differenceText(evidence.metric, row.difference->difference),
                       intervalText(evidence.metric, row.difference->interval));
}

const char* noiseCell(const EvidenceRow& row)
{
    return row.isFull ? "–" : !row.difference ? "cannot tell" : row.isEqual() ? "within noise" : "apart";
}

std::string titleOf(const TaskEvidence& evidence)
{
    const std::string& title = evidence.claim.title;
    return static_cast<char>(std::toupper(static_cast<unsigned char>(title.front()))) + title.substr(1);
}

std::string claimText(const TaskEvidence& evidence)
{
    return fmt::format("{}: the article claims {} less compute at equal quality.", titleOf(evidence),
                       percentText(evidence.claim.savedCompute));
}

/// The last part of a path: files by name, whatever folder they lie in.
std::string nameOf(const std::string& path)
{
    const std::string name = std::filesystem::path(path).filename().string();
    return name.empty() ? path : name;
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

const char* verdictName(Verdict verdict)
{
    return verdict == Verdict::Holds ? "holds" : verdict == Verdict::Fails ? "fails" : "cannot_tell";
}

Json jsonOf(const MeanInterval& value)
{
    if (value.count == 0)
        return nullptr;
    return {{"mean", value.mean},
            {"low", value.interval ? Json(value.interval->low) : Json(nullptr)},
            {"high", value.interval ? Json(value.interval->high) : Json(nullptr)}};
}

} // namespace

std::string evidenceText(const TaskEvidence& evidence)
{
    std::string text = wrapped(claimText(evidence), 80) + "\n";
    text += padded("", 26) + padded(evidence.metric, 17, Align::Right) + padded("compute", 9, Align::Right) +
            padded("time", 8, Align::Right) + padded("memory", 8, Align::Right) + "  quality\n";
    for (const EvidenceRow& row : evidence.rows)
        text += padded(row.label, 26) + padded(row.quality ? meanText(*row.quality) : "–", 17, Align::Right) +
                padded(savedText(row.savedCompute), 9, Align::Right) +
                padded(savedText(row.savedTime), 8, Align::Right) +
                padded(savedText(row.savedMemory), 8, Align::Right) + "  " + noiseCell(row) + "\n";
    return text + wrapped(evidence.sentence, 80) + "\n";
}

std::string evidenceMarkdown(const TaskEvidence& evidence)
{
    std::string text =
        fmt::format("## {}\n\n{}\n\n**{}**\n\n", titleOf(evidence), claimText(evidence), evidence.sentence);
    text += fmt::format("| trained | {} | difference to full (95 %) | quality | compute | time | memory | "
                        "trained parameters |\n|---|---|---|---|---|---|---|---|\n",
                        evidence.metric);
    for (const EvidenceRow& row : evidence.rows)
        text +=
            fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", row.label,
                        row.quality ? meanText(*row.quality) : "–", differenceCell(evidence, row),
                        noiseCell(row), savedText(row.savedCompute), savedText(row.savedTime),
                        savedText(row.savedMemory), countText(static_cast<double>(row.trainableParameters)));
    return text + fmt::format("\n{} Data hashes: {}{}{}.\n", conditionsText(evidence), evidence.trainHash,
                              evidence.evalHash.empty() ? "" : ", ", evidence.evalHash);
}

nlohmann::ordered_json evidenceJson(const TaskEvidence& evidence)
{
    Json rows = Json::array();
    for (const EvidenceRow& row : evidence.rows) {
        Json entry = {{"label", row.label},
                      {"is_full_fine_tuning", row.isFull},
                      {"trainable_parameters", row.trainableParameters},
                      {"quality", row.quality ? jsonOf(*row.quality) : Json(nullptr)},
                      {"saved_compute", jsonOf(row.savedCompute)},
                      {"saved_time", jsonOf(row.savedTime)},
                      {"saved_memory", jsonOf(row.savedMemory)}};
        if (row.difference)
            entry["difference"] = {{"mean", row.difference->difference},
                                   {"low", row.difference->interval.low},
                                   {"high", row.difference->interval.high},
                                   {"by_seed", row.difference->bySeed},
                                   {"is_within_noise", row.isEqual()}};
        else if (!row.unknown.empty())
            entry["unknown"] = row.unknown;
        rows.push_back(std::move(entry));
    }
    return {{"task", evidence.claim.key},
            {"claimed_saving", evidence.claim.savedCompute},
            {"verdict", verdictName(evidence.verdict)},
            {"sentence", evidence.sentence},
            {"metric", evidence.metric},
            {"untuned", evidence.untuned ? Json(*evidence.untuned) : Json(nullptr)},
            {"model", evidence.model},
            {"train", evidence.trainData},
            {"eval", evidence.evalData},
            {"train_hash", evidence.trainHash},
            {"eval_hash", evidence.evalHash},
            {"examples", evidence.evalExamples},
            {"epochs", evidence.epochs},
            {"seeds", evidence.seeds},
            {"rows", std::move(rows)}};
}

} // namespace lora
