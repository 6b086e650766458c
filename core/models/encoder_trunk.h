#pragma once

#include "core/models/trunk.h"
#include "core/nn/encoder_embeddings.h"
#include "core/nn/post_norm_block.h"

#include <vector>

namespace lora {

/// Embeddings and a stack of post-norm blocks: BERT and its kin. Families differ in names and shapes alone.
template <class T>
class EncoderTrunk : public Trunk<T>
{
public:
    EncoderTrunk(EncoderEmbeddings<T> embeddings, std::vector<PostNormBlock<T>> blocks);

    std::unique_ptr<TrunkPass<T>> startPass() const override;
    bool isTrainable() const override { return lowestTrainable() < static_cast<int>(m_blocks.size()); }
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void setDropout(double hidden, double attention) override;
    Parameter<T>& wordEmbeddings() override { return m_embeddings.word; }

    const EncoderEmbeddings<T>& embeddings() const { return m_embeddings; }
    const std::vector<PostNormBlock<T>>& blocks() const { return m_blocks; }
    /// Index of the lowest block with something to train; −1: the embeddings; number of blocks: nothing.
    int lowestTrainable() const;

private:
    EncoderEmbeddings<T> m_embeddings;
    std::vector<PostNormBlock<T>> m_blocks;
};

} // namespace lora
