#pragma once

#include "core/io/safetensors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_models.h"

namespace lora::test {

struct StoredTensor
{
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};

/// A model's weights by name, to be changed before they are written.
inline std::vector<StoredTensor> storedTensors(LanguageModel<float>& model)
{
    std::vector<StoredTensor> tensors;
    model.visitParameters([&](Parameter<float>& parameter) {
        StoredTensor& tensor =
            tensors.emplace_back(StoredTensor{parameter.name(),
                                              parameter.fileShape(),
                                              {parameter.data(), parameter.data() + parameter.size()}});
        const ConstMatrix<float> value = parameter.value();
        if (parameter.isTransposedInFiles())
            for (std::int64_t r = 0; r < value.rows; ++r)
                for (std::int64_t c = 0; c < value.cols; ++c)
                    tensor.values[static_cast<std::size_t>(c * value.rows + r)] = value(r, c);
    });
    return tensors;
}

inline void writeTensors(const std::filesystem::path& path, const std::vector<StoredTensor>& tensors)
{
    std::vector<TensorToWrite> views;
    for (const StoredTensor& tensor : tensors)
        views.push_back({tensor.name, tensor.shape, tensor.values});
    writeSafetensors(path, std::move(views));
}

/// A folder with config.json and model.safetensors of a tiny model.
class ModelFolder
{
public:
    explicit ModelFolder(const TinyBert& tiny = {}, TaskType task = TaskType::SequenceClassification,
                         std::int64_t labels = 3)
        : config(configDocument(tiny))
        , tensors(storedTensors(*tinyModel<float>(tiny, task, labels)))
    {}

    /// Writes both files and returns the folder's path.
    std::filesystem::path write()
    {
        m_folder.write("config.json", config.dump());
        writeTensors(m_folder / "model.safetensors", tensors);
        return m_folder.path();
    }

    StoredTensor& tensor(const std::string& name)
    {
        for (StoredTensor& each : tensors)
            if (each.name == name)
                return each;
        throw std::runtime_error("no tensor " + name);
    }
    void remove(const std::string& start)
    {
        std::erase_if(tensors, [&](const StoredTensor& each) { return each.name.starts_with(start); });
    }
    const TemporaryFolder& folder() const { return m_folder; }

    nlohmann::ordered_json config;
    std::vector<StoredTensor> tensors;

private:
    TemporaryFolder m_folder;
};

} // namespace lora::test
