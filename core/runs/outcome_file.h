#pragma once

#include "core/train/example_outcomes.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace lora {

/// eval_examples.jsonl of a run folder: what an evaluation said about each evaluation example, one line for
/// an evaluation: {"step","examples": hash,"count","classes","loss": […],"items": […],…}, columns as
/// ExampleOutcomes has them. Kept are step 0 (the untuned model) and the model the run hands over. Written
/// whole or not at all; a run without it has not recorded them.
using OutcomesByStep = std::map<std::int64_t, ExampleOutcomes>;

void writeOutcomes(const std::filesystem::path& runFolder, const OutcomesByStep& outcomes);

/// Empty when there is no such file. Throws lora::Error (BadInput) naming file and line when it is damaged.
OutcomesByStep readOutcomes(const std::filesystem::path& runFolder);

/// Of the model the run hands over: the last step's. Nothing where they were not recorded.
std::optional<ExampleOutcomes> readFinalOutcomes(const std::filesystem::path& runFolder);

} // namespace lora
