#pragma once

#include "core/nn/activation.h"
#include "core/nn/attention_core.h"
#include "core/nn/block_stage.h"
#include "core/nn/linear.h"
#include "core/nn/norm.h"

#include <functional>
#include <string>

namespace lora {

/// What an encoder family calls the parts of its blocks; full module paths.
struct PostNormBlockNames
{
    std::string query, key, value, attentionOutput, attentionNorm, intermediate, output, outputNorm;
};

struct PostNormBlockShape
{
    std::int64_t hidden = 0;
    std::int64_t heads = 0;
    std::int64_t intermediate = 0;
    double normEpsilon = 1e-12;
    Activation activation = Activation::Gelu;
};

/// One encoder block as in BERT (Devlin et al., arXiv:1810.04805): attention, add, norm, feed-forward, add,
/// norm.
///     h = norm1(x + drop(attention(x)))        y = norm2(h + drop(output(f(intermediate(h)))))
/// x, y [tokens, hidden].
template <class T>
class PostNormBlock
{
public:
    struct Saved
    {
        typename Linear<T>::Saved query, key, value, attentionOutput, intermediate, output;
        typename AttentionCore<T>::Saved attention;
        typename Norm<T>::Saved attentionNorm, outputNorm;
        ConstMatrix<T> preActivation; ///< intermediate(h), [tokens, intermediate]
        std::uint64_t attentionDropoutKey = 0;
        std::uint64_t outputDropoutKey = 0;
        const NeededRows* rows = nullptr;
    };

    PostNormBlock(const PostNormBlockNames& names, const PostNormBlockShape& shape);

    /// Overwrites y. With `saved`, x must stay alive until backward, and so must `rows`: with them y has only
    /// these rows.
    void forward(PassContext<T>& context, ConstMatrix<T> x, Matrix<T> y, Saved* saved,
                 const NeededRows* rows = nullptr) const;
    /// Writes dx [tokens, hidden] unless it is to be skipped; it may be dy where that has all rows. dy is
    /// used up.
    void backward(PassContext<T>& context, const Saved& saved, Matrix<T> dy, Matrix<T> dx,
                  InputGradient inputGradient) const;

    bool isTrainable() const;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit);
    void visitLinears(const std::function<void(Linear<T>&, BlockStage)>& visit);
    void visitNorms(const std::function<void(Norm<T>&, BlockStage)>& visit);
    void setDropout(double hidden, double attentionProbability);

    /// The module whose work is done for needed rows alone though it reads what all rows give; null: none.
    const Linear<T>* separateQuery() const { return &query; }

    Linear<T> query, key, value, attentionOutput, intermediate, output;
    Norm<T> attentionNorm, outputNorm;
    AttentionCore<T> attention;
    double dropoutProbability = 0;

private:
    /// Which gradients have to flow through the block's parts, from the top down: nothing below the lowest
    /// trainable weight is computed.
    struct Reach
    {
        bool intoIntermediate = false; ///< some gradient is wanted at or below intermediate
        bool intoAttentionNorm = false;
        bool intoAttentionOutput = false;
        bool intoAttention = false; ///< at or below query, key, value
    };
    Reach reach(InputGradient inputGradient) const;
    void outputBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dBranch,
                        Matrix<T> dActivated) const;
    void projectionsBackward(PassContext<T>& context, const Saved& saved, ConstMatrix<T> dContext,
                             Matrix<T> dy, Matrix<T> dx, InputGradient inputGradient) const;

    PostNormBlockShape m_shape;
};

} // namespace lora
