#include "core/lora/adapter_injection.h"
#include "core/models/model_loader.h"
#include "core/models/stack_trunk.h"
#include "core/models/text_generator.h"
#include "core/text/tokenizer.h"
#include "tests/golden/golden_case.h"

namespace lora::test {
namespace {

std::filesystem::path modelPath(const char* name)
{
    return assetsFolder() / "assets" / "models" / name;
}

std::unique_ptr<LanguageModel<float>> causal(const char* name)
{
    return std::move(loadModel<float>(modelPath(name), TaskType::CausalLm, 0, 1).model);
}

Batch rowsOf(const std::vector<std::int64_t>& ids, std::int64_t rows)
{
    Batch batch;
    batch.inputIds.assign(ids.begin(), ids.end());
    batch.tokenTypeIds.assign(ids.size(), 0);
    const auto length = static_cast<std::int32_t>(static_cast<std::int64_t>(ids.size()) / rows);
    for (std::int32_t row = 0; row <= rows; ++row)
        batch.sequenceOffsets.push_back(row * length);
    return batch;
}

/// PyTorch's own activations of every part of every block of minGPT's sorter, the attention parts of the
/// first.
class NanoSort : public testing::Test
{
protected:
    void SetUp() override
    {
        SKIP_WITHOUT_ASSETS();
        m_file.emplace(
            SafetensorsFile::open(modelPath("gpt2-nano-sort") / "reference_activations.safetensors"));
    }

    std::vector<float> values(const std::string& name) const
    {
        const NamedTensor& tensor = *m_file->find(name);
        std::vector<float> out(static_cast<std::size_t>(tensor.elements()));
        tensor.copyTo(std::span<float>(out));
        return out;
    }
    void expectSame(const std::string& name, ConstMatrix<float> found) const
    {
        const std::vector<float> expected = values(name);
        ASSERT_EQ(static_cast<std::size_t>(found.size()), expected.size()) << name;
        for (std::int64_t r = 0; r < found.rows; ++r)
            for (std::int64_t c = 0; c < found.cols; ++c)
                ASSERT_NEAR(found(r, c), expected[static_cast<std::size_t>(r * found.cols + c)], 1e-5)
                    << name;
    }

    std::optional<SafetensorsFile> m_file;
};

TEST_F(NanoSort, EveryActivationAgreesToFiveDigits)
{
    const auto model = causal("gpt2-nano-sort");
    // Everything trained, so that everything is kept.
    const TrainableParameters<float> trainable =
        applyMethod(*model, {.type = MethodType::Full, .lora = {}}, 1);
    GradientStore<float> gradients(trainable.size());
    const auto& parts = dynamic_cast<const DecoderTrunk<float>&>(model->trunk()).parts();
    const std::vector<float> tokens = values("idx");
    const Batch batch = rowsOf({tokens.begin(), tokens.end()}, 3);
    Arena arena;
    PassContext<float> context;
    context.arena = &arena;
    context.gradients = &gradients;
    context.offsets = batch.sequenceOffsets;

    Matrix<float> x = arena.matrix<float>(context.tokens(), 48);
    parts.embeddings.forward(context, batch.inputIds, {}, x, nullptr);
    expectSame("x", x);
    std::vector<PreNormBlock<float>::Saved> saved(parts.blocks.size());
    for (std::size_t i = 0; i < parts.blocks.size(); ++i) {
        const Matrix<float> y = arena.matrix<float>(x.rows, x.cols);
        parts.blocks[i].forward(context, x, y, &saved[i]);
        expectSame("block" + std::to_string(i), y);
        x = y;
    }
    const PreNormBlock<float>::Saved& first = saved[0];
    expectSame("ln1", first.fused.x);
    expectSame("y", first.attentionOutput.x);
    expectSame("attnResid", first.feedForwardNorm.x);
    expectSame("ln2", first.up.x);
    expectSame("fc", first.upPreActivation);
    const Matrix<float> activated = arena.matrix<float>(x.rows, first.upPreActivation.cols);
    activate<float>(Activation::GeluTanh, first.upPreActivation, activated);
    expectSame("gelu", activated); // not kept: computed once more for the weight's gradient
    expectSame("attSm", ConstMatrix<float>(first.attention.probabilities, 3 * 3 * 11, 11));
    const Matrix<float> normed = arena.matrix<float>(x.rows, x.cols);
    parts.finalNorm.forward(context, x, normed, nullptr);
    expectSame("ln_f", normed);
    ModelPass<float> pass(*model);
    pass.evaluate(batch);
    expectSame("lm_head", pass.logits());
}

nlohmann::json reference(const char* model)
{
    return readJsonFile(modelPath(model) / "reference.json");
}

std::vector<std::int32_t> idsOf(const nlohmann::json& list)
{
    return list.get<std::vector<std::int32_t>>();
}

TEST(Capp, LogitsOfEveryPromptAgree)
{
    SKIP_WITHOUT_ASSETS();
    const auto model = causal("gpt2-capp");
    ModelPass<float> pass(*model);
    for (const nlohmann::json& example : reference("gpt2-capp")["cases"]) {
        const auto ids = example["prompt_ids"].get<std::vector<std::int64_t>>();
        pass.evaluate(rowsOf(ids, 1));
        const ConstMatrix<float> logits = pass.logits();
        for (std::int64_t r = 0; r < logits.rows; ++r)
            for (std::int64_t c = 0; c < logits.cols; ++c)
                ASSERT_NEAR(logits(r, c), example["prompt_logits"][r][c].get<float>(), 2e-5);
    }
}

TEST(Stories, GreedyTextIsTheReferenceByteForByte)
{
    SKIP_WITHOUT_ASSETS();
    const auto model = causal("llama-stories260k");
    const nlohmann::json expected = reference("llama-stories260k");
    const std::vector<std::int32_t> ids = idsOf(expected["greedy_ids"]);
    GenerationConfig config;
    config.temperature = 0;
    config.maxNewTokens = static_cast<int>(ids.size()) - 1;
    TextGenerator generator(*model);
    std::vector<std::int32_t> found{ids.front()};
    const auto result = generator.generate(std::vector<std::int32_t>{1}, config);
    found.insert(found.end(), result.ids.begin(), result.ids.end());
    EXPECT_EQ(found, ids);
    EXPECT_EQ(loadTokenizer(modelPath("llama-stories260k"))->decode(found),
              expected["greedy_text"].get<std::string>());
}

TEST(Stories, LogitsAfterAPromptAgree)
{
    SKIP_WITHOUT_ASSETS();
    const auto model = causal("llama-stories260k");
    const nlohmann::json expected = reference("llama-stories260k");
    const std::vector<std::int32_t> prompt = idsOf(expected["prompt_ids"]);
    EXPECT_EQ(
        loadTokenizer(modelPath("llama-stories260k"))->encode(expected["prompt"].get<std::string>()).ids,
        prompt);
    ModelPass<float> pass(*model);
    pass.startSequence(64);
    const std::span<const float> cached = pass.nextLogits(prompt);
    for (std::size_t i = 0; i < cached.size(); ++i)
        ASSERT_NEAR(cached[i], expected["prompt_last_logits"][i].get<float>(), 1e-3);
}

TEST(Stories, LossOnStoriesIsTheReferences)
{
    SKIP_WITHOUT_ASSETS();
    const auto model = causal("llama-stories260k");
    const auto tokenizer = loadTokenizer(modelPath("llama-stories260k"));
    const nlohmann::json stories =
        readJsonFile(assetsFolder() / "assets" / "datasets" / "tinystories" / "tinystories_1000.json");
    Batch batch;
    batch.sequenceOffsets.push_back(0);
    for (int i = 0; i < 12; ++i) {
        std::vector<std::int32_t> ids = tokenizer->encode(stories[i].get<std::string>()).ids;
        ids.resize(std::min<std::size_t>(ids.size(), 160));
        for (std::size_t t = 0; t < ids.size(); ++t) {
            batch.inputIds.push_back(ids[t]);
            batch.tokenLabels.push_back(t + 1 < ids.size() ? ids[t + 1] : ignoredLabel);
        }
        batch.sequenceOffsets.push_back(static_cast<std::int32_t>(batch.inputIds.size()));
    }
    batch.tokenTypeIds.assign(batch.inputIds.size(), 0);
    ModelPass<float> pass(*model);
    const LossSum loss = pass.evaluate(batch);
    const nlohmann::json expected = reference("llama-stories260k")["loss_check"];
    EXPECT_EQ(loss.items, expected["tokens"].get<std::int64_t>());
    EXPECT_NEAR(loss.sum / static_cast<double>(loss.items), expected["mean_nll"].get<double>(), 1e-3);
    EXPECT_GT(loss.correct, loss.items / 2);
}

} // namespace
} // namespace lora::test
