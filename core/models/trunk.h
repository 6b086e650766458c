#pragma once

#include "core/data/batch.h"
#include "core/nn/block_stage.h"
#include "core/nn/linear.h"
#include "core/nn/norm.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace lora {

/// A linear module with its place in the model.
template <class T>
struct LinearSite
{
    Linear<T>* linear = nullptr;
    int block = -1;      ///< block index; -1 outside the stack
    bool isHead = false; ///< belongs to the task's head: never a target of "all-linear"
    std::optional<BlockStage> stage = std::nullopt; ///< inside a block
    bool isQuery = false; ///< gives queries alone: the last block needs it for the rows a head reads
};

/// A normalisation with its place in the model.
template <class T>
struct NormSite
{
    Norm<T>* norm = nullptr;
    int block = -1;
    std::optional<BlockStage> stage = std::nullopt;
};

/// One worker's way through the trunk: owns what forward saves for backward.
template <class T>
class TrunkPass
{
public:
    virtual ~TrunkPass() = default;
    /// Hidden states of the last block, [tokens, hidden] or those of the context's needed rows alone, in the
    /// context's arena.
    virtual ConstMatrix<T> forward(PassContext<T>& context, const Batch& batch) = 0;
    /// Inference: what enters `layer` (the number of layers: what leaves the last), [tokens, hidden], in the
    /// context's arena. Nothing below `layer` may be trained.
    virtual ConstMatrix<T> forwardPrefix(PassContext<T>& context, const Batch& batch, int layer) = 0;
    /// Training keeps only what enters each block, and computes the rest once more in backward (Chen et al.,
    /// arXiv:1604.06174): the same bits, less memory, one forward pass more of the blocks above the cut.
    virtual void setGradientCheckpointing(bool isOn) = 0;
    /// Adds all weight gradients of the trunk; dHidden, of the rows forward gave, is used up. Goes down only
    /// to the lowest trainable weight.
    virtual void backward(PassContext<T>& context, Matrix<T> dHidden) = 0;

    /// Generation, decoders only: forgets what was seen and makes room for so many tokens.
    virtual void startSequence(std::int64_t capacity) = 0;
    /// Hidden states [ids, hidden] of the next tokens of the sequence, in the context's arena.
    virtual ConstMatrix<T> extend(PassContext<T>& context, std::span<const std::int32_t> ids) = 0;
};

/// Everything of a model between token ids and the hidden states a task's head reads: the part all tasks
/// share.
template <class T>
class Trunk
{
public:
    virtual ~Trunk() = default;

    virtual std::unique_ptr<TrunkPass<T>> startPass() const = 0;
    virtual bool isTrainable() const = 0;
    virtual int layers() const = 0;
    /// Index of the lowest layer with something to train; −1: the embeddings; number of layers: nothing.
    virtual int lowestTrainable() const = 0;
    virtual std::int64_t hiddenSize() const = 0;
    virtual void visitParameters(const std::function<void(Parameter<T>&)>& visit) = 0;
    virtual void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) = 0;
    /// Inside the blocks and above them.
    virtual void visitNorms(const std::function<void(const NormSite<T>&)>& visit) = 0;
    virtual void setDropout(double hidden, double attention) = 0;
    /// Word embeddings, for heads tied to them.
    virtual Parameter<T>& wordEmbeddings() = 0;
};

} // namespace lora
