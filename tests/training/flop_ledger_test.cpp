#include "core/cost/flop_ledger.h"
#include "core/models/attended_pairs.h"
#include "tests/support/model_folder.h"
#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr TaskType classification = TaskType::SequenceClassification;
const TinyBert tiny{.hidden = 12, .layers = 3, .heads = 2, .intermediate = 20, .positions = 160};

struct LedgerCase
{
    std::string name;
    MethodConfig method;
    TaskType task = classification;
    TinyBert model = tiny;
};

TinyBert tinyOf(const std::string& family, nlohmann::ordered_json more = nlohmann::ordered_json::object())
{
    TinyBert model = tiny;
    model.family = family;
    model.more = std::move(more);
    return model;
}

LedgerCase adapted(const std::string& name, std::variant<std::vector<std::string>, std::string> targets,
                   std::optional<std::vector<int>> layers = {}, const std::string& bias = "none")
{
    LedgerCase what{name, loraMethod(3, std::move(targets))};
    what.method.lora.layersToTransform = std::move(layers);
    what.method.lora.bias = bias;
    return what;
}

/// Variants of LoRA do other products.
std::vector<LedgerCase> variantCases()
{
    using Names = std::vector<std::string>;
    std::vector<LedgerCase> all;
    const auto add = [&](const std::string& name, const auto& set) {
        LedgerCase everywhere = adapted(name + "Everywhere", "all-linear");
        LedgerCase top =
            adapted(name + "Top", Names{"query", "output.dense"}, std::vector<int>{2}, "lora_only");
        LedgerCase decoder = adapted(name + "Decoder", "all-linear", std::vector<int>{1, 2});
        decoder.task = TaskType::CausalLm;
        decoder.model = tinyOf("gpt2");
        for (LedgerCase* what : {&everywhere, &top, &decoder}) {
            set(what->method.lora);
            all.push_back(*what);
        }
    };
    add("dora", [](LoraConfig& lora) { lora.useDora = true; });
    add("doraWithDropout", [](LoraConfig& lora) {
        lora.useDora = true;
        lora.loraDropout = 0.2;
    });
    add("loraFa", [](LoraConfig& lora) { lora.loraFa = true; });
    add("doraWithFrozenA", [](LoraConfig& lora) { lora.useDora = lora.loraFa = true; });
    add("doraWithFrozenAAndDropout", [](LoraConfig& lora) {
        lora.useDora = lora.loraFa = true;
        lora.loraDropout = 0.2;
    });
    add("rslora", [](LoraConfig& lora) { lora.useRslora = true; });
    add("pissa", [](LoraConfig& lora) { lora.initLoraWeights = "pissa"; });
    add("olora", [](LoraConfig& lora) { lora.initLoraWeights = "olora"; });
    add("loraPlus", [](LoraConfig& lora) { lora.loraplusLrRatio = 16; });
    return all;
}

std::vector<LedgerCase> cases()
{
    using Names = std::vector<std::string>;
    std::vector<LedgerCase> all = {
        {"full", {.type = MethodType::Full, .lora = {}}},
        {"head", {.type = MethodType::Head, .lora = {}}},
        {"fullMaskedLm", {.type = MethodType::Full, .lora = {}}, TaskType::MaskedLm},
        adapted("allLinear", "all-linear"),
        adapted("allLinearTop", "all-linear", std::vector<int>{2}),
        adapted("queryValue", Names{"query", "value"}),
        adapted("queryTop", Names{"query"}, std::vector<int>{2}),
        adapted("keyMiddle", Names{"key"}, std::vector<int>{1}),
        adapted("attentionOutputBottom", Names{"attention.output.dense"}, std::vector<int>{0}),
        adapted("intermediateTop", Names{"intermediate.dense"}, std::vector<int>{2}),
        adapted("outputTop", R"(.*layer\.2\.output\.dense)"),
        adapted("outputOfTwo", R"(.*layer\.[02]\.output\.dense)"),
        adapted("poolerOnly", Names{"pooler.dense"}),
        adapted("biasOfAdapted", Names{"value"}, std::vector<int>{1}, "lora_only"),
        adapted("everyBias", Names{"value"}, std::vector<int>{2}, "all"),
    };
    LedgerCase ranks = adapted("rankPattern", Names{"query", "output.dense"});
    ranks.method.lora.rankPattern = {{"query", 7}};
    all.push_back(ranks);
    LedgerCase savedPooler{"headAndPooler", {.type = MethodType::Head, .lora = {}}};
    savedPooler.method.lora.modulesToSave = {"pooler"};
    all.push_back(savedPooler);
    LedgerCase bitFit{"bitFit", {.type = MethodType::Head, .lora = {}}};
    bitFit.method.lora.bias = "all";
    all.push_back(bitFit);
    LedgerCase masked = adapted("maskedLm", Names{"query", "intermediate.dense"}, std::vector<int>{1, 2});
    masked.task = TaskType::MaskedLm;
    all.push_back(masked);
    // Every family, with everything trained and with LoRA on the upper layers.
    const nlohmann::ordered_json grouped{{"num_key_value_heads", 1}, {"head_dim", 4}};
    const nlohmann::ordered_json narrow{{"embedding_size", 5}};
    const std::vector<std::pair<TinyBert, TaskType>> families = {
        {tinyOf("roberta"), classification},
        {tinyOf("distilbert"), TaskType::TokenClassification},
        {tinyOf("albert", narrow), classification},
        {tinyOf("albert", narrow), TaskType::MaskedLm},
        {tinyOf("electra", narrow), TaskType::Regression},
        {tinyOf("bert"), TaskType::QuestionAnswering},
        {tinyOf("gpt2"), TaskType::CausalLm},
        {tinyOf("gpt2"), TaskType::MultiLabelClassification},
        {tinyOf("gpt_neo"), TaskType::CausalLm},
        {tinyOf("llama", grouped), TaskType::CausalLm},
        {tinyOf("mistral", {{"tie_word_embeddings", true}}), TaskType::CausalLm},
        {tinyOf("qwen2"), TaskType::TokenClassification},
    };
    for (const auto& [model, task] : families) {
        std::string name = model.family + "_" + std::string(toString(task)) + std::to_string(all.size());
        std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
        all.push_back({name + "Full", {.type = MethodType::Full, .lora = {}}, task, model});
        all.push_back({name + "Head", {.type = MethodType::Head, .lora = {}}, task, model});
        const bool isShared = model.family == "albert";
        LedgerCase upper = adapted(name + "Lora", "all-linear",
                                   isShared ? std::nullopt : std::optional(std::vector<int>{1, 2}), "all");
        upper.task = task;
        upper.model = model;
        all.push_back(upper);
    }
    for (LedgerCase& variant : variantCases())
        all.push_back(std::move(variant));
    LedgerCase tiedHead = adapted("loraOnATiedHead", Names{"lm_head"});
    tiedHead.task = TaskType::CausalLm;
    tiedHead.model = tinyOf("gpt2");
    all.push_back(tiedHead);
    LedgerCase savedHead = adapted("tiedHeadSavedWhole", Names{"c_attn"}, std::vector<int>{2});
    savedHead.task = TaskType::CausalLm;
    savedHead.model = tinyOf("gpt2");
    savedHead.method.lora.modulesToSave = {"lm_head"};
    all.push_back(savedHead);
    return all;
}

std::int64_t labelsOf(TaskType task)
{
    if (isLanguageModelling(task))
        return 0;
    return task == TaskType::Regression ? 1 : task == TaskType::QuestionAnswering ? 2 : 3;
}

class CountedFlops : public testing::TestWithParam<LedgerCase>
{};

TEST_P(CountedFlops, EqualTheLedgerToTheLastOperation)
{
    const auto& [name, method, task, shape] = GetParam();
    const std::int64_t labels = labelsOf(task);
    ModelFolder folder(shape, task, labels);
    const ModelSummary summary = describeModel(folder.write().string(), task, labels);
    const TrainingPlan plan = planTraining(method, partsOf(summary, task));
    const auto model = tinyModel<float>(shape, task, labels);
    const auto trainable = applyMethod(*model, method, 1);
    const std::vector<int> lengths = {1, 9, 140, 17, 60};
    const Batch batch = randomBatch(lengths, task, shape, static_cast<int>(labels));
    WorkCounts work = countWork(std::vector<std::int32_t>(lengths.begin(), lengths.end()), summary.isDecoder);
    work.steps = 1;
    work.labelledTokens = static_cast<double>(batch.tokenLabels.empty() ? 0 : batch.labelledItems());
    work.labelledPairs = static_cast<double>(labelledPairs(batch, summary.isDecoder));
    for (const int workers : {1, 2})
        for (const bool isCheckpointing : {false, true}) {
            WorkerPool pool(workers);
            TrainingStep<float> step(*model, trainable, pool, {}, 1);
            step.setGradientCheckpointing(isCheckpointing);
            EXPECT_EQ(static_cast<double>(step.run(std::span(&batch, 1), 1e-3, 5).flops),
                      trainingLedger(summary, task, plan, isCheckpointing).total(work).total())
                << workers << " workers, checkpointing " << isCheckpointing;
        }
}

INSTANTIATE_TEST_SUITE_P(Methods, CountedFlops, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

/// The closed form of a full-size encoder: adapting only upper layers removes their missing backward.
TEST(FlopLedger, SharesOfFullTrainingAreThoseOfTheClosedForm)
{
    // A task that reads every token: in others the last block does less.
    constexpr TaskType rows = TaskType::TokenClassification;
    const TinyBert wide{.hidden = 96, .layers = 12, .heads = 12, .intermediate = 384};
    ModelFolder folder(wide, rows, 2);
    const ModelSummary summary = describeModel(folder.write().string(), rows, 2);
    const WorkCounts work = countWork(std::vector<std::int32_t>(4, 8), false);
    const auto flops = [&](const MethodConfig& method) {
        return trainingLedger(summary, rows, planTraining(method, partsOf(summary, rows)))
            .total(work)
            .total();
    };
    const double full = flops({.type = MethodType::Full, .lora = {}});
    for (const int adaptedLayers : {12, 6, 3}) {
        MethodConfig method = loraMethod(1, std::vector<std::string>{"query", "value"});
        method.lora.layersToTransform.emplace();
        for (int layer = 12 - adaptedLayers; layer < 12; ++layer)
            method.lora.layersToTransform->push_back(layer);
        EXPECT_NEAR(flops(method) / full, 1.0 / 3 + adaptedLayers / 36.0, 0.02) << adaptedLayers;
    }
}

} // namespace
} // namespace lora::test
