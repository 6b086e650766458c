#pragma once

#include "core/nn/norm.h"

#include <functional>
#include <string>

namespace lora {

struct EmbeddingNames
{
    std::string word, position, tokenType,
        norm; ///< module paths; all but word empty where the family has none
};

struct EmbeddingShape
{
    std::int64_t vocabulary = 0;
    std::int64_t positions = 0;
    std::int64_t tokenTypes = 0;
    std::int64_t hidden = 0;
    std::int64_t firstPosition = 0; ///< position of a sequence's first token
    double normEpsilon = 1e-12;
};

/// x = drop(norm(word[id] + position[i] + tokenType[type])), less what the family does not have; x [tokens,
/// hidden]. Ids are checked before they get here.
template <class T>
class Embeddings
{
public:
    struct Saved
    {
        std::span<const std::int32_t> ids;
        std::span<const std::int32_t> types;
        typename Norm<T>::Saved norm;
        std::uint64_t dropoutKey = 0;
    };

    Embeddings(const EmbeddingNames& names, const EmbeddingShape& shape);

    bool isTrainable() const;
    void forward(PassContext<T>& context, std::span<const std::int32_t> ids,
                 std::span<const std::int32_t> types, Matrix<T> x, Saved* saved) const;
    /// dx is used up.
    void backward(PassContext<T>& context, const Saved& saved, Matrix<T> dx) const;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit);

    Parameter<T> word;      ///< [vocabulary, hidden]
    Parameter<T> position;  ///< [positions, hidden]; may not exist
    Parameter<T> tokenType; ///< [types, hidden]; may not exist
    Norm<T> norm;           ///< may not exist
    double dropoutProbability = 0;

private:
    std::int64_t m_firstPosition;
};

} // namespace lora
