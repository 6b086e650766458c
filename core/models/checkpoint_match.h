#pragma once

#include "core/base/error.h"
#include "core/io/checkpoint_files.h"
#include "core/models/model_family.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

namespace lora {

// How a model and the tensors of its checkpoint go together: for loading, and for telling beforehand.

/// Checkpoint tensors by the model's parameter names.
template <class T>
std::map<std::string, const NamedTensor*> tensorsByParameter(const ModelFiles& files,
                                                             const ModelFamily<T>& family)
{
    std::map<std::string, const NamedTensor*> found;
    for (const NamedTensor& tensor : files.tensors())
        if (const auto name = family.parameterName(tensor.name))
            found.emplace(*name, &tensor);
    return found;
}

/// Whether the parameter can use the file's bytes as they lie there.
template <class T>
bool canView(const Parameter<T>& parameter, const NamedTensor& tensor)
{
    const bool isAligned = reinterpret_cast<std::uintptr_t>(tensor.bytes.data()) % alignof(T) == 0;
    return std::is_same_v<T, float> && tensor.type == DataType::F32 && isAligned &&
           !parameter.isTransposedInFiles();
}

template <class T>
[[noreturn]] void failOnShape(const Parameter<T>& parameter, const NamedTensor& tensor,
                              const std::string& folder)
{
    throw Error(ErrorKind::BadInput,
                fmt::format("{}: tensor {} has shape {}, config.json says {}", folder, tensor.name,
                            shapeText(tensor.shape), shapeText(parameter.fileShape())),
                "config.json and the weights do not belong together; fetch both from the same model.");
}

/// Throws lora::Error (BadInput) unless nothing is missing.
void failOnMissing(const std::vector<std::string>& missing, const std::string& folder);

/// What was missing, by module; biases alone are zero, everything else is drawn at random.
std::vector<std::string> missingNotices(const std::vector<std::string>& parameters);

} // namespace lora
