#include "core/models/text_generator.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/base/rng.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora {

namespace {

/// Prompt tokens taken through the model at once: large enough for efficient products, little memory.
constexpr std::size_t promptChunk = 256;

void penalizeRepetition(std::vector<float>& logits, std::span<const std::int32_t> seen, double penalty)
{
    if (penalty == 1)
        return;
    std::vector<bool> isDone(logits.size(), false);
    for (const std::int32_t id : seen) {
        const auto index = static_cast<std::size_t>(id);
        if (isDone[index])
            continue;
        isDone[index] = true;
        logits[index] *= static_cast<float>(logits[index] > 0 ? 1 / penalty : penalty);
    }
}

std::int32_t mostLikely(const std::vector<float>& logits)
{
    return static_cast<std::int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

/// Draws from softmax(logits / temperature) cut to the k most likely and to the nucleus of probability p.
std::int32_t sample(const std::vector<float>& logits, const GenerationConfig& config, double uniform)
{
    std::vector<std::int32_t> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    const auto isLikelier = [&](std::int32_t a, std::int32_t b) {
        const float la = logits[static_cast<std::size_t>(a)];
        const float lb = logits[static_cast<std::size_t>(b)];
        return la != lb ? la > lb : a < b;
    };
    const std::size_t kept = config.topK > 0
                                 ? std::min<std::size_t>(order.size(), static_cast<std::size_t>(config.topK))
                                 : order.size();
    if (kept < order.size())
        std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
                          isLikelier);
    else
        std::sort(order.begin(), order.end(), isLikelier);
    const double largest = static_cast<double>(logits[static_cast<std::size_t>(order.front())]);
    std::vector<double> weights(kept);
    double total = 0;
    for (std::size_t i = 0; i < kept; ++i)
        total += weights[i] = std::exp(
            (static_cast<double>(logits[static_cast<std::size_t>(order[i])]) - largest) / config.temperature);
    double nucleus = 0;
    std::size_t end = 0;
    while (end < kept && (end == 0 || nucleus < config.topP * total))
        nucleus += weights[end++];
    double rest = uniform * nucleus;
    for (std::size_t i = 0; i < end; ++i)
        if ((rest -= weights[i]) < 0)
            return order[i];
    return order[end - 1];
}

void checkConfig(const GenerationConfig& config)
{
    const auto require = [](bool isFine, const char* what, const std::string& found) {
        if (!isFine)
            throw Error(ErrorKind::BadUsage, fmt::format("{}, found {}", what, found));
    };
    require(config.maxNewTokens >= 1, "max_new_tokens must be 1 or more",
            std::to_string(config.maxNewTokens));
    require(config.temperature >= 0 && std::isfinite(config.temperature), "temperature must be 0 or more",
            fmt::format("{}", config.temperature));
    require(config.topK >= 0, "top_k must be 0 or more", std::to_string(config.topK));
    require(config.topP > 0 && config.topP <= 1, "top_p must be above 0 and at most 1",
            fmt::format("{}", config.topP));
    require(config.repetitionPenalty > 0 && std::isfinite(config.repetitionPenalty),
            "repetition_penalty must be above 0", fmt::format("{}", config.repetitionPenalty));
}

} // namespace

struct TextGenerator::State
{
    explicit State(const LanguageModel<float>& languageModel)
        : model(languageModel)
        , pass(languageModel)
    {}

    const LanguageModel<float>& model;
    ModelPass<float> pass;
};

TextGenerator::TextGenerator(const LanguageModel<float>& model)
{
    if (model.task() != TaskType::CausalLm)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("a model for {} cannot continue a text", toString(model.task())),
                    "Use a causal language model: task causal-lm.");
    m_state = std::make_unique<State>(model);
}

TextGenerator::~TextGenerator() = default;

TextGenerator::Result TextGenerator::generate(std::span<const std::int32_t> prompt,
                                              const GenerationConfig& config,
                                              const std::function<bool(std::int32_t)>& onToken)
{
    checkConfig(config);
    const ModelConfig& model = m_state->model.config();
    const auto positions = static_cast<std::size_t>(model.maxPositionEmbeddings);
    if (prompt.empty())
        throw Error(ErrorKind::BadUsage, "the prompt has no tokens", "Give a text to continue.");
    if (prompt.size() >= positions)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("the prompt has {} tokens, the model takes {}", prompt.size(), positions),
                    "Shorten the prompt: at least one position has to stay free.");
    for (const std::int32_t id : prompt)
        if (id < 0 || id >= model.vocabSize)
            throw Error(
                ErrorKind::BadUsage,
                fmt::format("the prompt holds token {}, the model's vocabulary has {}", id, model.vocabSize),
                "The tokenizer does not belong to this model.");

    const std::size_t longest =
        std::min(positions, prompt.size() + static_cast<std::size_t>(config.maxNewTokens));
    m_state->pass.startSequence(static_cast<std::int64_t>(longest));
    std::vector<std::int32_t> seen(prompt.begin(), prompt.end());
    std::vector<float> logits;
    const auto advance = [&](std::span<const std::int32_t> ids) {
        const std::span<const float> next = m_state->pass.nextLogits(ids);
        logits.assign(next.begin(), next.end());
    };
    for (std::size_t first = 0; first < prompt.size(); first += promptChunk)
        advance(prompt.subspan(first, std::min(promptChunk, prompt.size() - first)));

    Result result;
    Rng rng(config.seed, "generate");
    while (result.ids.size() < static_cast<std::size_t>(config.maxNewTokens)) {
        penalizeRepetition(logits, seen, config.repetitionPenalty);
        const std::int32_t id =
            config.temperature == 0 ? mostLikely(logits) : sample(logits, config, rng.uniform());
        if (std::find(config.stopTokens.begin(), config.stopTokens.end(), id) != config.stopTokens.end()) {
            result.end = GenerationEnd::StopToken;
            return result;
        }
        result.ids.push_back(id);
        seen.push_back(id);
        if (onToken && !onToken(id)) {
            result.end = GenerationEnd::Cancelled;
            return result;
        }
        if (seen.size() >= positions) {
            result.end = GenerationEnd::Context;
            return result;
        }
        if (result.ids.size() < static_cast<std::size_t>(config.maxNewTokens))
            advance(std::span(seen).last(1));
    }
    return result;
}

} // namespace lora
