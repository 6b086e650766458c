#include "core/base/display_text.h"
#include "core/evidence/evidence_words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

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
    std::string text = wrapped(claimText(evidence.claim), 80) + "\n";
    text += padded("", 26) + padded(evidence.metric, 17, Align::Right) + padded("compute", 9, Align::Right) +
            padded("time", 8, Align::Right) + padded("memory", 8, Align::Right) + "  quality\n";
    for (const EvidenceRow& row : evidence.rows)
        text += padded(row.label, 26) + padded(row.quality ? meanText(*row.quality) : "–", 17, Align::Right) +
                padded(savedText(row.savedCompute), 9, Align::Right) +
                padded(savedText(row.savedTime), 8, Align::Right) +
                padded(savedText(row.savedMemory), 8, Align::Right) + "  " + noiseText(row) + "\n";
    return text + wrapped(evidence.sentence, 80) + "\n";
}

std::string evidenceMarkdown(const TaskEvidence& evidence)
{
    std::string text = fmt::format("## {}\n\n{}\n\n**{}**\n\n", titleText(evidence.claim),
                                   claimText(evidence.claim), evidence.sentence);
    text += fmt::format("| {} |\n|---|---|---|---|---|---|---|---|\n",
                        fmt::join(evidenceColumns(evidence), " | "));
    for (const EvidenceRow& row : evidence.rows)
        text += fmt::format("| {} |\n", fmt::join(evidenceCells(evidence, row), " | "));
    return text + fmt::format("\n{} {}\n", conditionsText(evidence), dataHashesText(evidence));
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
