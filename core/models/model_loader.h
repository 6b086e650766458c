#pragma once

#include "core/io/model_hash.h"
#include "core/models/language_model.h"
#include "core/models/model_summary.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// The folder of a model given as "builtin:encoder" or as a path. Throws lora::Error when there is none.
std::filesystem::path modelFolder(const std::string& pathOrBuiltin);

/// A model with its weights, and what the user should know about how they came to be.
template <class T>
struct LoadedModel
{
    std::unique_ptr<LanguageModel<T>> model;
    std::vector<std::string> notices;
    std::shared_ptr<const ModelFiles> files;
    /// Of the files' tensors; may take a while when asked for the first time.
    std::string hash() const { return modelHash(*files); }
};

/// Loads a Hugging Face folder. F32 weights stay mapped (T = float), others are converted. Head weights the
/// checkpoint lacks are drawn from N(0, initializer_range), biases zero, by a random stream per weight name,
/// so that the same seed gives the same head whatever else differs; a notice says so. Throws lora::Error
/// naming the tensor: missing from the body, of another shape than config.json says.
template <class T>
LoadedModel<T> loadModel(const std::filesystem::path& folder, TaskType task, std::int64_t numLabels,
                         std::uint64_t seed);

/// Copies a tensor of the parameter's file shape, turning it where files hold it transposed.
template <class T>
void copyTensor(const NamedTensor& tensor, Parameter<T>& parameter);

/// A model from nothing: all weights drawn as above, norms 1.
template <class T>
std::unique_ptr<LanguageModel<T>> createModel(const ModelConfig& config, TaskType task,
                                              std::int64_t numLabels, std::uint64_t seed);

/// What can be told from headers alone. No task: the usual one of the model; `numLabels` 0: as config.json
/// says, else 2.
ModelSummary describeModel(const std::string& pathOrBuiltin, std::optional<TaskType> task = std::nullopt,
                           std::int64_t numLabels = 0);

} // namespace lora
