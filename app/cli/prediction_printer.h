#pragma once

#include "core/experiment/prediction.h"

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace lora::app {

/// What of a prediction is printed besides what it says.
struct PredictionStyle
{
    std::vector<std::string> labels; ///< of the model, in the order of the probabilities
    bool hasLogits = false;
    bool isCausal = false;   ///< candidates stand for the token behind
    bool isOfTokens = false; ///< rows of token ids: answers are told in tokens
};

/// One object of `predict --json`: {"label","probabilities","logits"}, {"labels","probabilities","logits"},
/// {"value"},
/// {"tokens","tags","entities","logits"}, {"answer","start","end","score"}, {"tokens","candidates","logits"}.
nlohmann::ordered_json jsonOf(const Prediction& prediction, const PredictionStyle& style);

/// The same for people, in lines of at most 80 columns where texts allow it.
std::string textOf(const Prediction& prediction, const PredictionStyle& style);

} // namespace lora::app
