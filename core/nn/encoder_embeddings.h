#pragma once

#include "core/nn/layer_norm.h"

#include <functional>
#include <string>

namespace lora {

struct EncoderEmbeddingNames
{
    std::string word, position, tokenType, norm; ///< module paths; tokenType empty where the family has none
};

struct EncoderEmbeddingShape
{
    std::int64_t vocabulary = 0;
    std::int64_t positions = 0;
    std::int64_t tokenTypes = 0;
    std::int64_t hidden = 0;
    std::int64_t firstPosition = 0; ///< position of a sequence's first token
    double normEpsilon = 1e-12;
};

/// x = drop(norm(word[id] + position[i] + tokenType[type])); x [tokens, hidden]. Ids are checked before they
/// get here.
template <class T>
class EncoderEmbeddings
{
public:
    struct Saved
    {
        std::span<const std::int32_t> ids;
        std::span<const std::int32_t> types;
        typename LayerNorm<T>::Saved norm;
        std::uint64_t dropoutKey = 0;
    };

    EncoderEmbeddings(const EncoderEmbeddingNames& names, const EncoderEmbeddingShape& shape);

    bool isTrainable() const;
    void forward(PassContext<T>& context, std::span<const std::int32_t> ids,
                 std::span<const std::int32_t> types, Matrix<T> x, Saved* saved) const;
    /// dx is used up.
    void backward(PassContext<T>& context, const Saved& saved, Matrix<T> dx) const;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit);

    Parameter<T> word;      ///< [vocabulary, hidden]
    Parameter<T> position;  ///< [positions, hidden]
    Parameter<T> tokenType; ///< [types, hidden]; may not exist
    LayerNorm<T> norm;
    double dropoutProbability = 0;

private:
    std::int64_t m_firstPosition;
};

} // namespace lora
