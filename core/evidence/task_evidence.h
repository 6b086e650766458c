#pragma once

#include "core/evidence/reproduction_plan.h"
#include "core/runs/run_statistics.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// One way of training, over its seeds, beside full fine-tuning. All measured: compute is counted inside the
/// products while training, time and memory are the runs' own.
struct EvidenceRow
{
    std::string label; ///< "top-quarter"
    std::int64_t trainableParameters = 0;
    std::optional<MeanInterval> quality;
    std::optional<PairedDifference> difference;        ///< to full fine-tuning on the same examples
    std::string unknown;                               ///< without a difference: why
    MeanInterval savedCompute, savedTime, savedMemory; ///< 1 − own / full fine-tuning's of the same seed
    bool isFull = false;

    bool isEqual() const { return difference && difference->isWithinNoise(); }
};

enum class Verdict {
    Holds,     ///< a row saves what is claimed, or more, within noise of full fine-tuning
    Fails,     ///< none does
    CannotTell ///< runs are left or missing, or full fine-tuning itself has learnt nothing
};

/// What the runs of one claim say.
struct TaskEvidence
{
    ArticleClaim claim;
    std::string metric;
    std::string model, trainData, evalData;
    std::string trainHash, evalHash;
    std::size_t evalExamples = 0;
    std::vector<std::uint64_t> seeds;
    double epochs = 0;
    int rank = 0;
    double learningRate = 0, fullLearningRate = 0;
    std::optional<double> untuned; ///< metric before training, mean over the runs
    std::vector<EvidenceRow> rows; ///< full fine-tuning first, then by saved compute
    std::size_t runsLeft = 0;      ///< planned and not done
    Verdict verdict = Verdict::CannotTell;
    std::string sentence; ///< what can be said of the claim, with its numbers and conditions
};

/// `runs` are the finished runs of a reproduction plan. Reads their evaluation outcomes.
TaskEvidence taskEvidence(const ArticleClaim& claim,
                          const std::vector<std::shared_ptr<const RunRecord>>& runs);

/// The verdict on rows that are there, apart from where they come from. Sets `verdict` and `sentence`.
void judge(TaskEvidence& evidence);

/// At most 80 columns, for a terminal.
std::string evidenceText(const TaskEvidence& evidence);
/// One section of a Markdown document.
std::string evidenceMarkdown(const TaskEvidence& evidence);
nlohmann::ordered_json evidenceJson(const TaskEvidence& evidence);

} // namespace lora
