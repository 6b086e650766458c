#include "core/data/dataset_loader.h"

#include "core/base/error.h"
#include "core/data/builtin_data.h"
#include "core/data/dataset_split.h"
#include "tests/core/data/word_tokenizer.h"
#include "tests/support/assets.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

namespace lora {
namespace {

namespace fs = std::filesystem;
constexpr TaskType classification = TaskType::SequenceClassification;

class DatasetLoader : public testing::Test
{
protected:
    void SetUp() override
    {
        m_folder =
            fs::temp_directory_path() /
            ("lora_data_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
        fs::create_directories(m_folder);
    }
    void TearDown() override
    {
        unsetenv("LORA_WORKBENCH_RESOURCES");
        fs::remove_all(m_folder);
    }

    std::string write(const std::string& name, const std::string& text)
    {
        const fs::path file = m_folder / name;
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << text;
        return file.string();
    }

    std::string rows(int count, const std::string& prefix = "row")
    {
        std::string text = "text\tlabel\n";
        for (int i = 0; i < count; ++i)
            text += prefix + " number n" + std::to_string(i) + "\t" + (i % 2 ? "yes" : "no") + "\n";
        return text;
    }

    LoadedData load(const DataConfig& config, TaskType task = classification)
    {
        return loadDataset(config, task, &m_tokenizer, 7);
    }

    std::string errorOf(const DataConfig& config, const Tokenizer* tokenizer)
    {
        try {
            loadDataset(config, classification, tokenizer, 1);
        } catch (const Error& error) {
            EXPECT_FALSE(error.hint().empty());
            return error.what();
        }
        ADD_FAILURE() << "no error";
        return {};
    }

    static bool isNoted(const LoadedData& data, const std::string& part)
    {
        return std::ranges::any_of(data.notices,
                                   [&](const auto& text) { return text.find(part) != std::string::npos; });
    }

    fs::path m_folder;
    test::WordTokenizer m_tokenizer;
};

TEST_F(DatasetLoader, RowsAreHeldOutWithoutAnEvaluationFile)
{
    DataConfig config;
    config.train = write("train.tsv", rows(40));
    const LoadedData data = load(config);
    EXPECT_EQ(data.train.size(), 36u);
    EXPECT_EQ(data.eval.size(), 4u);
    EXPECT_EQ(data.train.labelNames, data.eval.labelNames);
    EXPECT_TRUE(sharedRows(data.train, data.eval).empty());
    EXPECT_EQ(data.columns, (ColumnMapping{"text", {}, "label"}));
    EXPECT_EQ(data.trainPreview.rows.size(), 40u);
    EXPECT_FALSE(data.isTokenized);
    EXPECT_TRUE(isNoted(data, "4 of 40 rows are held out"));
    EXPECT_TRUE(isNoted(data, "columns: text \"text\", label \"label\""));
    EXPECT_EQ(data.train.source, config.train);
}

TEST_F(DatasetLoader, AnEvaluationFileUsesTheLabelsAndColumnsOfTraining)
{
    DataConfig config;
    config.train = write("train.tsv", rows(10));
    config.eval = write("eval.tsv", "a new one\tyes\nrow number n1\tyes\n");
    const LoadedData data = load(config);
    EXPECT_EQ(data.train.size(), 10u);
    ASSERT_EQ(data.eval.size(), 2u);
    EXPECT_EQ(data.eval.examples[0].classLabel, 1);
    EXPECT_TRUE(isNoted(data, "1 of 2 evaluation rows are training rows too"));
}

TEST_F(DatasetLoader, AnUnseenLabelInTheEvaluationFileIsAnError)
{
    DataConfig config;
    config.train = write("train.tsv", rows(10));
    config.eval = write("eval.tsv", "text\tlabel\na\tmaybe\n");
    EXPECT_NE(errorOf(config, &m_tokenizer).find("eval.tsv, line 2: the label \"maybe\""), std::string::npos);
}

TEST_F(DatasetLoader, TrainingTakesTheFirstRowsOfALimit)
{
    DataConfig config;
    config.train = write("train.tsv", rows(20));
    config.eval = write("eval.tsv", rows(4, "other"));
    config.maxTrainSamples = 5;
    const LoadedData data = load(config);
    EXPECT_EQ(data.train.size(), 5u);
    EXPECT_EQ(data.train.examples[4].line, 6u);
    EXPECT_TRUE(isNoted(data, "the first 5 of 20"));
    config.maxTrainSamples = 500;
    EXPECT_EQ(load(config).train.size(), 20u);
}

TEST_F(DatasetLoader, TokenRowsNeedNoTokenizer)
{
    DataConfig config;
    config.train =
        write("train.jsonl", "{\"input_ids\": [1, 2], \"labels\": 0}\n{\"input_ids\": [3], \"labels\": 1}\n");
    config.eval = config.train;
    const LoadedData data = loadDataset(config, classification, nullptr, 1);
    EXPECT_TRUE(data.isTokenized);
    EXPECT_EQ(data.train.size(), 2u);
    EXPECT_EQ(data.eval.size(), 2u);
    EXPECT_TRUE(data.trainPreview.rows.empty());
}

TEST_F(DatasetLoader, TextWithoutATokenizerIsAnError)
{
    DataConfig config;
    config.train = write("train.tsv", rows(4));
    EXPECT_NE(errorOf(config, nullptr).find("no tokenizer"), std::string::npos);
}

TEST_F(DatasetLoader, TextBesideTokensIsAnError)
{
    DataConfig config;
    config.train = write("train.tsv", rows(4));
    config.eval = write("eval.jsonl", "{\"input_ids\": [1], \"labels\": 0}\n");
    EXPECT_NE(errorOf(config, &m_tokenizer).find("the rows are token ids, but the training rows are text"),
              std::string::npos);
}

TEST_F(DatasetLoader, AWrongColumnIsAnErrorOfTheFile)
{
    DataConfig config;
    config.train = write("train.tsv", rows(4));
    config.columns.label = "lable";
    EXPECT_NE(errorOf(config, &m_tokenizer)
                  .find("no column \"lable\" (data.columns.label); columns: text, label; did "
                        "you mean \"label\"?"),
              std::string::npos);
}

TEST_F(DatasetLoader, MaskedLanguageModellingReadsPlainText)
{
    DataConfig config;
    config.train = write("corpus.txt", "First line here.\nSecond line, too.\nA third one.\n");
    const LoadedData data = load(config, TaskType::MaskedLm);
    EXPECT_EQ(data.train.size() + data.eval.size(), 3u);
    EXPECT_TRUE(data.train.masking && data.eval.masking);
}

TEST_F(DatasetLoader, BuiltinNamesLeadToTheResources)
{
    setenv("LORA_WORKBENCH_RESOURCES", m_folder.c_str(), 1);
    write("data/moods/train.tsv", rows(6));
    write("data/moods/eval.tsv", rows(2, "other"));
    EXPECT_EQ(builtinTableNames(), std::vector<std::string>{"builtin:moods"});
    DataConfig config;
    config.train = "builtin:moods";
    const LoadedData data = load(config);
    EXPECT_EQ(data.train.size(), 6u);
    EXPECT_EQ(data.eval.size(), 2u);
    EXPECT_EQ(data.train.source, "builtin:moods");

    config.train = "builtin:mods";
    EXPECT_NE(errorOf(config, &m_tokenizer)
                  .find("no built-in data set \"builtin:mods\"; there are: builtin:moods; did "
                        "you mean \"builtin:moods\"?"),
              std::string::npos);
    config.train = "builtin:../data/moods";
    EXPECT_NE(errorOf(config, &m_tokenizer).find("no built-in data set"), std::string::npos);
}

TEST_F(DatasetLoader, RowsForPredictionMayLackLabels)
{
    RowsRequest request;
    request.file = write("new.tsv", "text\nhello there you\nbye now\n");
    request.labelNames = {"no", "yes"};
    request.areLabelsRequired = false;
    const TokenizedDataset data = loadRows(request, &m_tokenizer);
    EXPECT_EQ(data.size(), 2u);
    EXPECT_EQ(data.labelNames, request.labelNames);
    request.areLabelsRequired = true;
    EXPECT_THROW(loadRows(request, &m_tokenizer), Error);
}

TEST_F(DatasetLoader, RealDataIsLoadedWithTheRealTokenizer)
{
    SKIP_WITHOUT_ASSETS();
    const auto assets = test::assetsFolder() / "assets";
    const auto tokenizer = loadTokenizer(assets / "models/english-encoder-small");
    DataConfig config;
    config.train = (assets / "datasets/sst2/train_5k.tsv").string();
    config.eval = (assets / "datasets/sst2/dev.tsv").string();
    const LoadedData data = loadDataset(config, classification, tokenizer.get(), 1);
    EXPECT_EQ(data.train.size(), 5000u);
    EXPECT_EQ(data.eval.size(), 6735u);
    EXPECT_EQ(data.train.labelNames, (std::vector<std::string>{"0", "1"}));
    config.train = (assets / "datasets/ag_news/train_8k.csv").string();
    config.eval = std::nullopt;
    const LoadedData news = loadDataset(config, classification, tokenizer.get(), 1);
    EXPECT_EQ(news.train.labelNames, (std::vector<std::string>{"Business", "Sci/Tech", "Sports", "World"}));
    EXPECT_TRUE(sharedRows(news.train, news.eval).empty());
    EXPECT_NEAR(static_cast<double>(news.eval.size()), 800, 8);
}

} // namespace
} // namespace lora
