#include "core/cost/flop_ledger.h"
#include "core/models/attended_pairs.h"
#include "core/models/model_family.h"
#include "tests/support/model_folder.h"
#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

#include <set>

namespace lora::test {
namespace {

using Names = std::vector<std::string>;

/// One family with one of its tasks; every method is tried on it.
struct FamilyCase
{
    std::string name;
    TinyBert model;
    TaskType task;
};

std::vector<FamilyCase> familyCases()
{
    const nlohmann::ordered_json grouped{{"num_key_value_heads", 1}, {"head_dim", 4}};
    const nlohmann::ordered_json narrow{{"embedding_size", 5}};
    const std::vector<std::pair<std::string, nlohmann::ordered_json>> families = {
        {"bert", {}},    {"roberta", {}}, {"distilbert", {}},  {"albert", narrow}, {"electra", narrow},
        {"electra", {}}, {"gpt2", {}},    {"gpt_neo", {}},     {"llama", grouped}, {"llama", {}},
        {"mistral", {}}, {"qwen2", {}},   {"mistral", grouped}};
    std::vector<FamilyCase> all;
    for (const auto& [family, more] : families) {
        TinyBert model{.hidden = 12, .layers = 3, .heads = 2, .intermediate = 20, .positions = 80};
        model.family = family;
        if (!more.is_null())
            model.more = more;
        if (family == "mistral" && more.is_null())
            model.more = {{"tie_word_embeddings", true}};
        for (const TaskType task : tasksOf(tinyConfig(model))) {
            std::string name = family + std::string(toString(task)) + std::to_string(all.size());
            std::erase_if(name, [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); });
            all.push_back({name, model, task});
        }
    }
    return all;
}

std::int64_t labelsOf(TaskType task)
{
    if (isLanguageModelling(task))
        return 0;
    return task == TaskType::Regression ? 1 : task == TaskType::QuestionAnswering ? 2 : 3;
}

struct NamedMethod
{
    std::string name;
    MethodConfig method;
};

NamedMethod adapted(const std::string& name, std::variant<Names, std::string> targets,
                    std::optional<std::vector<int>> layers = {}, const std::string& bias = "none")
{
    NamedMethod what{name, loraMethod(3, std::move(targets))};
    what.method.lora.layersToTransform = std::move(layers);
    what.method.lora.bias = bias;
    return what;
}

/// LoRA on a single module of a kind, in the first and in the last block, and on every head's module.
void addSingleModules(const ModelSummary& summary, std::vector<NamedMethod>& all)
{
    for (const ModuleInfo& module : summary.modules)
        if (module.block != 1 && (!module.isHead || isLanguageModelling(summary.task)))
            all.push_back(adapted("on " + module.name, Names{module.name}));
}

void addVariants(bool isShared, std::vector<NamedMethod>& all)
{
    const std::vector<std::pair<std::string, std::function<void(LoraConfig&)>>> variants = {
        {"rsLoRA", [](LoraConfig& lora) { lora.useRslora = true; }},
        {"DoRA", [](LoraConfig& lora) { lora.useDora = true; }},
        {"DoRA with dropout", [](LoraConfig& lora) { lora.useDora = true, lora.loraDropout = 0.2; }},
        {"LoRA-FA", [](LoraConfig& lora) { lora.loraFa = true; }},
        {"DoRA with frozen A", [](LoraConfig& lora) { lora.useDora = lora.loraFa = true; }},
        {"PiSSA", [](LoraConfig& lora) { lora.initLoraWeights = "pissa"; }},
        {"OLoRA", [](LoraConfig& lora) { lora.initLoraWeights = "olora"; }},
        {"LoRA+", [](LoraConfig& lora) { lora.loraplusLrRatio = 16; }},
        {"dropout", [](LoraConfig& lora) { lora.loraDropout = 0.2; }},
    };
    for (const auto& [name, set] : variants) {
        std::vector<NamedMethod> two = {adapted(name + " everywhere", "all-linear")};
        if (!isShared)
            two.push_back(adapted(name + " at the top", "all-linear", std::vector<int>{2}, "lora_only"));
        for (NamedMethod& what : two) {
            set(what.method.lora);
            all.push_back(what);
        }
    }
}

/// Modules trained whole beside adapters: the word embeddings and each module of the head.
void addSavedModules(const ModelSummary& summary, const NamedMethod& usual, std::vector<NamedMethod>& all)
{
    std::string embeddings = summary.parameterList.front().name;
    embeddings.resize(embeddings.rfind('.'));
    std::set<std::string> saved = {embeddings};
    for (const ModuleInfo& module : summary.modules)
        if (!module.stage)
            saved.insert(module.name);
    for (const std::string& module : saved)
        for (NamedMethod what : {usual, NamedMethod{"head", {.type = MethodType::Head, .lora = {}}}}) {
            what.name += " and " + module;
            what.method.lora.modulesToSave = {module};
            all.push_back(what);
        }
}

std::vector<NamedMethod> methodsFor(const ModelSummary& summary, const ModelParts& parts)
{
    const bool isShared = summary.numBlocks < summary.numLayers;
    NamedMethod usual{"query and value", loraMethod(3, LoraConfig{}.targetModules)};
    adoptUsualTargets(usual.method, parts);
    std::vector<NamedMethod> all = {{"full", {.type = MethodType::Full, .lora = {}}},
                                    {"head", {.type = MethodType::Head, .lora = {}}},
                                    {"BitFit", {.type = MethodType::Head, .lora = {}}},
                                    usual,
                                    adapted("all linear", "all-linear"),
                                    adapted("biases of all linear", "all-linear", {}, "lora_only"),
                                    adapted("every bias", "all-linear", {}, "all")};
    all[2].method.lora.bias = "all";
    NamedMethod ranks = adapted("a rank of its own", "all-linear");
    const std::string& name = summary.modules[summary.modules.size() / 2].name;
    ranks.method.lora.rankPattern = {{name, 7}};
    all.push_back(ranks);
    if (!isShared)
        for (const std::vector<int>& layers :
             {std::vector{2}, std::vector{1}, std::vector{0}, std::vector{0, 2}}) {
            all.push_back(adapted("some layers", "all-linear", layers));
            all.push_back(usual);
            all.back().name += " of some layers";
            all.back().method.lora.layersToTransform = layers;
        }
    addSingleModules(summary, all);
    addVariants(isShared, all);
    addSavedModules(summary, usual, all);
    return all;
}

class LedgerOfEveryFamily : public testing::TestWithParam<FamilyCase>
{};

TEST_P(LedgerOfEveryFamily, EqualsTheCounterInsideTheProductsForEveryMethod)
{
    const auto& [caseName, shape, task] = GetParam();
    const std::int64_t labels = labelsOf(task);
    ModelFolder folder(shape, task, labels);
    const ModelSummary summary = describeModel(folder.write().string(), task, labels);
    const ModelParts parts = partsOf(summary, task);
    const std::vector<int> lengths = {1, 9, 70, 17};
    const Batch batch = randomBatch(lengths, task, shape, static_cast<int>(labels));
    WorkCounts work = countWork(std::vector<std::int32_t>(lengths.begin(), lengths.end()), summary.isDecoder);
    work.steps = 1;
    work.labelledTokens = static_cast<double>(batch.tokenLabels.empty() ? 0 : batch.labelledItems());
    work.labelledPairs = static_cast<double>(labelledPairs(batch, summary.isDecoder));
    WorkerPool pool(1);
    for (const NamedMethod& each : methodsFor(summary, parts)) {
        const TrainingPlan plan = planTraining(each.method, parts);
        const auto model = tinyModel<float>(shape, task, labels);
        const auto trainable = applyMethod(*model, each.method, 1);
        TrainingStep<float> step(*model, trainable, pool, {}, 1);
        for (const bool isCheckpointing : {false, true}) {
            step.setGradientCheckpointing(isCheckpointing);
            EXPECT_EQ(static_cast<double>(step.run(std::span(&batch, 1), 1e-3, 5).flops),
                      trainingLedger(summary, task, plan, isCheckpointing).total(work).total())
                << each.name << ", checkpointing " << isCheckpointing;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Families, LedgerOfEveryFamily, testing::ValuesIn(familyCases()),
                         [](const auto& test) { return test.param.name; });

} // namespace
} // namespace lora::test
