#pragma once

#include "core/config/experiment_config.h"
#include "core/cost/cost_report.h"
#include "core/models/model_summary.h"

#include <cstdint>
#include <vector>

namespace lora {

/// Speeds of this machine, measured by `calibrate` in a fraction of a second.
struct Calibration
{
    int workers = 0;
    double gemmFlopsPerSecond = 0;        ///< all workers together, at shapes like the model's
    double bfloat16FlopsPerSecond = 0;    ///< the same by weights in bfloat16; 0: this machine does not
    double elementwiseBytesPerSecond = 0; ///< all workers together
    double processBytes = 0;              ///< resident memory before a model is loaded
    double machineBytes = 0;              ///< physical memory; 0: unknown
};

/// What the cost of a run depends on besides the configuration.
struct WorkloadFacts
{
    ModelSummary model;
    std::int64_t numLabels = 2;
    std::vector<std::int32_t> trainLengths; ///< tokens of each training row after truncation
    double evalTokens = 0;                  ///< of all evaluation rows
    bool isHiddenAnew = false; ///< masked language modelling on text: other tokens are hidden every epoch
    double labelledShare =
        0; ///< language modelling: labelled tokens of all tokens; 0: the usual one of the task
    double vocabularyShare = 1; ///< of the word embeddings' pages that hold a token of the rows
};

/// Estimates a configuration and full fine-tuning of the same model on the same rows. Takes microseconds: the
/// window calls it on every click.
CostReport estimateCost(const ExperimentConfig& experiment, const WorkloadFacts& facts,
                        const Calibration& calibration);

} // namespace lora
