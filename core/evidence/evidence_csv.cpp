#include "core/evidence/evidence_csv.h"

#include "core/evidence/evidence_words.h"
#include "core/report/csv_export.h"

#include <cmath>

#include <fmt/format.h>

namespace lora {

namespace {

std::string number(double value)
{
    return std::isfinite(value) ? fmt::format("{}", value) : "";
}

std::string mean(const MeanInterval& value)
{
    return value.count > 0 ? number(value.mean) : "";
}

std::vector<std::string> cellsOf(const TaskEvidence& evidence, const EvidenceRow& row)
{
    const PairedDifference* difference = row.difference ? &*row.difference : nullptr;
    return {evidence.claim.key,
            number(evidence.claim.savedCompute),
            verdictText(evidence.verdict),
            csvText(row.label),
            std::to_string(row.trainableParameters),
            csvText(evidence.metric),
            row.quality ? mean(*row.quality) : "",
            difference ? number(difference->difference) : "",
            difference ? number(difference->interval.low) : "",
            difference ? number(difference->interval.high) : "",
            difference ? (row.isEqual() ? "within noise" : "apart") : "",
            mean(row.savedCompute),
            mean(row.savedTime),
            mean(row.savedMemory)};
}

} // namespace

std::string evidenceCsv(const std::vector<TaskEvidence>& evidence)
{
    std::string text =
        csvLine({"claim", "claimed_saving", "verdict", "trained", "trainable_parameters", "metric", "mean",
                 "difference", "low", "high", "quality", "saved_compute", "saved_time", "saved_memory"});
    for (const TaskEvidence& task : evidence)
        for (const EvidenceRow& row : task.rows)
            text += csvLine(cellsOf(task, row));
    return text;
}

} // namespace lora
