#pragma once

#include "core/models/trunk.h"

namespace lora {

struct LossSum
{
    double sum = 0;           ///< over labelled items
    std::int64_t items = 0;   ///< labelled sequences, tokens or targets
    std::int64_t correct = 0; ///< language modelling, evaluation: tokens whose largest logit is the right one
};

/// Language modelling, evaluation: what one labelled token says.
struct ItemLoss
{
    double loss = 0;
    bool isCorrect = false; ///< its largest logit is the right one
};

/// One worker's way through a head.
template <class T>
class HeadPass
{
public:
    virtual ~HeadPass() = default;
    /// The tokens whose hidden states forward reads, for the context's sequences; false: all of them.
    virtual bool selectRows(const PassContext<T>& context, const Batch& batch, NeededRows& rows) const = 0;
    /// Loss over the labelled items of the batch (none: logits only). `gradientScale` is what each item's
    /// loss counts in the gradient, 1 / items of the whole step. `hidden` has the selected rows.
    virtual LossSum forward(PassContext<T>& context, ConstMatrix<T> hidden, const Batch& batch,
                            T gradientScale) = 0;
    /// Adds the head's weight gradients; writes dHidden, shaped as `hidden` was, unless it is empty.
    virtual void backward(PassContext<T>& context, Matrix<T> dHidden) = 0;
    /// Results of the last forward, in the arena: [sequences, labels] of a sequence task, [tokens, labels] of
    /// token classification, [tokens, 2] of question answering (start, end); language modelling [rows,
    /// vocabulary], only of a batch without labels.
    virtual ConstMatrix<T> logits() const = 0;
    /// Language modelling: of the last evaluated batch with labels, one for each labelled token in its order.
    virtual std::span<const ItemLoss> itemLosses() const { return {}; }
};

/// What a task puts on top of a trunk: head layers and loss.
template <class T>
class TaskHead
{
public:
    virtual ~TaskHead() = default;

    virtual std::unique_ptr<HeadPass<T>> startPass() const = 0;
    virtual void visitParameters(const std::function<void(Parameter<T>&)>& visit) = 0;
    virtual void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) = 0;
    virtual void setDropout(double probability) = 0;
    /// The module that turns hidden states into logits over the vocabulary; null in other heads. It may be
    /// tied to the word embeddings.
    virtual Linear<T>* outputEmbedding() { return nullptr; }
};

} // namespace lora
