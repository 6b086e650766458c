#include "core/nn/lora_adapter.h"

#include "core/math/elementwise.h"
#include "core/math/gemm.h"

namespace lora {

template <class T>
LoraAdapter<T>::LoraAdapter(const std::string& moduleName, std::int64_t in, std::int64_t out,
                            std::int64_t rank)
    : a(moduleName + ".lora_A.weight", {rank, in})
    , b(moduleName + ".lora_B.weight", {out, rank})
{}

template <class T>
void LoraAdapter<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    if (effectiveScaling() == 0)
        return;
    const auto scope = context.arena->mark();
    Matrix<T> low = context.arena->template matrix<T>(x.rows, r());
    ConstMatrix<T> input = x;
    std::uint64_t key = 0;
    if (context.isDropoutOn && dropoutProbability > 0) {
        key = context.nextDropoutKey();
        Matrix<T> dropped = context.arena->template matrix<T>(x.rows, x.cols);
        dropout<T>(x, dropoutProbability, key, dropped);
        input = dropped;
    }
    multiplyByTransposed<T>(input, a.value(), low);
    gemm<T>(Transpose::No, Transpose::Yes, static_cast<T>(effectiveScaling()), low, b.value(), T(1), y);
    if (saved)
        *saved = {input, low, key};
    else
        context.arena->release(scope);
}

template <class T>
void LoraAdapter<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                              InputGradient inputGradient) const
{
    if (effectiveScaling() == 0)
        return; // forward did nothing and kept nothing
    const ArenaScope scope(*context.arena);
    const T s = static_cast<T>(effectiveScaling());
    gemm<T>(Transpose::Yes, Transpose::No, s, dy, saved.low, T(1), context.gradients->of(b));
    Matrix<T> dlow = context.arena->template matrix<T>(dy.rows, r());
    gemm<T>(Transpose::No, Transpose::No, s, dy, b.value(), T(0), dlow);
    gemm<T>(Transpose::Yes, Transpose::No, T(1), dlow, saved.x, T(1), context.gradients->of(a));
    if (inputGradient == InputGradient::Skip)
        return;
    if (saved.dropoutKey == 0) {
        gemm<T>(Transpose::No, Transpose::No, T(1), dlow, a.value(), T(1), dx);
        return;
    }
    Matrix<T> dDropped = context.arena->template matrix<T>(dx.rows, dx.cols);
    gemm<T>(Transpose::No, Transpose::No, T(1), dlow, a.value(), T(0), dDropped);
    dropout<T>(dDropped, dropoutProbability, saved.dropoutKey, dDropped);
    addScaled<T>(T(1), dDropped, dx);
}

template <class T>
void LoraAdapter<T>::writeDelta(Matrix<T> delta) const
{
    gemm<T>(Transpose::No, Transpose::No, static_cast<T>(effectiveScaling()), b.value(), a.value(), T(0),
            delta);
}

template class LoraAdapter<float>;
template class LoraAdapter<double>;

} // namespace lora
