#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/quantity_text.h"
#include "core/base/rng.h"
#include "core/data/dataset_loader.h"
#include "core/export/export_record.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

constexpr std::size_t probeRows = 32;

struct ExportOptions
{
    std::string run;
    std::string format;
    std::string out;
};

/// Rows of random tokens: they tell two models apart as well as text does.
TokenizedDataset randomProbe(const ModelConfig& config)
{
    TokenizedDataset probe;
    probe.source = "random tokens";
    Rng rng(1, "probe");
    for (std::size_t row = 0; row < probeRows; ++row) {
        const auto length =
            1 +
            rng.below(static_cast<std::uint64_t>(std::min<std::int64_t>(64, config.maxPositionEmbeddings)));
        TokenizedExample& example = probe.examples.emplace_back();
        for (std::uint64_t i = 0; i < length; ++i)
            example.inputIds.push_back(
                static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(config.vocabSize))));
        example.tokenTypeIds.assign(length, 0);
    }
    return probe;
}

/// Rows the run was evaluated on; random ones when its data is gone.
TokenizedDataset probeOf(const TrainedModel& trained, Console& console)
{
    try {
        const ExperimentConfig& experiment = trained.experiment;
        TokenizedDataset rows =
            loadDataset(experiment.data, experiment.task, trained.tokenizer.get(), experiment.training.seed)
                .eval;
        rows.examples.resize(std::min(rows.examples.size(), probeRows));
        return rows;
    } catch (const Error& error) {
        console.log(fmt::format("note: compared on random tokens, since the run's data cannot be read: {}",
                                error.what()));
        return randomProbe(trained.model->config());
    }
}

void refuseUnlessPeft(const std::string& format)
{
    if (format != "peft")
        throw Error(ErrorKind::Unsupported,
                    fmt::format("--format: \"{}\" is not a format of this version; supported: peft", format),
                    "Use --format peft.");
}

int exportRun(const ExportOptions& options, Console& console)
{
    refuseUnlessPeft(options.format);
    const std::filesystem::path folder = runFolderOf(options.run);
    if (!holdsRun(folder))
        throw Error(
            ErrorKind::BadUsage, fmt::format("{} is not a run folder", folder.string()),
            "A run folder holds experiment.json and metrics.jsonl; `lora-workbench-cli runs` lists yours.");
    console.status("loading");
    const TrainedModel trained = openTrainedModel({folder.string(), {}, {}});
    const TokenizedDataset probe = probeOf(trained, console);
    const ExperimentConfig& experiment = trained.experiment;
    writePeftAdapter(options.out, *trained.model, experiment.method.lora, experiment.model);
    const ExportCertificate certificate =
        checkPeftAdapter(options.out, modelFolder(experiment.model), *trained.model, probe);
    recordExport(folder, certificate);
    console.print(fmt::format(
        "{} ({}, {})\nread back and compared over {} rows: largest difference of a logit {}\n",
        certificate.path.string(), certificate.format, bytesText(static_cast<double>(certificate.bytes)),
        probe.size(), significantText(certificate.maxAbsLogitDifference)));
    console.document({{"path", certificate.path.string()},
                      {"format", certificate.format},
                      {"bytes", certificate.bytes},
                      {"rows", certificate.rows},
                      {"hash", certificate.hash},
                      {"max_abs_logit_difference", certificate.maxAbsLogitDifference}});
    return 0;
}

} // namespace

Subcommand addExport(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "export", "Write a run's adapter for other programs, read it back and compare logits.");
    const auto options = std::make_shared<ExportOptions>();
    app->add_option("RUN", options->run, "A run folder, or the name of a run as `runs` lists it.")
        ->required();
    app->add_option("--format", options->format, "peft: adapter_config.json and adapter_model.safetensors.")
        ->type_name("FORMAT")
        ->required();
    app->add_option("--out", options->out, "The folder to write.")->type_name("PATH")->required();
    return {app, [options](Console& console) { return exportRun(*options, console); }};
}

} // namespace lora::app
