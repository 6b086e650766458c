#include "core/io/checkpoint_files.h"

#include "core/base/error.h"
#include "core/io/json_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>

namespace lora {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* SingleFile = "model.safetensors";
constexpr const char* IndexFile = "model.safetensors.index.json";
constexpr std::size_t MaxShards = 10'000;

[[noreturn]] void refuseFolderWithoutWeights(const fs::path& folder)
{
    std::error_code ignored;
    for (const char* other : {"pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5",
                              "flax_model.msgpack", "model.ckpt.index"})
        if (fs::exists(folder / other, ignored))
            throw Error(
                ErrorKind::Unsupported,
                fmt::format("{}: holds {}, but weights are read only from {}", folder.string(), other,
                            SingleFile),
                "Save the model again with save_pretrained(..., safe_serialization=True) of transformers.");
    throw Error(ErrorKind::FileSystem,
                fmt::format("{}: neither {} nor {} is there", folder.string(), SingleFile, IndexFile),
                "Choose a model folder as Hugging Face's save_pretrained writes it.");
}

/// A shard is a plain file name: an index must not reach outside its folder.
bool isPlainFileName(const std::string& name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == name.npos &&
           name.find('\\') == name.npos && name.find('\0') == name.npos;
}

/// Shard file name -> the tensors the index promises in it.
std::map<std::string, std::vector<std::string>> readIndex(const fs::path& path)
{
    const json index = readJsonFile(path, std::uintmax_t{1} << 28);
    const auto refuse = [&](const std::string& fault) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", path.string(), fault));
    };
    if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
        refuse("expected an object with \"weight_map\"");
    std::map<std::string, std::vector<std::string>> shards;
    for (const auto& [tensor, file] : index["weight_map"].items()) {
        if (!file.is_string() || !isPlainFileName(file.get_ref<const std::string&>()))
            refuse(fmt::format("weight_map: \"{}\" must name a file of this folder, found {}", tensor,
                               file.dump(-1, ' ', false, json::error_handler_t::replace).substr(0, 120)));
        shards[file.get<std::string>()].push_back(tensor);
        if (shards.size() > MaxShards)
            refuse(fmt::format("weight_map names more than {} files", MaxShards));
    }
    if (shards.empty())
        refuse("weight_map is empty");
    return shards;
}

SafetensorsFile openShard(const fs::path& index, const fs::path& shard)
{
    std::error_code ignored;
    if (!fs::exists(shard, ignored))
        throw Error(
            ErrorKind::FileSystem,
            fmt::format("{}: names the file {}, which is missing", index.string(), shard.filename().string()),
            "Fetch the missing part of the model.");
    return SafetensorsFile::open(shard);
}

} // namespace

const NamedTensor* ModelFiles::find(const std::string& name) const
{
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_tensors[found->second];
}

std::uint64_t ModelFiles::totalBytes() const
{
    std::uint64_t total = 0;
    for (const NamedTensor& tensor : m_tensors)
        total += tensor.bytes.size();
    return total;
}

void ModelFiles::add(const NamedTensor& tensor)
{
    m_index[tensor.name] = m_tensors.size();
    m_tensors.push_back(tensor);
}

ModelFiles openModelTensors(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored))
        throw Error(ErrorKind::FileSystem, fmt::format("{}: no such model folder", folder.string()),
                    "Check the spelling of the path.");
    ModelFiles model;
    model.m_folder = folder;
    if (fs::exists(folder / SingleFile, ignored)) {
        model.m_files.push_back(SafetensorsFile::open(folder / SingleFile));
        for (const NamedTensor& tensor : model.m_files.back().tensors())
            model.add(tensor);
        return model;
    }
    const fs::path index = folder / IndexFile;
    if (!fs::exists(index, ignored))
        refuseFolderWithoutWeights(folder);
    for (const auto& [name, tensors] : readIndex(index)) {
        const SafetensorsFile& shard = model.m_files.emplace_back(openShard(index, folder / name));
        for (const std::string& tensor : tensors) {
            const NamedTensor* found = shard.find(tensor);
            if (!found)
                throw Error(ErrorKind::BadInput,
                            fmt::format("{}: tensor \"{}\" is not in {}, where the index puts it",
                                        index.string(), tensor, name));
            model.add(*found);
        }
    }
    return model;
}

} // namespace lora
