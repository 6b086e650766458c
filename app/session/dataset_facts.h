#pragma once

#include "core/config/experiment_config.h"
#include "ui/dataset_preview.h"

#include <cstdint>
#include <string>
#include <vector>

namespace lora::app {

/// What the window needs to know of an experiment's data: the card's preview and what costs depend on.
struct DatasetFacts
{
    ui::DatasetPreview preview;
    std::int64_t numLabels = 0;
    std::vector<std::int32_t> trainLengths; ///< tokens of each training row, before truncation
    std::vector<std::int32_t> evalLengths;
    bool isHiddenAnew = false; ///< masked language modelling on text: other tokens are hidden every epoch
    double labelledShare = 0;  ///< language modelling: labelled tokens of all tokens
    std::string problem;       ///< why the rows cannot be used as they are; the preview then shows them raw
};

/// Reads, tokenises and checks all rows: seconds for large files, so never on the window's thread. Throws
/// lora::Error for a file that cannot be read at all.
DatasetFacts readDatasetFacts(const ExperimentConfig& experiment);

} // namespace lora::app
