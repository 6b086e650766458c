#pragma once

#include "core/nn/dora_magnitude.h"
#include "core/nn/lora_adapter.h"

#include <optional>
#include <string>

namespace lora {

enum class Bias { None, Yes };
enum class WeightLayout {
    OutByIn, ///< PyTorch's Linear
    InByOut  ///< transposed in checkpoints: GPT-2's Conv1D
};

/// y = x Wᵀ + b, plus the adapter's low-rank term if there is one; x [n, in], W [out, in], y [n, out]. A
/// frozen module without adapter keeps nothing for backward.
template <class T>
class Linear
{
public:
    struct Saved
    {
        ConstMatrix<T> x;
        typename LoraAdapter<T>::Saved adapter;
        Matrix<T> scaled; ///< DoRA: what the magnitudes scale, [n, out]
    };

    Linear(const std::string& moduleName, std::int64_t in, std::int64_t out, Bias hasBias,
           WeightLayout layout = WeightLayout::OutByIn);
    /// Uses another module's weight (tied embeddings), which must outlive this module. An own bias may have a
    /// name of its own; empty: none.
    Linear(const std::string& moduleName, Parameter<T>& tiedWeight, const std::string& biasName);

    const std::string& name() const { return m_name; }
    std::int64_t inFeatures() const { return usedWeight().value().cols; }
    std::int64_t outFeatures() const { return usedWeight().value().rows; }
    bool isTied() const { return m_tied != nullptr; }
    const Parameter<T>& usedWeight() const { return m_tied ? *m_tied : weight; }
    /// From now on a weight of its own, with the values it shared.
    void untie();
    /// Whether any gradient of this module is wanted.
    bool isTrainable() const
    {
        return usedWeight().isTrainable() || bias.isTrainable() || adapter.has_value();
    }
    /// Whether backward needs the input: for the weight's or the adapter's gradient.
    bool needsInput() const { return usedWeight().isTrainable() || (adapter && adapter->a.isTrainable()); }
    /// Whether an input that is cheap to compute once more is kept until backward all the same: an adapter
    /// keeps it, or what dropout has left of it.
    bool keepsInput() const { return needsInput() && adapter; }
    /// Whether backward needs anything of forward.
    bool needsSaved() const { return needsInput() || adapter; }
    /// Gives what forward keeps its place in the arena ahead of an input that is given up again: only when
    /// the input is not needed.
    void reserve(PassContext<T>& context, std::int64_t rows, Saved& saved) const;

    /// Overwrites y. When `saved` is given, x must stay alive until backward.
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// Adds the module's own gradients; writes or adds dx = dy W (+ the adapter's share) unless skipped.
    void backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                  InputGradient inputGradient) const;

    /// To be called when the adapter's weights or strength have changed: computes what DoRA scales by.
    void refreshMagnitude();
    /// What takes the weight's place without an adapter, W + s · B A (times DoRA's m / n); [out, in].
    void writeMerged(Matrix<T> merged) const;
    /// How that differs from the weight of the base model.
    void writeChange(Matrix<T> change) const;
    /// The weight becomes the merged one, and the adapter is gone.
    void mergeAdapter();

    Parameter<T> weight; ///< "<module>.weight"; does not exist while tied
    Parameter<T> bias;   ///< "<module>.bias"; does not exist without bias
    std::optional<LoraAdapter<T>> adapter;
    std::optional<DoraMagnitude<T>> magnitude; ///< only beside an adapter

private:
    void forwardDora(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    void forwardDroppedDora(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    void backwardDora(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                      InputGradient inputGradient) const;

    std::string m_name;
    Parameter<T>* m_tied = nullptr;
};

/// Calls visit for weight, bias, the adapter's pair and DoRA's magnitudes, as far as they exist.
template <class T, class Visit>
void visitLinearParameters(Linear<T>& linear, const Visit& visit)
{
    if (linear.weight.exists())
        visit(linear.weight);
    if (linear.bias.exists())
        visit(linear.bias);
    if (linear.adapter) {
        visit(linear.adapter->a);
        visit(linear.adapter->b);
    }
    if (linear.magnitude)
        visit(linear.magnitude->vector);
}

} // namespace lora
