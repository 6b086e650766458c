#pragma once

#include "core/config/model_config.h"
#include "core/models/trunk.h"
#include "core/nn/embeddings.h"
#include "core/nn/post_norm_block.h"
#include "core/nn/pre_norm_block.h"
#include "core/nn/rotary_table.h"

#include <optional>
#include <vector>

namespace lora {

/// The parts of a trunk.
template <class T, template <class> class Block>
struct StackParts
{
    Embeddings<T> embeddings;
    std::optional<Linear<T>> projection = std::nullopt; ///< of embeddings to the hidden size
    std::vector<Block<T>> blocks;
    int repeats = 1;   ///< how often the blocks are gone through (ALBERT: one block, every layer)
    Norm<T> finalNorm; ///< may not exist
    std::optional<RotaryConfig> rotary = std::nullopt;
};

/// Embeddings and a stack of blocks: every family. Encoders are stacks of PostNormBlock, decoders of
/// PreNormBlock; families differ in names, shapes and which parts there are.
template <class T, template <class> class Block>
class StackTrunk : public Trunk<T>
{
public:
    explicit StackTrunk(StackParts<T, Block> parts);

    std::unique_ptr<TrunkPass<T>> startPass() const override;
    bool isTrainable() const override;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void visitNorms(const std::function<void(const NormSite<T>&)>& visit) override;
    void setDropout(double hidden, double attention) override;
    Parameter<T>& wordEmbeddings() override { return m_parts.embeddings.word; }

    const StackParts<T, Block>& parts() const { return m_parts; }
    int layers() const override { return m_parts.repeats * static_cast<int>(m_parts.blocks.size()); }
    const Block<T>& block(int layer) const
    {
        return m_parts.blocks[static_cast<std::size_t>(layer) % m_parts.blocks.size()];
    }
    std::int64_t hiddenSize() const override;
    int lowestTrainable() const override;

private:
    StackParts<T, Block> m_parts;
};

template <class T>
using EncoderTrunk = StackTrunk<T, PostNormBlock>;
template <class T>
using DecoderTrunk = StackTrunk<T, PreNormBlock>;

} // namespace lora
