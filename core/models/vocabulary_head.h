#pragma once

#include "core/models/task_head.h"
#include "core/nn/activation.h"
#include "core/nn/norm.h"

#include <optional>

namespace lora {

/// How a family turns hidden states into logits over the vocabulary; full names.
struct VocabularyHeadShape
{
    std::int64_t hidden = 0;
    std::string denseName; ///< masked language models transform first; empty: none
    std::string normName;
    Activation activation = Activation::Gelu;
    double normEpsilon = 1e-12;
    std::string decoderName;
    std::string decoderBiasName; ///< empty: none
    bool isTied = true;          ///< the decoder is the word embeddings
};

/// Rows of logits that exist at one time: enough for an efficient product, at most 32 MiB.
std::int64_t vocabularyChunk(std::int64_t vocabulary);

/// Language modelling, causal (lm_head) and masked (cls.predictions): logits =
/// decoder(norm(f(dense(hidden)))) of the labelled rows alone, in chunks; [tokens, vocabulary] never exists
/// but where all logits are wanted. What a row has to predict is its label in the batch, in either kind.
template <class T>
class VocabularyHead : public TaskHead<T>
{
public:
    /// `word` [vocabulary, embedding] must outlive the head.
    VocabularyHead(const VocabularyHeadShape& shape, Parameter<T>& word);

    std::unique_ptr<HeadPass<T>> startPass() const override;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void setDropout(double) override {}
    Linear<T>* outputEmbedding() override { return &decoder; }

    std::optional<Linear<T>> dense; ///< [embedding, hidden]
    Norm<T> norm;                   ///< exists with dense
    Linear<T> decoder;              ///< [vocabulary, embedding]
    Activation activation;
};

} // namespace lora
