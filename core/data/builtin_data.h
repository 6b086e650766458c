#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// Files of a data set the project ships: `<resources>/data/<name>/train` and `eval` with the ending .tsv,
/// .json (SQuAD) or .jsonl.
struct BuiltinTable
{
    std::filesystem::path train;
    std::filesystem::path eval;
};

/// By name, for example "builtin:sentiment"; none when there is no such data set.
std::optional<BuiltinTable> builtinTable(const std::string& name);
/// "builtin:sentiment", …, sorted; empty when the resources are not found.
std::vector<std::string> builtinTableNames();
bool isBuiltinName(const std::string& name);

enum class DataSide { Train, Eval };

/// The file behind what an experiment names: the file itself, or the side of a builtin data set. Throws
/// lora::Error (BadInput) listing the builtin data sets when there is none of that name.
std::string dataFile(const std::string& name, DataSide side);

} // namespace lora
