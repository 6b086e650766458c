#include "app/cli/exit_codes.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"
#include "core/config/experiment_config.h"
#include "core/experiment/cost_estimation.h"
#include "core/experiment/measured_baseline.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

using Json = nlohmann::ordered_json;

struct CostOptions
{
    std::string experiment;
    std::vector<std::string> settings;
    int measuredPairs = 0;
};

Json jsonOf(const MethodCost& cost)
{
    const FlopsPerToken& flops = cost.flopsPerToken;
    const MemoryBytes& memory = cost.memory;
    return {
        {"parameters", {{"trainable", cost.parameters.trainable}, {"total", cost.parameters.total}}},
        {"adapter_bytes", cost.adapterBytes},
        {"flops_per_token",
         {{"forward", flops.forward},
          {"activation_gradients", flops.activationGradients},
          {"weight_gradients", flops.weightGradients},
          {"adapters", flops.adapters},
          {"total", flops.total()}}},
        {"flops_per_epoch", cost.flopsPerEpoch},
        {"memory_bytes",
         {{"weights", memory.weights},
          {"gradients", memory.gradients},
          {"optimizer", memory.optimizer},
          {"activations", memory.activations},
          {"cache", memory.cache},
          {"process", memory.process}, // the program itself: without it the parts would not sum to the total
          {"total", memory.total()}}},
        {"seconds_per_step", cost.secondsPerStep}};
}

Json jsonOf(const CostReport& report)
{
    Json document = jsonOf(report.method);
    document["full_fine_tuning"] = jsonOf(report.fullFineTuning);
    document["ratio_to_full"] = {{"parameters", report.parameterRatio()},
                                 {"compute", report.computeRatio()},
                                 {"memory", report.memoryRatio()},
                                 {"time", report.timeRatio()}};
    return document;
}

std::string row(const std::string& name, const std::string& method, const std::string& full,
                const std::string& ratio)
{
    return padded(name, 24) + padded(method, 16, Align::Right) + padded(full, 18, Align::Right) +
           padded(ratio, 12, Align::Right) + "\n";
}

std::string textOf(const CostReport& report)
{
    const MethodCost& method = report.method;
    const MethodCost& full = report.fullFineTuning;
    const auto count = [](std::int64_t value) { return countText(static_cast<double>(value)); };
    std::string text = row("", "this run", "full fine-tuning", "change");
    text += row("trained parameters", count(method.parameters.trainable), count(full.parameters.trainable),
                changeText(report.parameterRatio()));
    text += row("file to share", bytesText(static_cast<double>(method.adapterBytes)),
                bytesText(static_cast<double>(full.adapterBytes)), "");
    text += row("compute per token", flopsText(method.flopsPerToken.total()),
                flopsText(full.flopsPerToken.total()), changeText(report.computeRatio()));
    text += row("compute per epoch", flopsText(method.flopsPerEpoch), flopsText(full.flopsPerEpoch), "");
    text += row("memory", bytesText(method.memory.total()), bytesText(full.memory.total()),
                changeText(report.memoryRatio()));
    text += row("time per step", durationText(method.secondsPerStep), durationText(full.secondsPerStep),
                changeText(report.timeRatio()));
    text +=
        row("time per epoch", durationText(method.secondsPerEpoch), durationText(full.secondsPerEpoch), "");
    if (!report.savings.empty())
        text += "\nwhere the compute goes, as a share of full fine-tuning's:\n";
    for (const SavingSource& saving : report.savings)
        text +=
            "  " + padded(saving.label, 50) +
            padded((saving.share < 0 ? "+" : "−") + percentText(std::abs(saving.share)), 10, Align::Right) +
            "\n";
    return text + "\nParameters and compute are counted; memory and time are estimates for this\nmachine.\n";
}

Json jsonOf(const MeasuredSide& side)
{
    Json document = {{"seconds_per_step", side.seconds},
                     {"flops", side.flops},
                     {"resident_memory_bytes", side.memoryBytes}};
    document["joules"] = side.joules ? Json(*side.joules) : Json(nullptr);
    return document;
}

Json jsonOf(const BaselineMeasurement& measured)
{
    const MeasuredRatio time = measured.timeRatio();
    const auto energy = measured.energyRatio();
    return {{"pairs", measured.pairs},
            {"tokens", measured.tokens},
            {"method", jsonOf(measured.method)},
            {"full_fine_tuning", jsonOf(measured.full)},
            {"prefix_seconds", measured.prefixSeconds},
            {"prefix_flops", measured.prefixFlops},
            {"ratio_to_full",
             {{"compute", measured.computeRatio()},
              {"time", time.ratio},
              {"time_low", time.interval.low},
              {"time_high", time.interval.high},
              {"memory", measured.memoryRatio()},
              {"energy", energy ? Json(*energy) : Json(nullptr)}}}};
}

int cost(const CostOptions& options, Console& console)
{
    const ExperimentConfig experiment = loadExperiment(options.experiment, options.settings);
    console.status("reading the model and the data");
    const CostInputs inputs = gatherCostInputs(experiment);
    const CostReport report = estimateCost(inputs.experiment, inputs.facts, inputs.calibration);
    console.print(textOf(report));
    Json document = jsonOf(report);
    if (options.measuredPairs > 0) {
        TrainingControl control;
        const StopSignals signals(control);
        const auto progress = [&](std::int64_t done, std::int64_t total) {
            console.status(fmt::format("measuring, pair {} of {}", done, total));
        };
        const auto measured = measureBaseline({experiment, options.measuredPairs}, control, progress);
        console.clearStatus();
        if (!measured)
            return exit_codes::stopped;
        console.print("\n" + measurementText(*measured));
        document["measured"] = jsonOf(*measured);
    }
    console.document(document);
    return 0;
}

} // namespace

Subcommand addCost(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "cost",
        "Parameters, compute, memory and time of an experiment beside full fine-tuning; nothing is trained.");
    const auto options = std::make_shared<CostOptions>();
    app->add_option("EXPERIMENT", options->experiment, "Experiment file (JSON), as for `train`.")->required();
    app->add_option("--set", options->settings, "Override one value of the experiment; may be repeated.")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
    app->add_option("--measure", options->measuredPairs,
                    "Also take so many real steps of this run and of full fine-tuning in turn (15 tells "
                    "well) and say what they took.")
        ->type_name("PAIRS")
        ->check(CLI::Range(1, 1000));
    return {app, [options](Console& console) { return cost(*options, console); }};
}

} // namespace lora::app
