#include "core/train/checkpoint.h"

#include "core/base/error.h"
#include "core/base/json_fault.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/io/safetensors.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

constexpr const char* weightsFile = "trainable.safetensors";
constexpr const char* optimizerFile = "optimizer.safetensors";
constexpr const char* stateFile = "trainer_state.json";
constexpr std::string_view prefix = "checkpoint-";

void readInto(const SafetensorsFile& file, const std::string& name, const std::vector<std::int64_t>& shape,
              std::span<float> out)
{
    const NamedTensor* tensor = file.find(name);
    if (!tensor || tensor->shape != shape)
        throw Error(
            ErrorKind::BadInput,
            fmt::format("{}: {} {}", file.path().string(), name,
                        tensor ? "has shape " + shapeText(tensor->shape) + ", expected " + shapeText(shape)
                               : std::string("is missing")),
            "Resume with the experiment the run was started with.");
    tensor->copyTo(out);
}

nlohmann::ordered_json stateJson(const TrainerState& state)
{
    nlohmann::ordered_json document = {{"step", state.step},
                                       {"tokens", state.tokens},
                                       {"token_pairs", state.tokenPairs},
                                       {"tokens_below_cut", state.tokensBelowCut},
                                       {"token_pairs_below_cut", state.tokenPairsBelowCut},
                                       {"sequences", state.sequences},
                                       {"labelled_items", state.labelledItems},
                                       {"labelled_pairs", state.labelledPairs},
                                       {"is_prefix_kept", state.isPrefixKept},
                                       {"flops", state.flops},
                                       {"train_seconds", state.trainSeconds},
                                       {"seconds", state.seconds},
                                       {"best_step", state.bestStep},
                                       {"best_value", nullptr},
                                       {"evaluations_without_gain", state.evaluationsWithoutGain},
                                       {"evaluated_step", state.evaluatedStep},
                                       {"workers", state.workers}};
    if (state.bestValue)
        document["best_value"] = *state.bestValue;
    return document;
}

TrainerState stateFromJson(const nlohmann::json& document, const std::string& source)
{
    TrainerState state;
    try {
        state.step = document.at("step").get<std::int64_t>();
        state.tokens = document.at("tokens").get<std::int64_t>();
        state.tokenPairs = document.at("token_pairs").get<double>();
        state.tokensBelowCut = document.value("tokens_below_cut", state.tokens);
        state.tokenPairsBelowCut = document.value("token_pairs_below_cut", state.tokenPairs);
        state.sequences = document.at("sequences").get<std::int64_t>();
        state.labelledItems = document.at("labelled_items").get<std::int64_t>();
        state.labelledPairs = document.value("labelled_pairs", 0.0);
        state.isPrefixKept = document.value("is_prefix_kept", false);
        state.flops = document.at("flops").get<double>();
        state.trainSeconds = document.at("train_seconds").get<double>();
        state.seconds = document.at("seconds").get<double>();
        state.bestStep = document.at("best_step").get<std::int64_t>();
        if (!document.at("best_value").is_null())
            state.bestValue = document.at("best_value").get<double>();
        state.evaluationsWithoutGain = document.at("evaluations_without_gain").get<int>();
        state.evaluatedStep = document.at("evaluated_step").get<std::int64_t>();
        state.workers = document.at("workers").get<int>();
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: not a trainer state: {}", source, jsonFaultText(error.what())),
                    "Remove this checkpoint folder; an older one is used then.");
    }
    if (state.step < 0 || state.tokens < 0 || state.bestStep < 0 || state.evaluationsWithoutGain < 0)
        throw Error(ErrorKind::BadInput, fmt::format("{}: not a trainer state: a count is negative", source),
                    "Remove this checkpoint folder; an older one is used then.");
    return state;
}

} // namespace

std::filesystem::path checkpointFolder(const std::filesystem::path& runFolder, std::int64_t step)
{
    return runFolder / fmt::format("{}{}", prefix, step);
}

std::vector<std::int64_t> checkpointSteps(const std::filesystem::path& runFolder)
{
    std::vector<std::int64_t> steps;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(runFolder, error)) {
        const std::string name = entry.path().filename().string();
        std::int64_t step = 0;
        if (!name.starts_with(prefix) || !std::filesystem::exists(entry.path() / stateFile, error))
            continue;
        const char* end = name.data() + name.size();
        const auto parsed = std::from_chars(name.data() + prefix.size(), end, step);
        if (parsed.ec == std::errc() && parsed.ptr == end)
            steps.push_back(step);
    }
    std::sort(steps.begin(), steps.end());
    return steps;
}

void saveCheckpoint(const std::filesystem::path& folder, const TrainableParameters<float>& trainable,
                    AdamW<float>& optimizer, const TrainerState& state)
{
    writeFolderAtomically(folder, [&](const std::filesystem::path& temporary) {
        std::vector<TensorToWrite> weights;
        std::vector<TensorToWrite> moments;
        for (Parameter<float>* parameter : trainable.parameters()) {
            const auto size = static_cast<std::size_t>(parameter->size());
            const std::int64_t offset = parameter->gradientOffset();
            weights.push_back({parameter->name(), parameter->shape(), {parameter->data(), size}});
            moments.push_back({parameter->name() + ".exp_avg",
                               parameter->shape(),
                               {optimizer.moment1().data() + offset, size}});
            moments.push_back({parameter->name() + ".exp_avg_sq",
                               parameter->shape(),
                               {optimizer.moment2().data() + offset, size}});
        }
        writeSafetensors(temporary / weightsFile, std::move(weights));
        writeSafetensors(temporary / optimizerFile, std::move(moments));
        writeFileAtomically(temporary / stateFile, stateJson(state).dump(2) + "\n");
    });
}

void loadCheckpointWeights(const std::filesystem::path& folder, const TrainableParameters<float>& trainable)
{
    const SafetensorsFile weights = SafetensorsFile::open(folder / weightsFile);
    for (Parameter<float>* parameter : trainable.parameters())
        readInto(weights, parameter->name(), parameter->shape(),
                 {parameter->mutableValue().data, static_cast<std::size_t>(parameter->size())});
}

TrainerState loadCheckpoint(const std::filesystem::path& folder, const TrainableParameters<float>& trainable,
                            AdamW<float>& optimizer)
{
    const TrainerState state =
        stateFromJson(readJsonFile(folder / stateFile, 1 << 20), (folder / stateFile).string());
    loadCheckpointWeights(folder, trainable);
    const SafetensorsFile moments = SafetensorsFile::open(folder / optimizerFile);
    for (Parameter<float>* parameter : trainable.parameters()) {
        const auto size = static_cast<std::size_t>(parameter->size());
        const std::int64_t offset = parameter->gradientOffset();
        readInto(moments, parameter->name() + ".exp_avg", parameter->shape(),
                 {optimizer.moment1().data() + offset, size});
        readInto(moments, parameter->name() + ".exp_avg_sq", parameter->shape(),
                 {optimizer.moment2().data() + offset, size});
    }
    optimizer.setStepsDone(state.step);
    return state;
}

} // namespace lora
