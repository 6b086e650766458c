#pragma once

#include "core/config/config_issue.h"
#include "core/config/task.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora {

/// How the weights are trained; spelled as in experiment files.
enum class MethodType {
    Lora, ///< "lora": frozen base, low-rank adapters, trained head (Hu et al., arXiv:2106.09685)
    Full, ///< "full": every weight
    Head  ///< "head": frozen base, trained head alone
};

std::string_view toString(MethodType method);

/// Columns of a data file by role; unset roles are inferred. Tasks have names of their own for them, see
/// column_aliases.h. A multi-label task may name several columns of 0 and 1 as its label: "toxic,obscene".
struct ColumnMapping
{
    std::optional<std::string> text;
    std::optional<std::string> textPair;
    std::optional<std::string> label;

    bool operator==(const ColumnMapping&) const = default;
};

struct DataConfig
{
    std::string train; ///< a file or "builtin:sentiment", "builtin:topics"
    std::optional<std::string> eval;
    double evalSplit = 0.1; ///< share of train held out when there is no eval file
    ColumnMapping columns;
    int maxLength = 128; ///< tokens, special tokens included
    /// Tokens of the passage two windows share (question answering); none: 64, or a quarter of a short
    /// max_length.
    std::optional<int> docStride;
    bool trainOnPrompt = false; ///< causal-lm: whether the loss counts the tokens of prompts too
    std::optional<std::int64_t> maxTrainSamples;
    bool shuffle = true;

    bool operator==(const DataConfig&) const = default;
};

/// PEFT's LoraConfig, with its keys and meanings.
struct LoraConfig
{
    int r = 8;
    double loraAlpha = 16;
    double loraDropout = 0;
    /// A list matches a module when its path equals an entry or ends with "." + entry; a string is
    /// "all-linear" or a regular expression that has to match the whole path.
    std::variant<std::vector<std::string>, std::string> targetModules =
        std::vector<std::string>{"query", "value"};
    std::optional<std::vector<int>> layersToTransform;
    std::map<std::string, int> rankPattern;
    std::map<std::string, double> alphaPattern;
    std::vector<std::string> modulesToSave;
    std::string bias = "none"; ///< "none", "all" or "lora_only"
    bool useRslora = false;
    std::optional<std::string> initAdapter; ///< a PEFT folder to continue from
    bool useDora = false;                   ///< magnitudes of their own (arXiv:2402.09353)
    /// "true": A random, B zero; "pissa", "pissa_niter_<n>" (arXiv:2404.02948) or "olora" (arXiv:2406.01775):
    /// the pair is taken out of the weight.
    std::string initLoraWeights = "true";
    /// LoRA+ (arXiv:2402.12354): learning rate of B over that of A; none: the same.
    std::optional<double> loraplusLrRatio;
    bool loraFa = false; ///< A stays at its random start (arXiv:2308.03303)

    bool operator==(const LoraConfig&) const = default;
};

struct MethodConfig
{
    MethodType type = MethodType::Lora;
    /// Read when type is Lora; `modulesToSave` also when it is Head, and there `bias` "all" is BitFit
    /// (arXiv:2106.10199): the head and every bias.
    LoraConfig lora;

    bool operator==(const MethodConfig&) const = default;
};

/// Hugging Face TrainingArguments, with their keys and meanings.
struct TrainingConfig
{
    double numTrainEpochs = 3;
    std::int64_t maxSteps = -1; ///< above 0: wins over numTrainEpochs
    int perDeviceTrainBatchSize = 32;
    int gradientAccumulationSteps = 1;
    double learningRate = 5e-4;
    double weightDecay = 0;
    double adamBeta1 = 0.9;
    double adamBeta2 = 0.999;
    double adamEpsilon = 1e-8;
    double maxGradNorm = 1;                 ///< 0: no clipping
    std::string lrSchedulerType = "linear"; ///< linear, cosine, constant, constant_with_warmup
    double warmupRatio = 0.06;
    std::optional<std::int64_t> evalSteps; ///< none: at the end of every epoch
    std::optional<std::int64_t> saveSteps; ///< none: with every evaluation
    std::optional<int> earlyStoppingPatience;
    std::optional<std::string> metricForBestModel; ///< none: the task's first metric
    bool loadBestModelAtEnd = true;
    std::optional<double> hiddenDropout; ///< none: as the model's config.json says
    std::uint64_t seed = 42;
    int threads = 0; ///< workers; 0: one per core
    std::string dtype = "float32";
    /// Hidden states below the lowest trained layer: "auto": computed once and kept, between sessions too;
    /// "memory": nothing is left on disk; "off": computed every epoch.
    std::string prefixCache = "auto";
    /// Activations are computed once more in backward instead of kept; none ("auto"): when the estimate comes
    /// near this machine's memory. Changes no result.
    std::optional<bool> gradientCheckpointing;

    bool operator==(const TrainingConfig&) const = default;
};

/// One experiment: everything that decides a run, as one JSON document (see `lora-workbench-cli train
/// --help`).
struct ExperimentConfig
{
    std::string name;
    std::string model;
    TaskType task = TaskType::SequenceClassification;
    DataConfig data;
    MethodConfig method;
    TrainingConfig training;

    bool operator==(const ExperimentConfig&) const = default;
};

/// Reads one experiment. `//` comments are accepted. Collects every problem (unknown key, wrong type, value
/// out of range) in `issues` with the key's dotted path; relative paths are resolved against `baseDirectory`.
ExperimentConfig experimentFromJson(const nlohmann::json& document,
                                    const std::filesystem::path& baseDirectory, ConfigIssues& issues);

/// Reads a file, applies `key.path=value` overrides in order, then validates; throws lora::Error (BadUsage)
/// that lists all problems at once.
ExperimentConfig loadExperiment(const std::filesystem::path& file,
                                const std::vector<std::string>& overrides = {});

/// An experiment that is in no file with overrides applied; relative paths are of the current directory.
/// Throws as loadExperiment does.
ExperimentConfig withOverrides(const ExperimentConfig& experiment, const std::vector<std::string>& overrides);

/// Every key with its value, defaults written out; `experimentFromJson` of it gives the same experiment back.
nlohmann::ordered_json toJson(const ExperimentConfig& experiment);

/// The metric that decides which model is best, without "eval_": `metric_for_best_model`, else the task's
/// first.
std::string bestMetric(const ExperimentConfig& experiment);

/// Values out of range and combinations that cannot work, without looking at any file.
ConfigIssues validate(const ExperimentConfig& experiment);

} // namespace lora
