#include "core/base/process_memory.h"
#include "core/io/json_text.h"
#include "core/models/model_loader.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"
#include "tests/support/mutation.h"

namespace lora::test {
namespace {

constexpr TaskType classification = TaskType::SequenceClassification;

LoadedModel<float> load(ModelFolder& folder, std::int64_t labels = 3)
{
    return loadModel<float>(folder.write(), classification, labels, 1);
}

std::vector<float> logitsOf(const LanguageModel<float>& model)
{
    ModelPass<float> pass(model);
    pass.evaluate(randomBatch({4, 1, 7}, classification));
    const ConstMatrix<float> logits = pass.logits();
    return {logits.data, logits.data + logits.size()};
}

TEST(ModelLoading, AWrittenModelComesBackBitForBitAndStaysMapped)
{
    ModelFolder folder;
    const LoadedModel<float> loaded = load(folder);
    EXPECT_EQ(logitsOf(*loaded.model), logitsOf(*tinyModel<float>()));
    EXPECT_TRUE(loaded.notices.empty());
    EXPECT_TRUE(loaded.model->newlyInitialized.empty());
    std::int64_t owned = 0;
    loaded.model->visitParameters([&](Parameter<float>& parameter) { owned += parameter.ownedBytes(); });
    EXPECT_EQ(owned, 0);
}

TEST(ModelLoading, LoadingAndDescribingReadNoWeights)
{
    TinyBert large;
    large.vocabulary = 60'000;
    large.hidden = 96;
    ModelFolder folder(large);
    const std::filesystem::path path = folder.write();
    const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(path / "model.safetensors"));
    ASSERT_GT(bytes, 20'000'000);
    // A mapped page counts as resident once it was touched.
    const std::int64_t before = residentBytes();
    const LoadedModel<float> loaded = loadModel<float>(path, classification, 3, 1);
    const ModelSummary summary = describeModel(path.string());
    EXPECT_LT(residentBytes() - before, bytes / 4);
    EXPECT_EQ(summary.fileBytes, loaded.model->parameterCount() * 4);
    double sum = 0;
    loaded.model->visitParameters([&](const Parameter<float>& parameter) {
        for (std::int64_t i = 0; i < parameter.size(); i += 512)
            sum += static_cast<double>(parameter.data()[i]);
    });
    EXPECT_TRUE(std::isfinite(sum));
    EXPECT_GT(residentBytes() - before, bytes / 2) << "nothing was mapped";
    EXPECT_FALSE(loaded.hash().empty());
    EXPECT_LT(residentBytes() - before, bytes / 4) << "the hash gives back what it has read";
}

TEST(ModelLoading, WritingToAMappedWeightLeavesTheFileAlone)
{
    ModelFolder folder;
    const LoadedModel<float> loaded = load(folder);
    const LoadedModel<float> other = loadModel<float>(folder.folder().path(), classification, 3, 1);
    loaded.model->visitParameters([](Parameter<float>& parameter) { parameter.mutableValue().data[0] += 1; });
    EXPECT_NE(logitsOf(*loaded.model), logitsOf(*other.model));
    EXPECT_EQ(logitsOf(*other.model), logitsOf(*tinyModel<float>()));
}

TEST(ModelLoading, WeightsOutliveTheFile)
{
    std::unique_ptr<LanguageModel<float>> model;
    {
        ModelFolder folder;
        model = std::move(load(folder).model);
    }
    EXPECT_EQ(logitsOf(*model), logitsOf(*tinyModel<float>()));
}

TEST(ModelLoading, OldNamesGammaAndBetaAndAMissingPrefixAreUnderstood)
{
    ModelFolder folder;
    for (StoredTensor& tensor : folder.tensors) {
        if (tensor.name.ends_with("LayerNorm.weight"))
            tensor.name.replace(tensor.name.size() - 6, 6, "gamma");
        if (tensor.name.ends_with("LayerNorm.bias"))
            tensor.name.replace(tensor.name.size() - 4, 4, "beta");
        if (tensor.name.starts_with("bert."))
            tensor.name.erase(0, 5);
    }
    folder.tensors.push_back({"embeddings.position_ids", {1, 2}, {0, 1}});
    folder.tensors.push_back({"cls.seq_relationship.weight", {2, 9}, std::vector<float>(18)});
    EXPECT_EQ(logitsOf(*load(folder).model), logitsOf(*tinyModel<float>()));
}

TEST(ModelLoading, AMissingPoolerIsInitialisedWithANotice)
{
    ModelFolder folder;
    folder.remove("bert.pooler");
    folder.remove("classifier");
    const LoadedModel<float> loaded = load(folder);
    ASSERT_EQ(loaded.notices.size(), 1u);
    EXPECT_NE(loaded.notices[0].find("bert.pooler.dense, classifier"), std::string::npos)
        << loaded.notices[0];
    EXPECT_EQ(loaded.model->newlyInitialized.size(), 4u);
    // The same seed gives the same head whatever else is missing.
    ModelFolder withPooler;
    withPooler.remove("classifier");
    const LoadedModel<float> other = load(withPooler);
    const auto classifierOf = [](LanguageModel<float>& model) {
        std::vector<float> values;
        model.visitParameters([&](Parameter<float>& parameter) {
            if (parameter.name() == "classifier.weight")
                values.assign(parameter.data(), parameter.data() + parameter.size());
        });
        return values;
    };
    EXPECT_EQ(classifierOf(*loaded.model), classifierOf(*other.model));
    EXPECT_GT(std::abs(classifierOf(*other.model)[0]), 0);
    const LoadedModel<float> otherSeed = loadModel<float>(folder.folder().path(), classification, 3, 2);
    EXPECT_NE(classifierOf(*loaded.model), classifierOf(*otherSeed.model));
}

TEST(ModelLoading, AClassifierForOtherLabelsIsReplaced)
{
    ModelFolder folder;
    const LoadedModel<float> loaded = load(folder, 5);
    EXPECT_EQ(loaded.model->newlyInitialized,
              (std::vector<std::string>{"classifier.weight", "classifier.bias"}));
    EXPECT_EQ(logitsOf(*loaded.model).size(), 3u * 5u);
}

TEST(ModelLoading, MaskedLmHeadComesFromItsCheckpoint)
{
    ModelFolder folder({}, TaskType::MaskedLm, 0);
    folder.tensors.push_back({"cls.predictions.decoder.weight", {13, 9}, std::vector<float>(117)});
    const auto loaded = loadModel<float>(folder.write(), TaskType::MaskedLm, 0, 1);
    EXPECT_TRUE(loaded.model->newlyInitialized.empty());
    const Batch batch = randomBatch({5, 3}, TaskType::MaskedLm);
    ModelPass<float> pass(*loaded.model);
    const auto original = tinyModel<float>({}, TaskType::MaskedLm, 0);
    ModelPass<float> originalPass(*original);
    EXPECT_EQ(pass.evaluate(batch).sum, originalPass.evaluate(batch).sum);
}

/// Writes a safetensors file whose floats are stored as 16-bit words made by `narrow`.
void writeHalves(const std::filesystem::path& path, const std::vector<StoredTensor>& tensors,
                 const std::string& type, std::uint16_t (*narrow)(float))
{
    nlohmann::ordered_json header;
    std::string data;
    for (const StoredTensor& tensor : tensors) {
        const std::size_t start = data.size();
        for (const float value : tensor.values) {
            const std::uint16_t bits = narrow(value);
            data.append(reinterpret_cast<const char*>(&bits), 2);
        }
        header[tensor.name] = {
            {"dtype", type}, {"shape", tensor.shape}, {"data_offsets", {start, data.size()}}};
    }
    const std::string text = header.dump();
    const std::uint64_t length = text.size();
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&length), 8);
    file << text << data;
}

TEST(ModelLoading, HalfPrecisionWeightsAreConverted)
{
    for (const std::string type : {"BF16", "F16"}) {
        ModelFolder folder;
        for (StoredTensor& tensor : folder.tensors)
            for (float& value : tensor.values)
                value = std::round(value * 8) / 8; // exact in both types
        folder.write();
        const auto exact = loadModel<float>(folder.folder().path(), classification, 3, 1);
        const std::vector<float> expected = logitsOf(*exact.model);
        const auto bfloat16 = [](float value) {
            return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16);
        };
        const auto half = [](float value) {
            const auto bits = std::bit_cast<std::uint32_t>(value);
            if ((bits & 0x7fffffffu) == 0)
                return static_cast<std::uint16_t>(bits >> 16);
            const std::uint32_t exponent = ((bits >> 23) & 0xff) - 112;
            return static_cast<std::uint16_t>((bits >> 16 & 0x8000u) | exponent << 10 |
                                              (bits >> 13 & 0x3ffu));
        };
        std::filesystem::remove(folder.folder() / "model.safetensors");
        writeHalves(folder.folder() / "model.safetensors", folder.tensors, type,
                    type == "F16" ? +half : +bfloat16);
        const auto loaded = loadModel<float>(folder.folder().path(), classification, 3, 1);
        EXPECT_EQ(logitsOf(*loaded.model), expected) << type;
    }
}

TEST(ModelLoading, ShardsAreFoundThroughTheirIndex)
{
    ModelFolder folder;
    const auto half = static_cast<std::ptrdiff_t>(folder.tensors.size() / 2);
    const std::vector<StoredTensor> first(folder.tensors.begin(), folder.tensors.begin() + half);
    const std::vector<StoredTensor> second(folder.tensors.begin() + half, folder.tensors.end());
    nlohmann::json index = {{"weight_map", nlohmann::json::object()}};
    for (const StoredTensor& tensor : first)
        index["weight_map"][tensor.name] = "model-00001-of-00002.safetensors";
    for (const StoredTensor& tensor : second)
        index["weight_map"][tensor.name] = "model-00002-of-00002.safetensors";
    folder.write();
    std::filesystem::remove(folder.folder() / "model.safetensors");
    writeTensors(folder.folder() / "model-00001-of-00002.safetensors", first);
    writeTensors(folder.folder() / "model-00002-of-00002.safetensors", second);
    folder.folder().write("model.safetensors.index.json", index.dump());
    const auto loaded = loadModel<float>(folder.folder().path(), classification, 3, 1);
    EXPECT_EQ(logitsOf(*loaded.model), logitsOf(*tinyModel<float>()));
    std::filesystem::remove(folder.folder() / "model-00002-of-00002.safetensors");
    expectError(ErrorKind::FileSystem, "model-00002-of-00002.safetensors",
                [&] { loadModel<float>(folder.folder().path(), classification, 3, 1); });
}

TEST(ModelLoading, AShapeThatContradictsConfigIsNamedWithBoth)
{
    ModelFolder folder;
    folder.config["intermediate_size"] = 13;
    expectError(ErrorKind::BadInput,
                "bert.encoder.layer.0.intermediate.dense.weight has shape [11, 9], config.json says [13, 9]",
                [&] { load(folder); });
    expectError(ErrorKind::BadInput, "config.json says [13, 9]",
                [&] { describeModel(folder.write().string(), classification, 3); });
}

TEST(ModelLoading, ABodyWithoutATensorIsRefused)
{
    ModelFolder folder;
    folder.remove("bert.encoder.layer.1.output.dense.bias");
    expectError(ErrorKind::BadInput,
                "1 tensor(s) of the model are not in its weights: "
                "bert.encoder.layer.1.output.dense.bias",
                [&] { load(folder); });
    expectError(ErrorKind::BadInput, "bert.encoder.layer.1.output.dense.bias",
                [&] { describeModel(folder.folder().path().string()); });
    folder.config["num_hidden_layers"] = 3;
    expectError(ErrorKind::BadInput, "17 tensor(s)", [&] { load(folder); });
}

TEST(ModelLoading, IntegerWeightsAreRefused)
{
    ModelFolder folder;
    folder.write();
    std::filesystem::remove(folder.folder() / "model.safetensors");
    writeHalves(folder.folder() / "model.safetensors", folder.tensors, "I16",
                [](float) { return std::uint16_t{1}; });
    expectError(ErrorKind::BadInput, "I16",
                [&] { loadModel<float>(folder.folder().path(), classification, 3, 1); });
}

TEST(ModelLoading, OtherFamiliesAreNamedWithWhatIsSupported)
{
    ModelFolder folder;
    folder.config["model_type"] = "deberta-v2";
    try {
        load(folder);
        FAIL() << "no error";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::Unsupported);
        EXPECT_NE(std::string(error.what()).find("\"deberta-v2\""), std::string::npos) << error.what();
        EXPECT_NE(std::string(error.what()).find("nearest supported one is \"roberta\""), std::string::npos);
        EXPECT_NE(error.hint().find("llama"), std::string::npos) << error.hint();
    }
    folder.config.erase("model_type");
    expectError(ErrorKind::BadInput, "\"model_type\" is missing", [&] { load(folder); });
}

TEST(ModelLoading, AConfigOfCountlessKeysOrLevelsIsRefusedAtOnce)
{
    ModelFolder folder;
    std::string labels;
    for (int id = 0; id < 100000; ++id)
        labels += (id > 0 ? ",\"" : "\"") + std::to_string(id) + "\":\"x\"";
    folder.folder().write("config.json", R"({"model_type":"bert","id2label":{)" + labels + "}}");
    expectError(ErrorKind::BadInput, "more than 10000 keys",
                [&] { readModelConfig(folder.folder().path()); });
    const std::string deep(100000, '[');
    folder.folder().write("config.json", R"({"model_type":"bert","id2label":)" + deep);
    expectError(ErrorKind::BadInput, "nested deeper", [&] { readModelConfig(folder.folder().path()); });
}

TEST(ModelLoading, HostileConfigValuesAreRefusedByName)
{
    const std::vector<std::pair<std::string, std::string>> faults = {{"hidden_size", "0"},
                                                                     {"hidden_size", "-9"},
                                                                     {"hidden_size", "1e3"},
                                                                     {"hidden_size", "null"},
                                                                     {"hidden_size", "99999999999999999999"},
                                                                     {"hidden_size", "18446744073709551615"},
                                                                     {"num_hidden_layers", "100000000"},
                                                                     {"num_attention_heads", "4"},
                                                                     {"num_attention_heads", "0"},
                                                                     {"vocab_size", "\"many\""},
                                                                     {"vocab_size", "[13]"},
                                                                     {"intermediate_size", "2.5"},
                                                                     {"max_position_embeddings", "-1"},
                                                                     {"type_vocab_size", "0"},
                                                                     {"layer_norm_eps", "\"x\""},
                                                                     {"hidden_dropout_prob", "1"},
                                                                     {"hidden_dropout_prob", "-0.1"},
                                                                     {"attention_probs_dropout_prob", "2"},
                                                                     {"initializer_range", "1e9"},
                                                                     {"id2label", "[]"},
                                                                     {"id2label", R"({"0": 1})"},
                                                                     {"id2label", R"({"7": "a"})"},
                                                                     {"id2label", R"({"00": "a", "0": "b"})"},
                                                                     {"id2label", R"({"-1": "a"})"},
                                                                     {"architectures", "3"},
                                                                     {"architectures", "[3]"},
                                                                     {"model_type", "5"}};
    for (const auto& [key, value] : faults) {
        ModelFolder folder;
        folder.config[key] = nlohmann::json::parse(value);
        expectError(ErrorKind::BadInput, key, [&] { load(folder); });
    }
    for (const auto& [key, value] :
         {std::pair{"hidden_act", "swish"}, std::pair{"position_embedding_type", "relative_key"}}) {
        ModelFolder folder;
        folder.config[key] = value;
        expectError(ErrorKind::Unsupported, key, [&] { load(folder); });
    }
}

TEST(ModelLoading, SizesFarBeyondTheWeightsReserveNothing)
{
    ModelFolder folder;
    folder.config["hidden_size"] = 1 << 20;
    folder.config["num_attention_heads"] = 1;
    folder.config["vocab_size"] = 1 << 24;
    folder.config["num_hidden_layers"] = 4096;
    expectError(ErrorKind::BadInput, "has shape", [&] { load(folder); });
    folder.tensors.clear(); // neither body nor head: 4 TiB of pooler must not be made up
    expectError(ErrorKind::BadInput, "tensor(s) of the model are not in its weights", [&] { load(folder); });
    expectError(ErrorKind::BadInput, "tensor(s) of the model are not in its weights",
                [&] { describeModel(folder.folder().path().string()); });
}

TEST(ModelLoading, FoldersThatHoldNoModelAreExplained)
{
    const TemporaryFolder empty;
    expectError(ErrorKind::FileSystem, "config.json",
                [&] { loadModel<float>(empty.path(), classification, 2, 1); });
    expectError(ErrorKind::FileSystem, "no such model folder",
                [&] { loadModel<float>(empty / "nowhere", classification, 2, 1); });
    expectError(ErrorKind::BadUsage, "builtin:nothing", [] { modelFolder("builtin:nothing"); });
    expectError(ErrorKind::BadUsage, "builtin:../x", [] { modelFolder("builtin:../x"); });
    empty.write("config.json", "{ not json");
    expectError(ErrorKind::BadInput, "not valid JSON",
                [&] { loadModel<float>(empty.path(), classification, 2, 1); });
    empty.write("config.json", std::string(100000, '['));
    expectError(ErrorKind::BadInput, "config.json",
                [&] { loadModel<float>(empty.path(), classification, 2, 1); });
}

TEST(ModelLoading, DamagedConfigsAreReadOrRefusedButNeverCrash)
{
    ModelFolder folder;
    folder.write();
    const std::string text = folder.config.dump(1);
    Rng rng(3, "damage");
    int refused = 0;
    for (int i = 0; i < 400; ++i) {
        folder.folder().write("config.json", mutated(text, rng));
        try {
            loadModel<float>(folder.folder().path(), classification, 3, 1);
        } catch (const Error& error) {
            EXPECT_NE(error.kind(), ErrorKind::Internal) << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, 100);
}

TEST(ModelLoading, DamagedWeightsAreReadOrRefusedButNeverCrash)
{
    ModelFolder folder({.layers = 1});
    folder.write();
    std::ifstream file(folder.folder() / "model.safetensors", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    std::uint64_t headerSize = 0;
    std::memcpy(&headerSize, bytes.data(), 8);
    const std::string header = bytes.substr(8, headerSize);
    Rng rng(4, "damage");
    for (int i = 0; i < 300; ++i) {
        const std::string damaged = mutated(header, rng);
        const std::uint64_t length = i % 3 == 0 ? headerSize : damaged.size();
        std::string all(reinterpret_cast<const char*>(&length), 8);
        folder.folder().write("model.safetensors", all + damaged + bytes.substr(8 + headerSize));
        try {
            logitsOf(*loadModel<float>(folder.folder().path(), classification, 3, 1).model);
        } catch (const Error& error) {
            EXPECT_NE(error.kind(), ErrorKind::Internal) << error.what();
        }
    }
}

TEST(ModelSummary, NamesModulesBlocksColumnsAndWhatIsMissing)
{
    ModelFolder folder;
    folder.remove("bert.pooler");
    const ModelSummary summary = describeModel(folder.write().string(), classification, 3);
    EXPECT_EQ(summary.parameters, tinyModel<float>()->parameterCount());
    EXPECT_EQ(summary.numLayers, 2);
    EXPECT_EQ(summary.family, "bert");
    EXPECT_FALSE(summary.hasTokenizer);
    ASSERT_EQ(summary.modules.size(), 2u * 6u + 2u);
    const ModuleInfo& query = summary.modules[6];
    EXPECT_EQ(query.name, "bert.encoder.layer.1.attention.self.query");
    EXPECT_EQ(query.block, 1);
    EXPECT_EQ(query.column, "attention.self.query");
    EXPECT_FALSE(query.isMissing);
    const ModuleInfo& pooler = summary.modules[12];
    EXPECT_EQ(pooler.block, -1);
    EXPECT_TRUE(pooler.isMissing);
    EXPECT_FALSE(pooler.isHead);
    EXPECT_TRUE(summary.modules[13].isHead);
    ASSERT_EQ(summary.notices.size(), 2u);
    EXPECT_NE(summary.notices[0].find("bert.pooler.dense"), std::string::npos);
    EXPECT_NE(summary.notices[1].find("tokenizer"), std::string::npos);
}

} // namespace
} // namespace lora::test
