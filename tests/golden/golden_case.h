#pragma once

#include "core/data/batch.h"
#include "core/io/json_text.h"
#include "core/io/safetensors.h"
#include "tests/support/assets.h"

#include <nlohmann/json.hpp>

namespace lora::test {

/// One folder of numbers computed by PyTorch, transformers and PEFT.
struct GoldenCase
{
    explicit GoldenCase(const std::string& name)
        : folder(assetsFolder() / "golden" / name)
        , tensors(SafetensorsFile::open(folder / "golden.safetensors"))
        , facts(readJsonFile(folder / "golden.json"))
    {}

    std::vector<float> values(const std::string& name) const
    {
        const NamedTensor* tensor = tensors.find(name);
        if (!tensor)
            throw std::runtime_error("no golden tensor " + name);
        std::vector<float> out(static_cast<std::size_t>(tensor->elements()));
        tensor->copyTo(std::span<float>(out));
        return out;
    }

    /// The padded rows of the file as a packed batch.
    Batch batch() const
    {
        const NamedTensor& ids = *tensors.find("input_ids");
        const std::vector<std::int64_t> values = ids.toIntegers();
        const std::vector<std::int64_t> labels = tensors.find("labels")->toIntegers();
        const bool hasTokenLabels = tensors.find("labels")->shape.size() == 2;
        Batch packed;
        packed.sequenceOffsets.push_back(0);
        const std::int64_t width = ids.shape[1];
        for (std::size_t row = 0; row < facts["lengths"].size(); ++row) {
            for (std::int64_t t = 0; t < facts["lengths"][row].get<std::int64_t>(); ++t) {
                packed.inputIds.push_back(static_cast<std::int32_t>(values[row * width + t]));
                packed.tokenTypeIds.push_back(0);
                if (hasTokenLabels)
                    packed.tokenLabels.push_back(static_cast<std::int32_t>(labels[row * width + t]));
            }
            packed.sequenceOffsets.push_back(static_cast<std::int32_t>(packed.inputIds.size()));
            packed.exampleIndex.push_back(static_cast<std::uint32_t>(row));
            if (!hasTokenLabels)
                packed.classLabels.push_back(static_cast<std::int32_t>(labels[row]));
        }
        return packed;
    }

    std::filesystem::path folder;
    SafetensorsFile tensors;
    nlohmann::json facts;
};

/// Largest difference relative to the largest expected entry.
template <class T>
double relativeDifference(const T* found, const std::vector<float>& expected)
{
    double difference = 0;
    double largest = 1e-12;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        difference = std::max(difference, std::abs(static_cast<double>(found[i]) - expected[i]));
        largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    }
    return difference / largest;
}

} // namespace lora::test
