#pragma once

#include "core/models/language_model.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace lora {

/// How the next token is chosen; names and meanings as in Hugging Face's GenerationConfig.
struct GenerationConfig
{
    int maxNewTokens = 128;
    double temperature = 1;       ///< 0: greedy
    int topK = 0;                 ///< only the k most likely tokens; 0: all
    double topP = 1;              ///< only the smallest set of most likely tokens that holds this probability
    double repetitionPenalty = 1; ///< divides positive and multiplies negative logits of tokens seen before
    std::uint64_t seed = 42;
    std::vector<std::int32_t> stopTokens; ///< generation ends before one of these
};

enum class GenerationEnd { StopToken, Length, Context, Cancelled };

/// Continues a token sequence with a causal language model. Keys and values of past tokens are cached, so a
/// token costs one row of every product. One generator serves one thread; the model is only read.
class TextGenerator
{
public:
    /// Throws lora::Error (BadUsage) for a model without a causal head.
    explicit TextGenerator(const LanguageModel<float>& model);
    ~TextGenerator();

    struct Result
    {
        std::vector<std::int32_t> ids; ///< new tokens only, without the stop token
        GenerationEnd end = GenerationEnd::Length;
    };
    /// `onToken` is called with each new token as soon as it is known and ends the generation by returning
    /// false. Throws lora::Error (BadUsage) for an empty prompt or one longer than the model's positions, or
    /// ids outside the vocabulary.
    Result generate(std::span<const std::int32_t> prompt, const GenerationConfig& config,
                    const std::function<bool(std::int32_t)>& onToken = {});

private:
    struct State;
    std::unique_ptr<State> m_state;
};

} // namespace lora
