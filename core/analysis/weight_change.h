#pragma once

#include "core/models/language_model.h"

#include <vector>

namespace lora {

/// The same linear module in a trained model and in the one it began from.
struct LinearChange
{
    LinearSite<float> tuned;
    LinearSite<float> base;

    /// tuned − base, [out, in]; an adapter has to be folded in before (mergeAdapters).
    std::vector<float> delta() const;
};

/// Linear modules of the trunk (heads are new, not changed) that `base`'s checkpoint held, in the model's
/// order. Throws lora::Error (BadInput) naming the first module the other lacks or has in another shape.
std::vector<LinearChange> linearChanges(LanguageModel<float>& tuned, LanguageModel<float>& base);

/// ‖W‖_F
double frobeniusNorm(const Parameter<float>& weight);

/// Whether two parameters of one shape hold the same numbers.
bool areEqual(const Parameter<float>& a, const Parameter<float>& b);

} // namespace lora
