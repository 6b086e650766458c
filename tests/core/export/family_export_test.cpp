#include "core/data/data_loader.h"
#include "core/export/model_folder.h"
#include "core/export/peft_adapter.h"
#include "core/io/json_text.h"
#include "core/lora/adapter_injection.h"
#include "core/lora/peft_config.h"
#include "core/math/gemm.h"
#include "core/models/model_family.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"

#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

struct Cell
{
    std::string family;
    TaskType task;
};

TinyBert tinyOf(const std::string& family)
{
    TinyBert tiny;
    tiny.hidden = 8;
    tiny.heads = 4;
    tiny.family = family;
    if (family == "albert" || family == "electra")
        tiny.more["embedding_size"] = 5;
    if (family == "llama" || family == "mistral" || family == "qwen2")
        tiny.more["num_key_value_heads"] = 2;
    return tiny;
}

std::int64_t labelsOf(TaskType task)
{
    if (isLanguageModelling(task))
        return 0;
    return task == TaskType::Regression ? 1 : task == TaskType::QuestionAnswering ? 2 : 3;
}

/// Every family with every task it can do: the cells of README's table.
std::vector<Cell> cells()
{
    std::vector<Cell> all;
    for (const std::string& family : supportedFamilies())
        for (const TaskType task : tasksOf(tinyConfig(tinyOf(family))))
            all.push_back({family, task});
    return all;
}

TokenizedDataset probeRows(std::int64_t vocabulary)
{
    TokenizedDataset probe;
    for (int row = 0; row < 5; ++row) {
        TokenizedExample example;
        for (int t = 0; t < 3 + 2 * row; ++t)
            example.inputIds.push_back(static_cast<std::int32_t>((row * 7 + t * 5) % vocabulary));
        example.tokenTypeIds.assign(example.inputIds.size(), 0);
        probe.examples.push_back(std::move(example));
    }
    return probe;
}

std::vector<float> logitsOf(const LanguageModel<float>& model, const TokenizedDataset& rows)
{
    ModelPass<float> pass(model);
    const EvaluationLoader loader(rows, model.task(), 1024, 0);
    Batch batch;
    loader.load(0, batch);
    batch.tokenLabels.clear();
    pass.evaluate(batch);
    return {pass.logits().data, pass.logits().data + pass.logits().size()};
}

void expectSame(const std::vector<float>& a, const std::vector<float>& b)
{
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        ASSERT_NEAR(a[i], b[i], 2e-4f * (1 + std::abs(a[i]))); // merged weights round, compilers differently
}

/// A base model on disk and the same model with a method whose weights have moved.
class Exported
{
public:
    Exported(const Cell& cell, const MethodConfig& method)
        : tiny(tinyOf(cell.family))
        , m_base(tiny, cell.task, labelsOf(cell.task))
        , baseFolder(m_base.write())
        , model(loadModel<float>(baseFolder, cell.task, labelsOf(cell.task), 1).model)
        , base(logitsOf(*model, probe()))
        , m_trainable(applyMethod(*model, method, 7))
    {
        for (std::int64_t label = 0; label < labelsOf(cell.task); ++label)
            model->labelNames.push_back("label " + std::to_string(label));
        Rng rng(3, "moved");
        for (Parameter<float>* parameter : m_trainable.parameters()) {
            const Matrix<float> value = parameter->mutableValue();
            for (std::int64_t i = 0; i < value.size(); ++i)
                value.data[i] += static_cast<float>(0.3 * rng.normal());
        }
        model->refreshMagnitudes();
    }

    TokenizedDataset probe() const { return probeRows(tiny.vocabulary); }
    std::filesystem::path out(const char* name) const { return m_out.path() / name; }

    TinyBert tiny;

private:
    ModelFolder m_base;
    TemporaryFolder m_out;

public:
    std::filesystem::path baseFolder;
    std::unique_ptr<LanguageModel<float>> model;
    std::vector<float> base;

private:
    TrainableParameters<float> m_trainable;
};

MethodConfig loraOn(std::variant<std::vector<std::string>, std::string> targets)
{
    MethodConfig method;
    method.lora.r = 2;
    method.lora.targetModules = std::move(targets);
    return method;
}

class EveryFamilyAndTask : public testing::TestWithParam<Cell>
{};

TEST_P(EveryFamilyAndTask, AdapterIsReadBackWithTheSameLogits)
{
    const MethodConfig method = loraOn("all-linear");
    const Exported run(GetParam(), method);
    writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
    const ExportCertificate certificate =
        checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe());
    EXPECT_LT(certificate.maxAbsLogitDifference, 1e-3);
    EXPECT_NE(logitsOf(*run.model, run.probe()), run.base) << "the adapter does nothing";
    const nlohmann::json config = readJsonFile(run.out("adapter") / "adapter_config.json");
    EXPECT_EQ(config["fan_in_fan_out"], GetParam().family == "gpt2");
    const std::string_view type = peftTaskType(GetParam().task);
    EXPECT_EQ(config["task_type"], type.empty() ? nlohmann::json() : nlohmann::json(type));
}

TEST_P(EveryFamilyAndTask, AdapterOverABaseInBFloat16IsReadBackWithTheSameLogits)
{
    if (!hasBFloat16Products())
        GTEST_SKIP() << "skipped: no bfloat16 products on this processor";
    const MethodConfig method = loraOn("all-linear");
    const Exported run(GetParam(), method);
    const std::vector<float> exact = logitsOf(*run.model, run.probe());
    run.model->useBFloat16();
    const std::vector<float> rounded = logitsOf(*run.model, run.probe());
    EXPECT_NE(rounded, exact);
    double difference = 0;
    double size = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        difference += std::pow(rounded[i] - exact[i], 2);
        size += std::pow(exact[i], 2);
    }
    EXPECT_LT(std::sqrt(difference / size), 0.25) << "rounding, not other arithmetic";
    writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
    EXPECT_LT(
        checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe()).maxAbsLogitDifference,
        1e-3);
}

TEST_P(EveryFamilyAndTask, WholeModelIsReadBackWithTheSameLogits)
{
    for (const bool isMerged : {false, true}) {
        const Exported run(GetParam(), isMerged ? loraOn("all-linear")
                                                : MethodConfig{.type = MethodType::Full, .lora = {}});
        writeModelFolder(run.out("model"), *run.model, run.baseFolder);
        const auto loaded =
            loadModel<float>(run.out("model"), GetParam().task, labelsOf(GetParam().task), 99);
        EXPECT_TRUE(loaded.notices.empty()) << loaded.notices.front();
        expectSame(logitsOf(*run.model, run.probe()), logitsOf(*loaded.model, run.probe()));
        EXPECT_EQ(readModelConfig(run.out("model")).architecture,
                  architectureName(run.model->config(), GetParam().task));
        EXPECT_EQ(describeModel(run.out("model").string()).family, GetParam().family);
    }
}

TEST_P(EveryFamilyAndTask, FreshAdapterLeavesTheBaseBitForBit)
{
    ModelFolder folder(tinyOf(GetParam().family), GetParam().task, labelsOf(GetParam().task));
    const auto model = loadModel<float>(folder.write(), GetParam().task, labelsOf(GetParam().task), 1).model;
    const std::vector<float> base = logitsOf(*model, probeRows(13));
    applyMethod(*model, loraOn("all-linear"), 7);
    EXPECT_EQ(logitsOf(*model, probeRows(13)), base);
}

std::string nameOf(const testing::TestParamInfo<Cell>& test)
{
    std::string name = test.param.family + "_" + std::string(toString(test.param.task));
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !std::isalnum(static_cast<unsigned char>(c)); }, '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Cells, EveryFamilyAndTask, testing::ValuesIn(cells()), nameOf);

/// The first and the last task of every family.
std::vector<Cell> endsOfCells()
{
    std::vector<Cell> ends;
    const std::vector<Cell> all = cells();
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i == 0 || i + 1 == all.size() || all[i - 1].family != all[i].family ||
            all[i + 1].family != all[i].family)
            ends.push_back(all[i]);
    return ends;
}

class EveryFamily : public testing::TestWithParam<Cell>
{};

TEST_P(EveryFamily, DoraOverABaseInBFloat16IsReadBackWithTheSameLogits)
{
    if (!hasBFloat16Products())
        GTEST_SKIP() << "skipped: no bfloat16 products on this processor";
    MethodConfig method = loraOn("all-linear");
    method.lora.useDora = true;
    const Exported run(GetParam(), method);
    run.model->useBFloat16();
    run.model->refreshMagnitudes();
    writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
    EXPECT_LT(
        checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe()).maxAbsLogitDifference,
        1e-3);
}

/// Whatever the variant, what is written means to a reader what it means here.
TEST_P(EveryFamily, VariantsAreReadBackWithTheSameLogits)
{
    const std::vector<std::function<void(LoraConfig&)>> variants = {
        [](LoraConfig& lora) { lora.useDora = true; },
        [](LoraConfig& lora) { lora.useDora = lora.useRslora = true; },
        [](LoraConfig& lora) { lora.loraFa = true; },
        [](LoraConfig& lora) { lora.initLoraWeights = "pissa"; },
        [](LoraConfig& lora) {
            lora.initLoraWeights = "pissa_niter_4";
            lora.rankPattern = {{"query|c_fc|up_proj", 3}};
            lora.alphaPattern = {{"value|c_proj|q_proj", 5}};
        },
        [](LoraConfig& lora) {
            lora.initLoraWeights = "olora";
            lora.useRslora = true;
        },
    };
    for (const auto& set : variants) {
        MethodConfig method = loraOn("all-linear");
        set(method.lora);
        const Exported run(GetParam(), method);
        writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
        EXPECT_LT(checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe())
                      .maxAbsLogitDifference,
                  2e-3);
        const nlohmann::json config = readJsonFile(run.out("adapter") / "adapter_config.json");
        const bool isDoubled = method.lora.initLoraWeights != "true";
        EXPECT_EQ(config["r"], isDoubled ? 4 : 2);
        EXPECT_EQ(config["init_lora_weights"], true);
        EXPECT_EQ(config["use_dora"], method.lora.useDora);
        EXPECT_FALSE(config.contains("lora_fa")) << "PEFT knows no such key";
        writeModelFolder(run.out("model"), *run.model, run.baseFolder);
        const auto loaded =
            loadModel<float>(run.out("model"), GetParam().task, labelsOf(GetParam().task), 99);
        expectSame(logitsOf(*run.model, run.probe()), logitsOf(*loaded.model, run.probe()));
    }
}

TEST_P(EveryFamily, FreshVariantsLeaveTheBaseUpToRounding)
{
    for (const char* start : {"dora", "pissa", "pissa_niter_2", "olora"}) {
        ModelFolder folder(tinyOf(GetParam().family), GetParam().task, labelsOf(GetParam().task));
        const auto model =
            loadModel<float>(folder.write(), GetParam().task, labelsOf(GetParam().task), 1).model;
        const std::vector<float> base = logitsOf(*model, probeRows(13));
        MethodConfig method = loraOn("all-linear");
        method.lora.useDora = std::string(start) == "dora";
        if (!method.lora.useDora)
            method.lora.initLoraWeights = start;
        applyMethod(*model, method, 7);
        expectSame(logitsOf(*model, probeRows(13)), base);
    }
}

INSTANTIATE_TEST_SUITE_P(Cells, EveryFamily, testing::ValuesIn(endsOfCells()), nameOf);

/// The columns of README's table say of each family what the program says.
TEST(Readme, TableOfFamiliesAndTasksIsTrue)
{
    const std::vector<std::vector<TaskType>> columns = {
        {TaskType::SequenceClassification, TaskType::MultiLabelClassification, TaskType::Regression},
        {TaskType::TokenClassification},
        {TaskType::QuestionAnswering},
        {TaskType::CausalLm},
        {TaskType::MaskedLm}};
    std::ifstream readme(std::filesystem::path(LORA_WORKBENCH_SOURCE_DIR) / "README.md");
    std::size_t families = 0;
    for (std::string line; std::getline(readme, line);) {
        const auto isRowOf = [&](const std::string& family) {
            return line.starts_with("| ") && line.find("| `" + family + "` |") != std::string::npos;
        };
        const auto found = std::find_if(supportedFamilies().begin(), supportedFamilies().end(), isRowOf);
        if (found == supportedFamilies().end())
            continue;
        ++families;
        std::istringstream cellsOfRow(line.substr(line.find("` |") + 3));
        for (const std::vector<TaskType>& tasks : columns) {
            std::string cell;
            std::getline(cellsOfRow, cell, '|');
            const auto able = tasksOf(tinyConfig(tinyOf(*found)));
            for (const TaskType task : tasks)
                EXPECT_EQ(cell.find("✓") != std::string::npos,
                          std::find(able.begin(), able.end(), task) != able.end())
                    << *found << " " << toString(task);
        }
    }
    EXPECT_EQ(families, supportedFamilies().size());
}

TEST(CheckedExport, WhatFailsItsCheckLeavesTheFolderAsItWas)
{
    const MethodConfig method = loraOn(std::vector<std::string>{"query"});
    const Exported run({"bert", TaskType::SequenceClassification}, method);
    LoraConfig contradicting = method.lora;
    contradicting.r += 1; // than the adapters have
    const auto exportAs = [&](const LoraConfig& config) {
        exportPeftAdapter(run.out("adapter"), *run.model, config, "base", run.baseFolder, run.probe());
    };
    expectError(ErrorKind::BadInput, "not written", [&] { exportAs(contradicting); });
    EXPECT_FALSE(std::filesystem::exists(run.out("adapter")));
    exportAs(method.lora);
    expectError(ErrorKind::BadInput, "not written", [&] { exportAs(contradicting); });
    EXPECT_EQ(readPeftConfig(run.out("adapter")).lora.r, method.lora.r);
}

TEST(CheckedExport, ANumberReadBackAsNoNumberIsADifference)
{
    const MethodConfig method = loraOn(std::vector<std::string>{"query"});
    const Exported run({"bert", TaskType::SequenceClassification}, method);
    writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
    run.model->visitParameters([](Parameter<float>& parameter) {
        if (parameter.isTrainable())
            parameter.mutableValue().data[0] = std::numeric_limits<float>::quiet_NaN();
    });
    expectError(ErrorKind::Internal, "differ by inf",
                [&] { checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe()); });
}

TEST(OutputLayer, LoraOnATiedHeadIsReadBackAndMergesIntoAHeadOfItsOwn)
{
    const MethodConfig method = loraOn(std::vector<std::string>{"lm_head"});
    const Exported run({"gpt2", TaskType::CausalLm}, method);
    ASSERT_TRUE(run.model->head().outputEmbedding()->isTied());
    writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
    checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe());
    writeModelFolder(run.out("model"), *run.model, run.baseFolder);
    EXPECT_FALSE(readModelConfig(run.out("model")).tieWordEmbeddings);
    const auto loaded = loadModel<float>(run.out("model"), TaskType::CausalLm, 0, 99);
    expectSame(logitsOf(*run.model, run.probe()), logitsOf(*loaded.model, run.probe()));
}

TEST(OutputLayer, TiedHeadTrainedWholeBecomesACopyAndTheEmbeddingsStay)
{
    MethodConfig method = loraOn(std::vector<std::string>{"c_attn"});
    method.lora.modulesToSave = {"lm_head"};
    const Exported run({"gpt2", TaskType::CausalLm}, method);
    EXPECT_FALSE(run.model->head().outputEmbedding()->isTied());
    EXPECT_FALSE(run.model->trunk().wordEmbeddings().isTrainable());
    writePeftAdapter(run.out("adapter"), *run.model, method.lora, "base");
    checkPeftAdapter(run.out("adapter"), run.baseFolder, *run.model, run.probe());
    const SafetensorsFile file = SafetensorsFile::open(run.out("adapter") / "adapter_model.safetensors");
    EXPECT_TRUE(file.find("base_model.model.lm_head.weight"));
}

TEST(OutputLayer, LoraOnAMaskedModelWhoseHeadIsNewSavesTheHead)
{
    TinyBert tiny = tinyOf("bert");
    ModelFolder folder(tiny, TaskType::MaskedLm, 0);
    folder.remove("cls.");
    const auto base = folder.write();
    const auto model = loadModel<float>(base, TaskType::MaskedLm, 0, 1).model;
    ASSERT_FALSE(model->newlyInitialized.empty());
    const MethodConfig method = loraOn(std::vector<std::string>{"query"});
    applyMethod(*model, method, 7);
    const TemporaryFolder out;
    writePeftAdapter(out.path() / "adapter", *model, method.lora, "base");
    checkPeftAdapter(out.path() / "adapter", base, *model, probeRows(tiny.vocabulary));
}

} // namespace
} // namespace lora::test
