#pragma once

#include "core/nn/activation.h"
#include "core/nn/attention_core.h"
#include "core/nn/block_stage.h"
#include "core/nn/linear.h"
#include "core/nn/norm.h"

#include <functional>
#include <string>

namespace lora {

/// What a decoder family calls the parts of its blocks; full module paths. Either `fused` or query, key and
/// value; `gate` only where the feed-forward layer has one.
struct PreNormBlockNames
{
    std::string attentionNorm, fused, query, key, value, attentionOutput;
    std::string feedForwardNorm, gate, up, down;
};

struct PreNormBlockShape
{
    std::int64_t hidden = 0;
    std::int64_t intermediate = 0;
    AttentionShape attention;
    NormKind norm = NormKind::Layer;
    double normEpsilon = 1e-5;
    Activation activation = Activation::GeluTanh; ///< Silu: gated
    bool hasAttentionInputBias = true;
    bool hasAttentionOutputBias = true;
    bool hasFeedForwardBias = true;
    WeightLayout layout = WeightLayout::OutByIn;
};

/// Keys and values of the tokens a generation has seen, in one block.
template <class T>
struct KeyValueCache
{
    Matrix<T> keys, values; ///< [capacity, keyValueHeads · headDim]
    std::int64_t length = 0;
};

/// One decoder block as in GPT-2 (Radford et al. 2019) and Llama (Touvron et al., arXiv:2302.13971): norm
/// before attention and before feed-forward.
///     h = x + drop(o(attention(norm1(x))))        y = h + drop(down(f(up(norm2(h)))))
/// or, gated, down(silu(gate(·)) ∘ up(·)). x, y [tokens, hidden].
template <class T>
class PreNormBlock
{
public:
    struct Saved
    {
        typename Linear<T>::Saved fused, query, key, value, attentionOutput, gate, up, down;
        typename AttentionCore<T>::Saved attention;
        typename Norm<T>::Saved attentionNorm, feedForwardNorm;
        ConstMatrix<T> gatePreActivation, upPreActivation; ///< [tokens, intermediate]
        std::uint64_t attentionDropoutKey = 0;
        std::uint64_t outputDropoutKey = 0;
        const NeededRows* rows = nullptr;
    };

    PreNormBlock(const PreNormBlockNames& names, const PreNormBlockShape& shape);

    /// Overwrites y. With `saved`, x must stay alive until backward, and so must `rows`: with them y has only
    /// these rows.
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved,
                 const NeededRows* rows = nullptr) const;
    /// Writes dx [tokens, hidden] unless it is to be skipped; it may be dy where that has all rows. dy is
    /// used up.
    void backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy, Matrix<T> dx,
                  InputGradient inputGradient) const;
    /// Generation: as forward for the new tokens of one sequence, whose keys and values join the cache.
    void extend(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, KeyValueCache<T>& cache) const;

    bool isTrainable() const { return isTrainedFrom(BlockStage::OutputNorm); }
    void visitParameters(const std::function<void(Parameter<T>&)>& visit);
    void visitLinears(const std::function<void(Linear<T>&, BlockStage)>& visit);
    void visitNorms(const std::function<void(Norm<T>&, BlockStage)>& visit);
    void setDropout(double hidden, double attentionProbability);

    /// The module whose work is done for needed rows alone though it reads what all rows give; null: none.
    const Linear<T>* separateQuery() const { return query ? &*query : nullptr; }

    std::optional<Linear<T>> fused, query, key, value, gate; ///< as the names say
    Linear<T> attentionOutput, up, down;
    Norm<T> attentionNorm, feedForwardNorm;
    AttentionCore<T> attention;
    double dropoutProbability = 0;

private:
    struct Heads
    {
        Matrix<T> q, k, v;
    };
    bool isTrainedFrom(BlockStage stage) const;
    Heads project(PassContext<T>& context, ConstMatrix<T> x, Saved* saved, const NeededRows* rows) const;
    void turn(PassContext<T>& context, const Heads& heads, const NeededRows* rows) const;
    void feedForward(PassContext<T>& context, ConstMatrix<T> h, Matrix<T> y, Saved* saved) const;
    void activateUp(ConstMatrix<T> gated, ConstMatrix<T> pre, Matrix<T> activated) const;
    void feedForwardBackward(PassContext<T>& context, const Saved& saved, Matrix<T> dy, bool isMoreBelow,
                             bool isInnerWanted) const;
    void attentionBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dMixed, Matrix<T> dy,
                           Matrix<T> dx, bool isNormWanted, InputGradient inputGradient) const;
    void projectionsBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dMixed,
                             Matrix<T> dNormed, bool isNormWanted) const;

    PreNormBlockShape m_shape;
};

} // namespace lora
