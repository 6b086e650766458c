#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/quantity_text.h"
#include "core/experiment/adapter_source.h"
#include "core/export/export_record.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

constexpr std::size_t rowsToCompare = 32;

struct ExportOptions
{
    std::string run;
    std::string format;
    std::string out;
};

/// Rows the run was evaluated on; random ones when its data is gone.
TokenizedDataset probeOf(const TrainedModel& trained, Console& console)
{
    try {
        TokenizedDataset rows = evaluationRows(trained);
        rows.examples.resize(std::min(rows.examples.size(), rowsToCompare));
        return rows;
    } catch (const Error& error) {
        console.log(fmt::format("note: compared on random tokens, since the run's data cannot be read: {}",
                                error.what()));
        return randomRows(trained.model->config(), rowsToCompare);
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
    const ExportCertificate certificate =
        exportPeftAdapter(options.out, *trained.model, experiment.method.lora, experiment.model,
                          modelFolder(experiment.model), probe);
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
