#pragma once

#include "core/config/task.h"
#include "core/data/batch.h"
#include "core/io/json_text.h"
#include "core/io/safetensors.h"
#include "tests/support/assets.h"

#include <nlohmann/json.hpp>

namespace lora::test {

/// Folders of all cases.
inline std::vector<std::string> goldenCases()
{
    return {"families/bert-sequence-classification",
            "families/bert-question-answering",
            "families/bert-token-classification",
            "families/bert-masked-lm",
            "families/distilbert-sequence-classification",
            "families/roberta-sequence-classification",
            "families/gpt2-causal-lm",
            "families/gpt2-causal-lm-all-linear",
            "families/gpt_neo-causal-lm",
            "families/llama-causal-lm",
            "families/llama-causal-lm-tied-all-linear",
            "families/mistral-causal-lm",
            "families/qwen2-causal-lm",
            "variants/rslora/bert-sequence-classification",
            "variants/rslora/llama-causal-lm",
            "variants/dora/bert-sequence-classification",
            "variants/dora/llama-causal-lm",
            "variants/rank_pattern/bert-sequence-classification",
            "variants/layers_to_transform/bert-sequence-classification",
            "variants/layers_to_transform/llama-causal-lm",
            "variants/bias_lora_only/bert-sequence-classification"};
}

/// Those whose loss is over real tokens: transformers' loss of question answering takes the softmax over
/// padding too, which does not exist here (see AnswerGolden).
inline std::vector<std::string> casesWithComparableLoss()
{
    std::vector<std::string> all = goldenCases();
    std::erase(all, "families/bert-question-answering");
    return all;
}

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

    /// What the case's model is for; the file's kind and the architecture say so.
    TaskType task() const
    {
        const std::string kind = facts["kind"];
        if (kind == "lm" || kind == "mlm")
            return kind == "lm" ? TaskType::CausalLm : TaskType::MaskedLm;
        if (tensors.find("start_positions"))
            return TaskType::QuestionAnswering;
        return tensors.find("labels")->shape.size() == 2 ? TaskType::TokenClassification
                                                         : TaskType::SequenceClassification;
    }
    std::int64_t labels() const
    {
        return isLanguageModelling(task()) ? 0 : tensors.find("base.logits")->shape.back();
    }

    /// The padded rows of the file as a packed batch. Causal labels are shifted as a Collator does.
    Batch batch() const
    {
        Batch packed;
        packed.sequenceOffsets.push_back(0);
        const std::vector<std::int64_t> ids = tensors.find("input_ids")->toIntegers();
        const std::int64_t width = tensors.find("input_ids")->shape[1];
        const auto integers = [&](const char* name) {
            const NamedTensor* tensor = tensors.find(name);
            return tensor ? tensor->toIntegers() : std::vector<std::int64_t>();
        };
        const std::vector<std::int64_t> labels = integers("labels");
        const std::vector<std::int64_t> starts = integers("start_positions");
        const std::vector<std::int64_t> ends = integers("end_positions");
        const TaskType kind = task();
        const std::int64_t shift = kind == TaskType::CausalLm ? 1 : 0;
        for (std::size_t row = 0; row < facts["lengths"].size(); ++row) {
            const std::int64_t length = facts["lengths"][row].get<std::int64_t>();
            const std::int64_t first = static_cast<std::int64_t>(row) * width;
            for (std::int64_t t = 0; t < length; ++t) {
                packed.inputIds.push_back(
                    static_cast<std::int32_t>(ids[static_cast<std::size_t>(first + t)]));
                packed.tokenTypeIds.push_back(0);
                if (isLanguageModelling(kind) || kind == TaskType::TokenClassification)
                    packed.tokenLabels.push_back(
                        t + shift < length
                            ? static_cast<std::int32_t>(labels[static_cast<std::size_t>(first + t + shift)])
                            : ignoredLabel);
            }
            packed.sequenceOffsets.push_back(static_cast<std::int32_t>(packed.inputIds.size()));
            packed.exampleIndex.push_back(static_cast<std::uint32_t>(row));
            if (kind == TaskType::SequenceClassification)
                packed.classLabels.push_back(static_cast<std::int32_t>(labels[row]));
            if (kind == TaskType::QuestionAnswering) {
                packed.startPositions.push_back(static_cast<std::int32_t>(starts[row]));
                packed.endPositions.push_back(static_cast<std::int32_t>(ends[row]));
            }
        }
        return packed;
    }

    /// One row of the file as already tokenised data has it: labels as Hugging Face's, not shifted.
    nlohmann::json row(std::size_t index, bool hasLabels) const
    {
        const auto length = facts["lengths"][index].get<std::int64_t>();
        const auto part = [&](const char* name) {
            const NamedTensor& tensor = *tensors.find(name);
            const std::vector<std::int64_t> all = tensor.toIntegers();
            const auto start = all.begin() + static_cast<std::ptrdiff_t>(index) * tensor.shape[1];
            return std::vector<std::int64_t>(start, start + length);
        };
        nlohmann::json line = {{"input_ids", part("input_ids")}};
        if (!hasLabels)
            return line;
        if (tensors.find("start_positions")) {
            for (const char* name : {"start_positions", "end_positions"})
                line[name] = tensors.find(name)->toIntegers()[index];
        } else if (tensors.find("labels")->shape.size() == 2) {
            line["labels"] = part("labels");
        } else {
            line["labels"] = tensors.find("labels")->toIntegers()[index];
        }
        return line;
    }

    /// Logits of the file without its padding, in the order of the packed batch.
    std::vector<float> logits(const std::string& name) const
    {
        const NamedTensor& tensor = *tensors.find(name);
        const std::vector<float> all = values(name);
        if (tensor.shape.size() == 2)
            return all;
        std::vector<float> real;
        const auto width = static_cast<std::size_t>(tensor.shape[1]);
        const auto columns = static_cast<std::size_t>(tensor.shape[2]);
        for (std::size_t row = 0; row < facts["lengths"].size(); ++row) {
            const auto start = all.begin() + static_cast<std::ptrdiff_t>(row * width * columns);
            real.insert(real.end(), start,
                        start +
                            static_cast<std::ptrdiff_t>(facts["lengths"][row].get<std::size_t>() * columns));
        }
        return real;
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
