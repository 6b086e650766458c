#include "core/experiment/pretraining_config.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/config/config_document.h"
#include "core/config/experiment_paths.h"
#include "core/config/model_config.h"
#include "core/config/model_document.h"
#include "core/config/object_reader.h"
#include "core/io/atomic_file.h"

#include <algorithm>

#include <fmt/ranges.h>

namespace lora {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

constexpr int largestVocabulary = 1'000'000;

const std::vector<std::string> vocabularyKinds{"wordpiece", "bpe"};

std::vector<std::string> familyNames()
{
    std::vector<std::string> names;
    for (const FamilyKeys& each : pretrainingFamilies())
        names.push_back(each.family);
    return names;
}

const FamilyKeys* familyKeys(const std::string& family)
{
    const auto& families = pretrainingFamilies();
    const auto found = std::ranges::find(families, family, &FamilyKeys::family);
    return found == families.end() ? nullptr : &*found;
}

/// Every dotted path a pretraining file may hold, to tell where a key in the wrong section belongs.
std::vector<std::string> allPaths(const FamilyKeys* keys)
{
    std::vector<std::string> paths{"name",
                                   "task.type",
                                   "model.model_type",
                                   "tokenizer.type",
                                   "tokenizer.vocab_size",
                                   "tokenizer.min_frequency"};
    if (keys)
        for (const auto& [key, value] : keys->defaults.items())
            paths.push_back("model." + key);
    for (const std::string& path : experimentPaths())
        if (path.starts_with("data.") || path.starts_with("training."))
            paths.push_back(path);
    return paths;
}

fs::path inBase(const std::string& path, const fs::path& base)
{
    return fs::path(path).is_absolute() ? fs::path(path) : (base / path).lexically_normal();
}

/// One key of config.json whose default tells its type; ranges are the model's own to judge.
void readModelKey(ObjectReader& reader, const std::string& key, nlohmann::ordered_json& value)
{
    const auto readAs = [&]<class T>(T current) {
        reader.read(key, current);
        value = current;
    };
    if (value.is_boolean())
        readAs(value.get<bool>());
    else if (value.is_number_integer())
        readAs(value.get<std::int64_t>());
    else if (value.is_number())
        readAs(value.get<double>());
    else if (value.is_string())
        readAs(value.get<std::string>());
    else if (const Json* given =
                 reader.take(key)) // null by default: a number or a list, judged with the whole
        value = *given;
}

void readModelKeys(const Json& value, const fs::path&, PretrainingConfig& config, ConfigIssues& issues)
{
    ObjectReader reader(value, "model", issues);
    std::string family;
    reader.read("model_type", family);
    const FamilyKeys* keys = familyKeys(family);
    if (!keys) {
        reader.report("model.model_type",
                      family.empty()
                          ? fmt::format("missing; allowed: {}", fmt::join(familyNames(), ", "))
                          : fmt::format("\"{}\" is not a family new models are made of; allowed: {}{}",
                                        family, fmt::join(familyNames(), ", "),
                                        didYouMean(family, familyNames())));
        return;
    }
    config.model = {{"model_type", family}};
    for (const auto& [key, standard] : keys->defaults.items()) {
        nlohmann::ordered_json read = standard;
        readModelKey(reader, key, read);
        config.model[key] = read;
    }
    for (const char* key : {"vocab_size", "pad_token_id", "bos_token_id", "eos_token_id"})
        if (reader.take(key))
            reader.report(reader.pathOf(key), "is decided by the tokenizer; leave it out");
    for (const char* key : {"architectures", "torch_dtype", "dtype", "transformers_version"})
        reader.take(key); // written anew
    reader.finish(allPaths(keys));
}

/// A config.json of any family the program opens, as it stands; what depends on its vocabulary goes.
void readModelFile(const std::string& path, const fs::path& base, PretrainingConfig& config,
                   ConfigIssues& issues)
{
    fs::path file = inBase(path, base);
    std::error_code error;
    if (fs::is_directory(file, error))
        file /= "config.json";
    try {
        constexpr std::uintmax_t limit = 16u << 20;
        config.model = parseModelDocument(readFile(file, limit), file.string());
    } catch (const Error& fault) {
        issues.push_back({"model", Severity::Error, fault.what()});
        return;
    }
    if (!config.model.is_object()) {
        config.model = nullptr;
        issues.push_back({"model", Severity::Error, fmt::format("{} is not a JSON object", file.string())});
        return;
    }
    for (const char* key : {"vocab_size", "pad_token_id", "bos_token_id", "eos_token_id", "architectures",
                            "torch_dtype", "dtype", "_name_or_path", "id2label", "label2id", "num_labels"})
        config.model.erase(key);
}

void readModel(const Json* value, const fs::path& base, PretrainingConfig& config, ConfigIssues& issues)
{
    if (!value)
        return issues.push_back({"model", Severity::Error,
                                 "missing: give keys of a Hugging Face config.json, or the path of one"});
    const std::size_t before = issues.size();
    if (value->is_string())
        readModelFile(value->get<std::string>(), base, config, issues);
    else
        readModelKeys(*value, base, config, issues);
    if (issues.size() > before)
        return;
    nlohmann::ordered_json whole = config.model;
    whole["vocab_size"] = 1000; // any: only the tokenizer knows
    try {
        modelConfigFromJson(whole, "the new model");
    } catch (const Error& fault) {
        // The hint of a value that is not supported lists those that are; the others speak of a downloaded
        // file.
        const bool listsValues = fault.kind() == ErrorKind::Unsupported;
        issues.push_back({"model", Severity::Error,
                          listsValues ? fmt::format("{}. {}", fault.what(), fault.hint()) : fault.what()});
    }
}

void readVocabulary(const Json& value, const fs::path& base, VocabularyPlan& plan, ConfigIssues& issues)
{
    if (value.is_string()) {
        plan.folder = inBase(value.get<std::string>(), base).string();
        std::error_code error;
        if (!fs::is_directory(*plan.folder, error))
            issues.push_back(
                {"tokenizer", Severity::Error, fmt::format("{}: there is no such folder", *plan.folder)});
        return;
    }
    ObjectReader reader(value, "tokenizer", issues);
    std::string kind(toString(plan.kind));
    reader.read("type", kind);
    const auto found = std::ranges::find(vocabularyKinds, kind);
    if (found == vocabularyKinds.end())
        reader.report("tokenizer.type",
                      fmt::format("\"{}\" is not a kind of vocabulary; allowed: {}{}", kind,
                                  fmt::join(vocabularyKinds, ", "), didYouMean(kind, vocabularyKinds)));
    else
        plan.kind = static_cast<VocabularyKind>(found - vocabularyKinds.begin());
    reader.read("vocab_size", plan.size);
    if (plan.size < 1 || plan.size > largestVocabulary)
        reader.report("tokenizer.vocab_size", fmt::format("found {}; allowed: a whole number from 1 to {}",
                                                          plan.size, largestVocabulary));
    reader.read("min_frequency", plan.minFrequency);
    if (plan.minFrequency < 1)
        reader.report("tokenizer.min_frequency",
                      fmt::format("found {}; allowed: a whole number from 1", plan.minFrequency));
    reader.finish(allPaths(nullptr));
}

/// The sections a pretraining file has in common with an experiment file, read as that is.
void readShared(ObjectReader& reader, const FamilyKeys* keys, const fs::path& base, PretrainingConfig& config,
                ConfigIssues& issues)
{
    Json shared = {{"model", "new"}, {"method", {{"type", "full"}}}};
    shared["task"] = {{"type", toString(keys ? keys->task : TaskType::MaskedLm)}};
    for (const char* section : {"name", "task", "data", "training"})
        if (const Json* value = reader.take(section))
            shared[section] = *value;
    config.experiment = experimentFromJson(shared, base, issues);
    const TaskType task = config.experiment.task;
    if (!isLanguageModelling(task))
        issues.push_back(
            {"task.type", Severity::Error,
             fmt::format("\"{}\" needs a model that is trained already; allowed: {}, {}", toString(task),
                         toString(TaskType::MaskedLm), toString(TaskType::CausalLm))});
    else if (keys && task != keys->task)
        issues.push_back({"task.type", Severity::Error,
                          fmt::format("\"{}\" does not fit the family \"{}\"; allowed: {}", toString(task),
                                      keys->family, toString(keys->task))});
}

void checkLength(const PretrainingConfig& config, ConfigIssues& issues)
{
    for (const char* key : {"max_position_embeddings", "n_positions"})
        if (config.model.is_object() && config.model.contains(key) && config.model[key].is_number() &&
            config.model[key].get<double>() < config.experiment.data.maxLength)
            issues.push_back({"data.max_length", Severity::Error,
                              fmt::format("found {}; allowed: up to model.{}, {}",
                                          config.experiment.data.maxLength, key, config.model[key].dump())});
}

} // namespace

std::string_view toString(VocabularyKind kind)
{
    return vocabularyKinds[static_cast<std::size_t>(kind)];
}

PretrainingConfig pretrainingFromJson(const Json& document, const fs::path& baseDirectory,
                                      ConfigIssues& issues)
{
    PretrainingConfig config;
    std::error_code ignored;
    const fs::path base = fs::absolute(baseDirectory, ignored);
    ObjectReader reader(document, "", issues);
    readModel(reader.take("model"), base, config, issues);
    const bool hasFamily = config.model.is_object() && config.model.contains("model_type") &&
                           config.model["model_type"].is_string();
    const FamilyKeys* keys = hasFamily ? familyKeys(config.model["model_type"].get<std::string>()) : nullptr;
    if (keys)
        config.vocabulary.kind = keys->vocabulary;
    if (const Json* tokenizer = reader.take("tokenizer"))
        readVocabulary(*tokenizer, base, config.vocabulary, issues);
    readShared(reader, keys, base, config, issues);
    checkLength(config, issues);
    reader.finish(allPaths(keys));
    return config;
}

PretrainingConfig loadPretraining(const fs::path& file, const std::vector<std::string>& overrides)
{
    ConfigIssues issues;
    const Json document = loadConfigDocument(file, overrides, issues);
    std::error_code ignored;
    PretrainingConfig config =
        pretrainingFromJson(document, fs::absolute(file, ignored).parent_path(), issues);
    throwOnErrors(issues, file.string());
    return config;
}

} // namespace lora
