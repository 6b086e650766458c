#pragma once

#include <string_view>

namespace lora {

/// What decides whether hidden states below the cut can be computed once and kept: configuration and data
/// alone, so that a resumed run decides as the one it continues did.
struct PrefixFacts
{
    int lowestLayer = 0;       ///< the lowest with something to train; −1: the embeddings
    double dropout = 0;        ///< of the model's own layers while training
    bool isHiddenAnew = false; ///< masked language modelling on text: other tokens are hidden every epoch
    double epochs = 0;         ///< planned passes over the training rows
};

struct PrefixUse
{
    bool isForTraining = false;
    bool isForEvaluation = false;   ///< has no dropout and hides the same tokens every time
    bool isDropoutInTheWay = false; ///< only dropout keeps training from using it
};

/// `mode`: training.prefix_cache ("auto", "memory" or "off").
PrefixUse planPrefix(std::string_view mode, const PrefixFacts& facts);

} // namespace lora
