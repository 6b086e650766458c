#include "core/models/text_generator.h"
#include "tests/support/expect_error.h"
#include "tests/support/tiny_models.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace lora::test {
namespace {

TinyBert tinyOf(const std::string& family)
{
    TinyBert tiny;
    tiny.hidden = 8;
    tiny.heads = 4;
    tiny.family = family;
    if (family == "mistral")
        tiny.more = {{"num_key_value_heads", 2}, {"sliding_window", 3}};
    return tiny;
}

std::unique_ptr<LanguageModel<float>> causal(const std::string& family)
{
    return tinyModel<float>(tinyOf(family), TaskType::CausalLm, 0);
}

const std::vector<std::int32_t> prompt{1, 7, 3};

/// The next token as the whole sequence at once sees it, without any cache.
std::int32_t likeliestAfter(const LanguageModel<float>& model, const std::vector<std::int32_t>& ids)
{
    Batch batch;
    batch.inputIds = ids;
    batch.tokenTypeIds.assign(ids.size(), 0);
    batch.sequenceOffsets = {0, static_cast<std::int32_t>(ids.size())};
    ModelPass<float> pass(model);
    pass.evaluate(batch);
    const float* last = pass.logits().row(pass.logits().rows - 1);
    return static_cast<std::int32_t>(std::max_element(last, last + pass.logits().cols) - last);
}

class CachedGeneration : public testing::TestWithParam<const char*>
{};

TEST_P(CachedGeneration, IsTheUncachedOne)
{
    const auto model = causal(GetParam());
    GenerationConfig config;
    config.temperature = 0;
    config.maxNewTokens = 12;
    const auto result = TextGenerator(*model).generate(prompt, config);
    std::vector<std::int32_t> ids = prompt;
    for (const std::int32_t id : result.ids) {
        EXPECT_EQ(id, likeliestAfter(*model, ids));
        ids.push_back(id);
    }
    EXPECT_EQ(result.ids.size(), 12u);
    EXPECT_EQ(result.end, GenerationEnd::Length);
}

INSTANTIATE_TEST_SUITE_P(Families, CachedGeneration,
                         testing::Values("gpt2", "gpt_neo", "llama", "mistral", "qwen2"),
                         [](const auto& test) { return std::string(test.param); });

TEST(TextGenerator, StopsBeforeAStopTokenAtTheContextAndWhenAsked)
{
    const auto model = causal("llama");
    GenerationConfig config;
    config.temperature = 0;
    config.maxNewTokens = 1000;
    TextGenerator generator(*model);
    const auto all = generator.generate(prompt, config);
    EXPECT_EQ(all.end, GenerationEnd::Context);
    EXPECT_EQ(all.ids.size(), 24u - prompt.size()); // positions of the model
    config.stopTokens = {all.ids[4]};
    const auto stopped = generator.generate(prompt, config);
    EXPECT_EQ(stopped.end, GenerationEnd::StopToken);
    const auto first = std::find(all.ids.begin(), all.ids.end(), all.ids[4]);
    EXPECT_EQ(stopped.ids, std::vector<std::int32_t>(all.ids.begin(), first));
    config.stopTokens.clear();
    int calls = 0;
    const auto cancelled = generator.generate(prompt, config, [&](std::int32_t) { return ++calls < 3; });
    EXPECT_EQ(cancelled.end, GenerationEnd::Cancelled);
    EXPECT_EQ(cancelled.ids.size(), 3u);
}

TEST(TextGenerator, TopKAndTopPKeepToTheLikeliest)
{
    const auto model = causal("gpt2");
    GenerationConfig greedy;
    greedy.temperature = 0;
    greedy.maxNewTokens = 15;
    TextGenerator generator(*model);
    const auto expected = generator.generate(prompt, greedy).ids;
    GenerationConfig narrow = greedy;
    narrow.temperature = 5;
    narrow.topK = 1;
    EXPECT_EQ(generator.generate(prompt, narrow).ids, expected);
    narrow.topK = 0;
    narrow.topP = 1e-9;
    EXPECT_EQ(generator.generate(prompt, narrow).ids, expected);
    GenerationConfig wide = greedy;
    wide.temperature = 50;
    EXPECT_NE(generator.generate(prompt, wide).ids, expected);
    EXPECT_EQ(generator.generate(prompt, wide).ids, generator.generate(prompt, wide).ids);
}

TEST(TextGenerator, RepetitionPenaltyAvoidsWhatWasSaid)
{
    const auto model = causal("gpt2");
    GenerationConfig config;
    config.temperature = 0;
    config.maxNewTokens = 8;
    config.repetitionPenalty = 1e6;
    auto ids = TextGenerator(*model).generate(prompt, config).ids;
    ids.insert(ids.end(), prompt.begin(), prompt.end());
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST(TextGenerator, BadRequestsAreRefused)
{
    const auto model = causal("llama");
    TextGenerator generator(*model);
    expectError(ErrorKind::BadUsage, "no tokens", [&] { generator.generate({}, {}); });
    expectError(ErrorKind::BadUsage, "takes 24",
                [&] { generator.generate(std::vector<std::int32_t>(24, 1), {}); });
    expectError(ErrorKind::BadUsage, "token 13",
                [&] { generator.generate(std::vector<std::int32_t>{13}, {}); });
    expectError(ErrorKind::BadUsage, "top_p",
                [&] { generator.generate(prompt, {.topP = 0, .stopTokens = {}}); });
    const auto encoder = tinyModel<float>();
    expectError(ErrorKind::BadUsage, "cannot continue", [&] { TextGenerator unused(*encoder); });
}

} // namespace
} // namespace lora::test
