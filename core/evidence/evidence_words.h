#pragma once

#include "core/evidence/task_evidence.h"

#include <string>
#include <vector>

/// What every form of the evidence says in the same words.
namespace lora {

inline constexpr const char* evidenceTitle = "What LoRA saves, and whether quality stays";
/// How it was measured and what signs and words mean.
inline constexpr const char* evidenceMethod =
    "Compute is counted inside every matrix product of training, the frozen layers' one pass included; time "
    "and memory are the runs' own. Signs are against full fine-tuning of the same seed and batches; \"no "
    "cache\" runs frozen layers in every epoch. Within noise: the 95 % interval of the difference over seeds "
    "and the same evaluation examples contains zero.";

std::string titleText(const ArticleClaim& claim); ///< "Sentiment analysis"
std::string claimText(const ArticleClaim& claim); ///< "Sentiment analysis: the article claims …."
const char* verdictText(Verdict verdict);         ///< "holds here"
std::string savedText(const MeanInterval& saved);
const char* noiseText(const EvidenceRow& row); ///< "within noise", "apart", "cannot tell"
/// Model, data, seeds, rates: what the numbers were taken with.
std::string conditionsText(const TaskEvidence& evidence);
std::string dataHashesText(const TaskEvidence& evidence);

/// The table of a claim.
std::vector<std::string> evidenceColumns(const TaskEvidence& evidence);
std::vector<std::string> evidenceCells(const TaskEvidence& evidence, const EvidenceRow& row);

} // namespace lora
