#include "core/lora/adapter_files.h"
#include "core/lora/adapter_injection.h"
#include "tests/support/expect_error.h"
#include "tests/support/model_folder.h"

namespace lora::test {
namespace {

PeftConfig peftConfig()
{
    PeftConfig config;
    config.lora.r = 2;
    config.lora.targetModules = std::vector<std::string>{"query", "value"};
    return config;
}

/// The tensors PEFT would save for a model trained with `peftConfig`.
std::vector<StoredTensor> adapterTensors()
{
    const auto model = tinyModel<float>();
    const auto trainable = applyMethod(*model, {.type = MethodType::Lora, .lora = peftConfig().lora}, 1);
    std::vector<StoredTensor> tensors;
    for (Parameter<float>* parameter : trainable.parameters()) {
        randomize(*parameter);
        tensors.push_back({peftTensorName(parameter->name()),
                           parameter->shape(),
                           {parameter->data(), parameter->data() + parameter->size()}});
    }
    return tensors;
}

class AdapterFiles : public testing::Test
{
protected:
    void load(const PeftConfig& config = peftConfig())
    {
        writeTensors(m_folder / "adapter_model.safetensors", tensors);
        loadAdapter(*model, config, openAdapterTensors(m_folder.path()));
    }

    TemporaryFolder m_folder;
    std::vector<StoredTensor> tensors = adapterTensors();
    std::unique_ptr<LanguageModel<float>> model = tinyModel<float>();
};

TEST_F(AdapterFiles, EveryTensorFindsItsPlace)
{
    load();
    std::size_t found = 0;
    model->visitParameters([&](Parameter<float>& parameter) {
        for (const StoredTensor& tensor : tensors)
            if (tensor.name == peftTensorName(parameter.name())) {
                EXPECT_TRUE(std::equal(tensor.values.begin(), tensor.values.end(), parameter.data()));
                ++found;
            }
    });
    EXPECT_EQ(found, tensors.size());
    EXPECT_EQ(found, 2u * 2u * 2u + 2u); // blocks · targets · pair, and the classifier
    EXPECT_EQ(adapterLabelCount(openAdapterTensors(m_folder.path())), 3);
}

TEST_F(AdapterFiles, NamesOfABareBaseModelWork)
{
    for (StoredTensor& tensor : tensors)
        if (const std::size_t at = tensor.name.find("bert."); at != std::string::npos)
            tensor.name.erase(at, 5);
    load();
}

TEST_F(AdapterFiles, AMissingTensorIsNamed)
{
    std::erase_if(tensors, [](const StoredTensor& tensor) {
        return tensor.name.ends_with("layer.1.attention.self.value.lora_B.weight");
    });
    expectError(ErrorKind::BadInput, "layer.1.attention.self.value.lora_B.weight", [&] { load(); });
}

TEST_F(AdapterFiles, AMissingClassifierIsNamed)
{
    std::erase_if(tensors,
                  [](const StoredTensor& tensor) { return tensor.name.ends_with("classifier.bias"); });
    expectError(ErrorKind::BadInput, "classifier.bias", [&] { load(); });
}

TEST_F(AdapterFiles, ATensorWithoutAPlaceIsNamed)
{
    tensors.push_back({"base_model.model.bert.encoder.layer.7.attention.self.query.lora_A.weight",
                       {2, 9},
                       std::vector<float>(18)});
    expectError(ErrorKind::BadInput, "layer.7.attention.self.query.lora_A.weight has no place",
                [&] { load(); });
}

TEST_F(AdapterFiles, AWrongShapeIsNamedWithBoth)
{
    PeftConfig config = peftConfig();
    config.lora.r = 3;
    expectError(ErrorKind::BadInput, "has shape [2, 9], this model and adapter_config.json ask for [3, 9]",
                [&] { load(config); });
}

TEST_F(AdapterFiles, AnEnormousRankIsRefusedWithoutReservingIt)
{
    PeftConfig config = peftConfig();
    config.lora.rankPattern = {{"query", 1'000'000'000}, {"value", 1'000'000'000}};
    expectError(ErrorKind::BadInput, "ask for [1000000000, 9]", [&] { load(config); });
}

TEST_F(AdapterFiles, PickledAdaptersAreExplained)
{
    m_folder.write("adapter_model.bin", "pickle");
    expectError(ErrorKind::Unsupported, "adapter_model.bin", [&] { openAdapterTensors(m_folder.path()); });
}

TEST_F(AdapterFiles, AFolderWithoutWeightsIsNamed)
{
    expectError(ErrorKind::FileSystem, "adapter_model.safetensors",
                [&] { openAdapterTensors(m_folder.path()); });
}

} // namespace
} // namespace lora::test
