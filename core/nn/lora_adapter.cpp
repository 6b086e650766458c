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
ConstMatrix<T> LoraAdapter<T>::dropped(PassContext<T>& context, ConstMatrix<T> x, std::uint64_t& key) const
{
    key = 0;
    if (!context.isDropoutOn || dropoutProbability <= 0)
        return x;
    key = context.nextDropoutKey();
    Matrix<T> values = context.arena->template matrix<T>(x.rows, x.cols);
    dropout<T>(x, dropoutProbability, key, values);
    return values;
}

template <class T>
void LoraAdapter<T>::addProduct(ConstMatrix<T> x, Matrix<T> low, Matrix<T> y) const
{
    multiplyByTransposed<T>(x, a.value(), low);
    gemm<T>(Transpose::No, Transpose::Yes, static_cast<T>(effectiveScaling()), low, b.value(), T(1), y);
}

template <class T>
void LoraAdapter<T>::forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved) const
{
    if (start && strength != 1)
        addStart(context, x, y);
    if (effectiveScaling() == 0)
        return;
    const auto outer = context.arena->mark();
    const bool isReserved = saved && saved->isReserved;
    const Matrix<T> low = isReserved ? saved->low : context.arena->template matrix<T>(x.rows, r());
    const auto inner = context.arena->mark();
    std::uint64_t key = 0;
    const ConstMatrix<T> input = dropped(context, x, key);
    addProduct(input, low, y);
    if (!saved) {
        context.arena->release(outer);
        return;
    }
    *saved = {input, low, key};
    if (!a.isTrainable()) { // nobody will ask for the input
        saved->x = {};
        context.arena->release(inner);
    }
}

template <class T>
void LoraAdapter<T>::addGradients(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy,
                                  Matrix<T> dlow) const
{
    const T s = static_cast<T>(effectiveScaling());
    if (b.isTrainable())
        gemm<T>(Transpose::Yes, Transpose::No, s, dy, saved.low, T(1), context.gradients->of(b));
    if (dlow.isEmpty())
        return;
    gemm<T>(Transpose::No, Transpose::No, s, dy, b.value(), T(0), dlow);
    if (a.isTrainable())
        gemm<T>(Transpose::Yes, Transpose::No, T(1), dlow, saved.x, T(1), context.gradients->of(a));
}

template <class T>
void LoraAdapter<T>::backward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dy, Matrix<T> dx,
                              InputGradient inputGradient) const
{
    if (effectiveScaling() == 0)
        return; // forward did nothing and kept nothing
    const ArenaScope scope(*context.arena);
    Matrix<T> dlow;
    if (a.isTrainable() || inputGradient != InputGradient::Skip)
        dlow = context.arena->template matrix<T>(dy.rows, r());
    addGradients(context, saved, dy, dlow);
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

/// What the weaker adapter leaves of W: (1 − strength) s B₀ A₀, which the frozen weight lacks.
template <class T>
void LoraAdapter<T>::addStart(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y) const
{
    const ArenaScope scope(*context.arena);
    Matrix<T> low = context.arena->template matrix<T>(x.rows, r());
    multiplyByTransposed<T>(x, startA(), low);
    gemm<T>(Transpose::No, Transpose::Yes, static_cast<T>(scaling * (1 - strength)), low, startB(), T(1), y);
}

template <class T>
void LoraAdapter<T>::writeDelta(Matrix<T> delta) const
{
    gemm<T>(Transpose::No, Transpose::No, static_cast<T>(effectiveScaling()), b.value(), a.value(), T(0),
            delta);
}

template <class T>
void LoraAdapter<T>::reserve(PassContext<T>& context, std::int64_t rows, Saved& saved) const
{
    saved.low = context.arena->template matrix<T>(rows, r());
    saved.isReserved = true;
}

template class LoraAdapter<float>;
template class LoraAdapter<double>;

} // namespace lora
