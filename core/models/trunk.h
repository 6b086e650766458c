#pragma once

#include "core/data/batch.h"
#include "core/nn/linear.h"

#include <functional>
#include <memory>
#include <vector>

namespace lora {

/// A linear module with its place in the model.
template <class T>
struct LinearSite
{
    Linear<T>* linear = nullptr;
    int block = -1;      ///< block index; -1 outside the stack
    bool isHead = false; ///< belongs to the task's head (classifier), which is trained whole, not adapted
};

/// One worker's way through the trunk: owns what forward saves for backward.
template <class T>
class TrunkPass
{
public:
    virtual ~TrunkPass() = default;
    /// Hidden states of the last block, [tokens, hidden], in the context's arena.
    virtual ConstMatrix<T> forward(PassContext<T>& context, const Batch& batch) = 0;
    /// Adds all weight gradients of the trunk; dHidden is used up. Goes down only to the lowest trainable
    /// weight.
    virtual void backward(PassContext<T>& context, Matrix<T> dHidden) = 0;
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
    virtual void visitParameters(const std::function<void(Parameter<T>&)>& visit) = 0;
    virtual void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) = 0;
    virtual void setDropout(double hidden, double attention) = 0;
    /// Word embeddings, for heads tied to them.
    virtual Parameter<T>& wordEmbeddings() = 0;
};

} // namespace lora
