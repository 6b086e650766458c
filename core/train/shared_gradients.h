#pragma once

#include "core/lora/trainable_parameters.h"
#include "core/models/gradient_sharing.h"
#include "core/nn/gradient_turns.h"

#include <vector>

namespace lora {

/// The gradients so many workers share while they train these weights; empty: none.
template <class T>
std::vector<SharedGradient> sharedGradients(LanguageModel<T>& model, const TrainableParameters<T>& trainable,
                                            int workers, GradientSharing sharing);

} // namespace lora
