#pragma once

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
    bool needsInput() const { return usedWeight().isTrainable() || adapter.has_value(); }

    /// Overwrites y. When `saved` is given, x must stay alive until backward.
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// Adds the module's own gradients; writes or adds dx = dy W (+ the adapter's share) unless skipped.
    void backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                  InputGradient inputGradient) const;

    /// W += s · B A, and the adapter is gone.
    void mergeAdapter();

    Parameter<T> weight; ///< "<module>.weight"; does not exist while tied
    Parameter<T> bias;   ///< "<module>.bias"; does not exist without bias
    std::optional<LoraAdapter<T>> adapter;

private:
    std::string m_name;
    Parameter<T>* m_tied = nullptr;
};

/// Calls visit for weight, bias and the adapter's pair, as far as they exist.
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
}

} // namespace lora
