#include "core/data/builtin_data.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/resources.h"

#include <algorithm>
#include <string_view>

namespace lora {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view prefix = "builtin:";

fs::path dataFolder()
{
    try {
        return resourcesFolder() / "data";
    } catch (const Error&) {
        return {}; // a program without its resources still trains on files
    }
}

/// Whichever form the data set is kept in: classes as tables, passages as SQuAD JSON, prompts as JSON Lines.
std::optional<BuiltinTable> filesIn(const fs::path& folder)
{
    for (const char* ending : {".tsv", ".json", ".jsonl"}) {
        const fs::path train = folder / (std::string("train") + ending);
        std::error_code missing;
        if (fs::is_regular_file(train, missing))
            return BuiltinTable{train, folder / (std::string("eval") + ending)};
    }
    return std::nullopt;
}

} // namespace

bool isBuiltinName(const std::string& name)
{
    return name.starts_with(prefix);
}

std::vector<std::string> builtinTableNames()
{
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(dataFolder(), error), end; !error && entry != end;
         entry.increment(error)) {
        if (filesIn(entry->path()))
            names.push_back(std::string(prefix) + entry->path().filename().string());
    }
    std::ranges::sort(names);
    return names;
}

std::optional<BuiltinTable> builtinTable(const std::string& name)
{
    // Looked up in the list, so that no name leads out of the folder.
    const std::vector<std::string> names = builtinTableNames();
    if (std::ranges::find(names, name) == names.end())
        return std::nullopt;
    return filesIn(dataFolder() / name.substr(prefix.size()));
}

std::string dataFile(const std::string& name, DataSide side)
{
    if (!isBuiltinName(name))
        return name;
    if (const auto table = builtinTable(name))
        return (side == DataSide::Train ? table->train : table->eval).string();
    const std::vector<std::string> names = builtinTableNames();
    throw Error(ErrorKind::BadInput,
                fmt::format("no built-in data set \"{}\"; there are: {}{}", name,
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                            didYouMean(name, names)),
                "Name one of these, or a data file.");
}

} // namespace lora
