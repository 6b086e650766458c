#include "core/cost/cost_model.h"
#include "core/cost/memory_plan.h"
#include "core/models/attended_pairs.h"
#include "tests/support/model_folder.h"
#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

constexpr TaskType classification = TaskType::SequenceClassification;

struct Estimated
{
    ExperimentConfig experiment;
    WorkloadFacts facts;
    Calibration calibration{.workers = 2};

    explicit Estimated(const TinyBert& shape = {.hidden = 12, .layers = 3, .heads = 2, .intermediate = 20})
    {
        experiment.method = loraMethod();
        ModelFolder folder(shape, classification, 2);
        facts.model = describeModel(folder.write().string(), classification, 2);
        facts.trainLengths.assign(100, 200); // so that steps take more than evaluations
    }
    CostReport report() const { return estimateCost(experiment, facts, calibration); }
};

TEST(GradientCheckpointing, IsSwitchedOnWhereMemoryIsShort)
{
    Estimated estimated;
    EXPECT_FALSE(estimated.report().method.isCheckpointing); // a machine of unknown size
    const double needed = estimated.report().method.memory.total();
    estimated.calibration.machineBytes = needed / 0.69;
    EXPECT_FALSE(estimated.report().method.isCheckpointing);
    estimated.calibration.machineBytes = needed / 0.71;
    const CostReport report = estimated.report();
    EXPECT_TRUE(report.method.isCheckpointing);
    EXPECT_TRUE(report.fullFineTuning.isCheckpointing); // the baseline does as the method does
    EXPECT_LT(report.method.memory.total(), needed);
    estimated.experiment.training.gradientCheckpointing = false;
    EXPECT_FALSE(estimated.report().method.isCheckpointing);
}

TEST(GradientCheckpointing, CostsOneForwardPassMore)
{
    Estimated estimated;
    const FlopsPerToken kept = estimated.report().method.flopsPerToken;
    estimated.experiment.training.gradientCheckpointing = true;
    const CostReport report = estimated.report();
    const FlopsPerToken& twice = report.method.flopsPerToken;
    EXPECT_EQ(twice.forward, kept.forward);
    EXPECT_GT(twice.activationGradients, kept.activationGradients + 0.9 * kept.forward);
    EXPECT_LT(twice.activationGradients, kept.activationGradients + kept.forward);
    double saved = 0;
    for (const SavingSource& source : report.savings)
        saved += source.share;
    EXPECT_NEAR(saved, 1 - report.computeRatio(), 1e-12);
}

struct ArenaCase
{
    std::string name;
    TinyBert model;
    TaskType task;
    MethodConfig method;
};

MethodConfig adapted(std::variant<std::vector<std::string>, std::string> targets,
                     std::optional<std::vector<int>> layers = {})
{
    MethodConfig method = loraMethod(3, std::move(targets));
    method.lora.layersToTransform = std::move(layers);
    return method;
}

std::vector<ArenaCase> arenaCases()
{
    using Names = std::vector<std::string>;
    const auto tinyOf = [](const std::string& family, nlohmann::ordered_json more = {}) {
        TinyBert model{.vocabulary = 300, .hidden = 12, .layers = 3, .heads = 2, .intermediate = 20};
        model.family = family;
        if (!more.is_null())
            model.more = std::move(more);
        return model;
    };
    const nlohmann::ordered_json grouped{{"num_key_value_heads", 1}, {"head_dim", 4}};
    const nlohmann::ordered_json narrow{{"embedding_size", 5}};
    const std::vector<std::pair<TinyBert, TaskType>> models = {
        {tinyOf("bert"), classification},
        {tinyOf("bert"), TaskType::MaskedLm},
        {tinyOf("bert"), TaskType::QuestionAnswering},
        {tinyOf("roberta"), TaskType::MultiLabelClassification},
        {tinyOf("distilbert"), TaskType::TokenClassification},
        {tinyOf("albert", narrow), classification},
        {tinyOf("albert", narrow), TaskType::MaskedLm},
        {tinyOf("electra", narrow), TaskType::Regression},
        {tinyOf("gpt2"), TaskType::CausalLm},
        {tinyOf("gpt2"), classification},
        {tinyOf("gpt_neo"), TaskType::CausalLm},
        {tinyOf("llama", grouped), TaskType::CausalLm},
        {tinyOf("mistral"), classification},
        {tinyOf("qwen2"), TaskType::TokenClassification},
    };
    std::vector<ArenaCase> cases;
    for (const auto& [model, task] : models) {
        std::string name = model.family + std::string(toString(task));
        std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
        const bool isShared = model.family == "albert";
        cases.push_back({name + "Full", model, task, {.type = MethodType::Full, .lora = {}}});
        cases.push_back({name + "Head", model, task, {.type = MethodType::Head, .lora = {}}});
        cases.push_back({name + "Lora", model, task, adapted("all-linear")});
        if (!isShared)
            cases.push_back({name + "Top", model, task, adapted("all-linear", std::vector<int>{2})});
    }
    const TinyBert bert = tinyOf("bert");
    cases.push_back({"query", bert, classification, adapted(Names{"query"}, std::vector<int>{1})});
    cases.push_back({"output", bert, classification, adapted(R"(.*layer\.1\.output\.dense)")});
    cases.push_back({"intermediate", bert, classification, adapted(Names{"intermediate.dense"})});
    cases.push_back({"pooler", bert, classification, adapted(Names{"pooler.dense"})});
    cases.push_back({"tiedHead", tinyOf("gpt2"), TaskType::CausalLm, adapted(Names{"lm_head"})});
    const std::vector<std::pair<std::string, std::function<void(LoraConfig&)>>> variants = {
        {"Dora", [](LoraConfig& lora) { lora.useDora = true; }},
        {"LoraFa", [](LoraConfig& lora) { lora.loraFa = true; }},
        {"DoraWithFrozenA", [](LoraConfig& lora) { lora.useDora = lora.loraFa = true; }},
        {"Pissa", [](LoraConfig& lora) { lora.initLoraWeights = "pissa"; }},
    };
    for (const auto& [name, set] : variants)
        for (const auto& [model, task] : {models[0], models[8], models[11]}) {
            ArenaCase everywhere{model.family + name, model, task,
                                 adapted(model.family == "gpt2" ? std::variant<Names, std::string>(
                                                                      Names{"c_attn", "c_proj", "c_fc"})
                                                                : "all-linear")};
            ArenaCase top{model.family + name + "Top", model, task, everywhere.method};
            top.method.lora.layersToTransform = std::vector<int>{2};
            for (ArenaCase* what : {&everywhere, &top}) {
                set(what->method.lora);
                cases.push_back(*what);
            }
        }
    return cases;
}

std::int64_t labelsOf(TaskType task)
{
    if (isLanguageModelling(task))
        return 0;
    return task == TaskType::Regression ? 1 : task == TaskType::QuestionAnswering ? 2 : 3;
}

PieceFacts factsOf(const Batch& batch, bool isCausal)
{
    std::vector<std::int32_t> lengths;
    for (std::size_t s = 0; s < batch.sequences(); ++s)
        lengths.push_back(static_cast<std::int32_t>(batch.length(s)));
    PieceFacts facts = pieceFacts(lengths, isCausal);
    if (!batch.tokenLabels.empty()) {
        facts.labelledTokens = static_cast<std::int64_t>(batch.labelledItems());
        facts.labelledPairs = static_cast<std::int64_t>(labelledPairs(batch, isCausal));
    }
    return facts;
}

class ArenaPlan : public testing::TestWithParam<ArenaCase>
{};

TEST_P(ArenaPlan, EqualsTheArenasPeakToTheLastByte)
{
    const auto& [name, shape, task, method] = GetParam();
    const std::int64_t labels = labelsOf(task);
    ModelFolder folder(shape, task, labels);
    const ModelSummary summary = describeModel(folder.write().string(), task, labels);
    const TrainingPlan plan = planTraining(method, partsOf(summary, task));
    const std::vector<int> lengths = {7, 19, 140, 17, 2, 60};
    const Batch batch = randomBatch(lengths, task, shape, static_cast<int>(labels));
    for (const double dropout : {0.0, 0.1})
        for (const bool isCheckpointing : {false, true}) {
            const auto model = tinyModel<float>(shape, task, labels);
            MethodConfig withDropout = method;
            withDropout.lora.loraDropout = dropout;
            const auto trainable = applyMethod(*model, withDropout, 1);
            model->setDropout(dropout, dropout, dropout);
            const PassUse use{.dropout = dropout,
                              .adapterDropout = method.type == MethodType::Lora ? dropout : 0,
                              .isCheckpointing = isCheckpointing};
            WorkerPool pool(1);
            TrainingStep<float> step(*model, trainable, pool, {}, 1);
            step.setTokensPerPiece(1000);
            step.setGradientCheckpointing(isCheckpointing);
            step.run(std::span(&batch, 1), 1e-3, 5);
            EXPECT_EQ(arenaBytes(summary, plan, factsOf(batch, summary.isDecoder), use),
                      static_cast<double>(step.arenaPeakBytes()))
                << "dropout " << dropout << ", checkpointing " << isCheckpointing;
        }
    const auto model = tinyModel<float>(shape, task, labels);
    const auto trainable = applyMethod(*model, method, 1);
    ModelPass<float> pass(*model);
    pass.evaluate(batch);
    EXPECT_EQ(arenaBytes(summary, plan, factsOf(batch, summary.isDecoder), {.isTraining = false}),
              static_cast<double>(pass.arena().peakBytes()));
}

TEST_P(ArenaPlan, KnowsWhichGradientsWorkersShare)
{
    const auto& [name, shape, task, method] = GetParam();
    const std::int64_t labels = labelsOf(task);
    ModelFolder folder(shape, task, labels);
    const ModelSummary summary = describeModel(folder.write().string(), task, labels);
    const TrainingPlan plan = planTraining(method, partsOf(summary, task));
    const auto model = tinyModel<float>(shape, task, labels);
    const auto trainable = applyMethod(*model, method, 1);
    WorkerPool pool(3);
    const TrainingStep<float> step(*model, trainable, pool, {}, 1, GradientSharing::All);
    EXPECT_EQ(step.gradientBytes(), 4 * (3 * trainable.size() - 2 * sharedGradientNumbers(summary, plan, 1)));
    if (method.type == MethodType::Full) {
        EXPECT_GT(sharedGradientNumbers(summary, plan, 1), 0);
    }
}

INSTANTIATE_TEST_SUITE_P(Methods, ArenaPlan, testing::ValuesIn(arenaCases()),
                         [](const auto& test) { return test.param.name; });

TEST(MemoryPlan, LargeGradientsAreThereOnce)
{
    constexpr int workers = 3;
    for (const std::int64_t hidden : {64, 256}) {
        const TinyBert shape{.vocabulary = 5000,
                             .hidden = static_cast<int>(hidden),
                             .layers = 1,
                             .heads = 2,
                             .intermediate = 256};
        ModelFolder folder(shape, classification, 2);
        const ModelSummary summary = describeModel(folder.write().string(), classification, 2);
        const MethodConfig full{.type = MethodType::Full, .lora = {}};
        const TrainingPlan plan = planTraining(full, partsOf(summary, classification));
        const auto model = tinyModel<float>(shape, classification, 2);
        const auto trainable = applyMethod(*model, full, 1);
        WorkerPool pool(workers);
        const TrainingStep<float> step(*model, trainable, pool, {}, 1);
        EXPECT_EQ(step.gradientBytes(), 4 * gradientNumbers(summary, plan, trainable.size(), workers));
        const double copies = static_cast<double>(step.gradientBytes()) / (4.0 * trainable.size());
        if (hidden == 64) {
            EXPECT_EQ(copies, workers) << "so little is not worth the waiting";
        } else {
            EXPECT_LT(copies, 1.2);
        }
    }
}

TEST(MemoryPlan, FindsTheLargestPiecesOfARun)
{
    constexpr TaskType task = TaskType::TokenClassification;
    const TinyBert shape{.hidden = 12, .layers = 3, .heads = 2, .intermediate = 20, .positions = 64};
    ModelFolder folder(shape, task, 3);
    const ModelSummary summary = describeModel(folder.write().string(), task, 3);
    ExperimentConfig experiment;
    experiment.task = task;
    experiment.method = loraMethod();
    experiment.training.perDeviceTrainBatchSize = 8;
    const TrainingPlan plan = planTraining(experiment.method, partsOf(summary, task));
    TokenizedDataset rows;
    Rng rng(3, "lengths");
    for (int i = 0; i < 200; ++i) {
        TokenizedExample& row = rows.examples.emplace_back();
        row.inputIds.assign(3 + rng.below(40), 1);
        row.tokenLabels.assign(row.inputIds.size(), 1);
    }
    const auto model = tinyModel<float>(shape, task, 3);
    const auto trainable = applyMethod(*model, experiment.method, 1);
    for (const int workers : {1, 2, 3})
        for (const std::int64_t tokens : {48, 1000}) {
            WorkerPool pool(workers);
            TrainingStep<float> step(*model, trainable, pool, {}, 1);
            step.setTokensPerPiece(tokens);
            DataLoader loader(rows, experiment);
            std::vector<Batch> group;
            for (std::int64_t s = 0; s < loader.stepsPerEpoch(); ++s) {
                loader.load(s, group);
                step.run(group, 1e-3, 5);
            }
            const auto pieces =
                largestPieces(rows.lengths(),
                              {.batchSize = 8, .workers = workers, .batches = 25, .tokensPerPiece = tokens});
            double planned = 0;
            for (const std::vector<PieceFacts>& ofWorker : pieces) {
                double largest = 0;
                for (const PieceFacts& piece : ofWorker)
                    largest = std::max(largest, arenaBytes(summary, plan, piece, {}));
                planned += largest;
            }
            EXPECT_NEAR(planned / static_cast<double>(step.arenaPeakBytes()), 1, 0.03)
                << workers << " workers, pieces of " << tokens;
        }
}

} // namespace
} // namespace lora::test
