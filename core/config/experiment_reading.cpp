#include "core/base/nearest_name.h"
#include "core/config/column_aliases.h"
#include "core/config/experiment_config.h"
#include "core/config/experiment_paths.h"
#include "core/config/object_reader.h"

#include <algorithm>

namespace lora {

namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::vector<std::string> methodNames{"lora", "full", "head"};

std::string fileInBase(const std::string& path, const fs::path& base)
{
    if (path.empty() || path.starts_with("builtin:") || base.empty() || fs::path(path).is_absolute())
        return path;
    std::error_code ignored;
    const fs::path absolute = fs::absolute(base, ignored);
    return ((ignored ? base : absolute) / path).lexically_normal().string();
}

/// A model may also be a hub id ("org/name"), which is only a path when such a folder stands beside the
/// experiment.
std::string modelInBase(const std::string& model, const fs::path& base)
{
    const std::string path = fileInBase(model, base);
    const bool looksLikeHubId = std::ranges::count(model, '/') == 1 && !model.starts_with('.') &&
                                !model.starts_with('/') && !model.ends_with('/');
    std::error_code ignored;
    return looksLikeHubId && !fs::exists(path, ignored) ? model : path;
}

void readTask(const Json& value, TaskType& task, ConfigIssues& issues)
{
    ObjectReader reader(value, "task", issues);
    std::string name(toString(task));
    reader.read("type", name);
    if (const auto type = taskFromString(name)) {
        task = *type;
    } else {
        std::vector<std::string> names;
        for (const TaskType each : allTasks())
            names.emplace_back(toString(each));
        reader.report("task.type", fmt::format("\"{}\" is not a task; allowed: {}{}", name,
                                               fmt::join(names, ", "), didYouMean(name, names)));
    }
    reader.finish(experimentPaths());
}

/// A name, or a list of names (several label columns), which is kept as "a,b".
void readNames(ObjectReader& reader, const std::string& key, std::optional<std::string>& field)
{
    const Json* value = reader.take(key);
    if (!value || !value->is_array())
        return reader.read(key, field);
    std::vector<std::string> names;
    reader.read(key, names);
    if (names.empty())
        return reader.report(reader.pathOf(key), "found an empty list; allowed: at least one column");
    field = fmt::format("{}", fmt::join(names, ","));
}

/// One of the task's own names for a column, or another task's, which is a mistake.
void readAlias(ObjectReader& reader, const ColumnAlias& alias, TaskType task, ColumnMapping& columns)
{
    const std::string key(alias.alias);
    const Json* value = reader.take(key);
    if (!value || value->is_null())
        return;
    if (alias.task != task)
        return reader.report(reader.pathOf(key),
                             fmt::format("is a column of the task {}; the task here is {}",
                                         toString(alias.task), toString(task)));
    std::optional<std::string>& field = alias.column == "text"        ? columns.text
                                        : alias.column == "text_pair" ? columns.textPair
                                                                      : columns.label;
    if (field)
        return reader.report(
            reader.pathOf(key),
            fmt::format("names the column that another key (data.columns.{}) names already", alias.column));
    readNames(reader, key, field);
}

void readColumns(const Json& value, TaskType task, ColumnMapping& columns, ConfigIssues& issues)
{
    ObjectReader reader(value, "data.columns", issues);
    reader.read("text", columns.text);
    reader.read("text_pair", columns.textPair);
    readNames(reader, "label", columns.label);
    for (const ColumnAlias& alias : columnAliases())
        readAlias(reader, alias, task, columns);
    reader.finish(experimentPaths());
}

void readData(const Json& value, TaskType task, DataConfig& data, ConfigIssues& issues)
{
    ObjectReader reader(value, "data", issues);
    reader.read("train", data.train);
    reader.read("eval", data.eval);
    reader.read("eval_split", data.evalSplit);
    if (const Json* columns = reader.take("columns"))
        readColumns(*columns, task, data.columns, issues);
    reader.read("max_length", data.maxLength);
    reader.read("doc_stride", data.docStride);
    reader.read("train_on_prompt", data.trainOnPrompt);
    reader.read("max_train_samples", data.maxTrainSamples);
    reader.read("shuffle", data.shuffle);
    reader.finish(experimentPaths());
}

/// PEFT's init_lora_weights: true or the name of a start.
void readStart(ObjectReader& reader, LoraConfig& lora)
{
    const Json* value = reader.take("init_lora_weights");
    if (!value)
        return;
    if (value->is_string() && *value != "true")
        lora.initLoraWeights = value->get<std::string>();
    else if (*value == true)
        lora.initLoraWeights = "true";
    else
        reader.report("method.init_lora_weights",
                      "expected true, \"pissa\", \"pissa_niter_<n>\" or \"olora\", found " +
                          foundText(*value));
}

void readTargets(ObjectReader& reader, LoraConfig& lora)
{
    const Json* value = reader.take("target_modules");
    if (!value)
        return;
    if (value->is_string())
        lora.targetModules = value->get<std::string>();
    else if (value->is_array())
        reader.read("target_modules", lora.targetModules.emplace<std::vector<std::string>>());
    else
        reader.report("method.target_modules",
                      "expected a list of module names, \"all-linear\" or a regular expression, found " +
                          foundText(*value));
}

/// PEFT takes one index as well as a list.
void readLayers(ObjectReader& reader, LoraConfig& lora)
{
    const Json* value = reader.take("layers_to_transform");
    if (value && value->is_number()) {
        std::optional<int> layer;
        reader.read("layers_to_transform", layer);
        if (layer)
            lora.layersToTransform = std::vector<int>{*layer};
    } else {
        reader.read("layers_to_transform", lora.layersToTransform);
    }
}

void readLora(ObjectReader& reader, LoraConfig& lora)
{
    reader.read("r", lora.r);
    reader.read("lora_alpha", lora.loraAlpha);
    reader.read("lora_dropout", lora.loraDropout);
    readTargets(reader, lora);
    readLayers(reader, lora);
    reader.read("rank_pattern", lora.rankPattern);
    reader.read("alpha_pattern", lora.alphaPattern);
    std::optional<std::vector<std::string>> modules;
    reader.read("modules_to_save", modules);
    lora.modulesToSave = modules.value_or(std::vector<std::string>{});
    reader.read("bias", lora.bias);
    reader.read("use_rslora", lora.useRslora);
    reader.read("init_adapter", lora.initAdapter);
    reader.read("use_dora", lora.useDora);
    readStart(reader, lora);
    reader.read("loraplus_lr_ratio", lora.loraplusLrRatio);
    reader.read("lora_fa", lora.loraFa);
}

void readMethod(const Json& value, MethodConfig& method, ConfigIssues& issues)
{
    ObjectReader reader(value, "method", issues);
    std::string type(toString(method.type));
    reader.read("type", type);
    const auto found = std::ranges::find(methodNames, type);
    if (found == methodNames.end())
        reader.report("method.type",
                      fmt::format("\"{}\" is not a method; allowed: {}{}", type, fmt::join(methodNames, ", "),
                                  didYouMean(type, methodNames)));
    else
        method.type = static_cast<MethodType>(found - methodNames.begin());
    readLora(reader, method.lora);
    reader.finish(experimentPaths());
}

/// A choice that may be left to the program: true, false or "auto".
void readChoice(ObjectReader& reader, const std::string& key, std::optional<bool>& field)
{
    const Json* value = reader.take(key);
    if (!value)
        return;
    if (value->is_boolean())
        field = value->get<bool>();
    else if (*value == "auto" || value->is_null())
        field.reset();
    else
        reader.report(reader.pathOf(key), "expected true, false or \"auto\", found " + foundText(*value));
}

void readTraining(const Json& value, TrainingConfig& training, ConfigIssues& issues)
{
    ObjectReader reader(value, "training", issues);
    reader.read("num_train_epochs", training.numTrainEpochs);
    reader.read("max_steps", training.maxSteps);
    reader.read("per_device_train_batch_size", training.perDeviceTrainBatchSize);
    reader.read("gradient_accumulation_steps", training.gradientAccumulationSteps);
    reader.read("learning_rate", training.learningRate);
    reader.read("weight_decay", training.weightDecay);
    reader.read("adam_beta1", training.adamBeta1);
    reader.read("adam_beta2", training.adamBeta2);
    reader.read("adam_epsilon", training.adamEpsilon);
    reader.read("max_grad_norm", training.maxGradNorm);
    reader.read("lr_scheduler_type", training.lrSchedulerType);
    reader.read("warmup_ratio", training.warmupRatio);
    reader.read("eval_steps", training.evalSteps);
    reader.read("save_steps", training.saveSteps);
    reader.read("early_stopping_patience", training.earlyStoppingPatience);
    reader.read("metric_for_best_model", training.metricForBestModel);
    // Hugging Face takes the name with and without the prefix; the rest of the program knows it without.
    if (training.metricForBestModel && training.metricForBestModel->starts_with("eval_"))
        training.metricForBestModel->erase(0, 5);
    reader.read("load_best_model_at_end", training.loadBestModelAtEnd);
    reader.read("hidden_dropout", training.hiddenDropout);
    reader.read("seed", training.seed);
    reader.read("threads", training.threads);
    reader.read("dtype", training.dtype);
    reader.read("prefix_cache", training.prefixCache);
    readChoice(reader, "gradient_checkpointing", training.gradientCheckpointing);
    reader.finish(experimentPaths());
}

void resolvePaths(ExperimentConfig& experiment, const fs::path& base)
{
    experiment.model = modelInBase(experiment.model, base);
    experiment.data.train = fileInBase(experiment.data.train, base);
    if (experiment.data.eval)
        experiment.data.eval = fileInBase(*experiment.data.eval, base);
    if (experiment.method.lora.initAdapter)
        experiment.method.lora.initAdapter = fileInBase(*experiment.method.lora.initAdapter, base);
}

} // namespace

std::string_view toString(MethodType method)
{
    return methodNames[static_cast<std::size_t>(method)];
}

ExperimentConfig experimentFromJson(const Json& document, const fs::path& baseDirectory, ConfigIssues& issues)
{
    ExperimentConfig experiment;
    ConfigIssues found;
    ObjectReader reader(document, "", found);
    reader.read("name", experiment.name);
    reader.read("model", experiment.model);
    if (const Json* task = reader.take("task"))
        readTask(*task, experiment.task, found);
    if (const Json* data = reader.take("data"))
        readData(*data, experiment.task, experiment.data, found);
    if (const Json* method = reader.take("method"))
        readMethod(*method, experiment.method, found);
    if (const Json* training = reader.take("training"))
        readTraining(*training, experiment.training, found);
    // The experiment.json of a run also names what the run was made from: no part of the experiment.
    reader.take("hashes");
    reader.finish(experimentPaths());
    resolvePaths(experiment, baseDirectory);

    // A key that could not be read (wholly, or in an entry) is not what the file says: validation has nothing
    // to add.
    const ConfigIssues unread = found;
    for (ConfigIssue& issue : validate(experiment)) {
        const auto isSame = [&](const ConfigIssue& each) { return each.field.starts_with(issue.field); };
        if (std::ranges::none_of(unread, isSame))
            found.push_back(std::move(issue));
    }
    issues.insert(issues.end(), found.begin(), found.end());
    return experiment;
}

} // namespace lora
