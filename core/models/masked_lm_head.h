#pragma once

#include "core/models/task_head.h"
#include "core/nn/activation.h"
#include "core/nn/layer_norm.h"

namespace lora {

/// BERT's masked language modelling head: logits = norm(f(dense(hidden))) · wordᵀ + bias at the labelled
/// positions alone, in chunks; the decoder is tied to the word embeddings, and [tokens, vocabulary] never
/// exists.
template <class T>
class MaskedLmHead : public TaskHead<T>
{
public:
    /// `prefix` is "cls.predictions"; `word` must outlive the head.
    MaskedLmHead(const std::string& prefix, Parameter<T>& word, Activation activation, double normEpsilon);

    std::unique_ptr<HeadPass<T>> startPass() const override;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void setDropout(double) override {}

    Linear<T> dense;
    LayerNorm<T> norm;
    Parameter<T> bias; ///< [vocabulary]
    Parameter<T>* word;
    Activation activation;
};

} // namespace lora
