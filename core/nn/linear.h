#pragma once

#include "core/nn/lora_adapter.h"

#include <optional>
#include <string>

namespace lora {

enum class Bias { None, Yes };

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

    Linear(const std::string& moduleName, std::int64_t in, std::int64_t out, Bias hasBias);

    const std::string& name() const { return m_name; }
    std::int64_t inFeatures() const { return weight.value().cols; }
    std::int64_t outFeatures() const { return weight.value().rows; }
    /// Whether any gradient of this module's own is wanted.
    bool isTrainable() const { return weight.isTrainable() || bias.isTrainable() || adapter.has_value(); }
    /// Whether backward needs the input: for the weight's or the adapter's gradient.
    bool needsInput() const { return weight.isTrainable() || adapter.has_value(); }

    /// Overwrites y. When `saved` is given, x must stay alive until backward.
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// As forward, but leaves the bias to the caller, who fuses it into the next pass.
    void forwardWithoutBias(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const;
    /// Adds the module's own gradients; writes or adds dx = dy W (+ the adapter's share) unless skipped.
    void backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                  InputGradient inputGradient) const;

    /// W += s · B A, and the adapter is gone.
    void mergeAdapter();

    Parameter<T> weight; ///< "<module>.weight"
    Parameter<T> bias;   ///< "<module>.bias"; does not exist without bias
    std::optional<LoraAdapter<T>> adapter;

private:
    std::string m_name;
};

/// Calls visit for weight, bias and the adapter's pair, as far as they exist.
template <class T, class Visit>
void visitLinearParameters(Linear<T>& linear, const Visit& visit)
{
    visit(linear.weight);
    if (linear.bias.exists())
        visit(linear.bias);
    if (linear.adapter) {
        visit(linear.adapter->a);
        visit(linear.adapter->b);
    }
}

} // namespace lora
