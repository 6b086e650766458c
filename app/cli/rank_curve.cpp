#include "app/cli/rank_tables.h"
#include "app/cli/run_arguments.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/experiment/adapter_source.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct RankCurveArguments
{
    std::string run;
    std::string data;
    std::vector<std::int64_t> ranks;
    int threads = -1;
};

int rankCurve(const RankCurveArguments& arguments, Console& console)
{
    console.status("loading");
    const std::filesystem::path folder = runFolderOf(arguments.run);
    const AdapterSource source = openAdapterSource({folder.string(), std::nullopt, std::nullopt});
    const TrainedModel& trained = source.trained;
    const TokenizedDataset rows =
        arguments.data.empty() ? evaluationRows(trained) : rowsOfFile(trained, arguments.data, true);
    for (const std::string& notice : rows.notices)
        console.log("note: " + notice);
    RankCurveOptions options;
    options.ranks = arguments.ranks;
    options.threads = arguments.threads >= 0 ? arguments.threads : trained.experiment.training.threads;
    options.onRank = [&](std::size_t done, std::size_t total, std::int64_t rank) {
        console.status(fmt::format("evaluating rank {} ({} of {})", rank, done + 1, total));
    };
    const RankCurve curve = measureRankCurve(trained, rows, options);
    console.print(fmt::format("{} examples of {}, adapters truncated to each rank\n\n", curve.rows,
                              printable(rows.source)) +
                  rankCurveTable(curve));
    console.document(rankCurveJson(curve));
    return 0;
}

} // namespace

Subcommand addRankCurve(CLI::App& program)
{
    CLI::App* app = program.add_subcommand(
        "rank-curve",
        "Would a smaller rank have been enough? Truncates a LoRA run's adapters to every smaller rank, "
        "evaluates each and recommends one.");
    const auto arguments = std::make_shared<RankCurveArguments>();
    app->add_option("RUN", arguments->run, "A LoRA run's folder, or its name as `runs` lists it.")
        ->required();
    app->add_option("--data", arguments->data, "Rows with labels; without it the run's own evaluation rows.")
        ->type_name("FILE");
    app->add_option(
           "--ranks", arguments->ranks,
           "Ranks to measure, for example 1,2,4; 0 is the trained head without adapters. Without it 0 and "
           "the powers of two.")
        ->delimiter(',')
        ->type_name("LIST");
    app->add_option("--threads", arguments->threads, "Workers; without it as many as the run had.")
        ->check(CLI::Range(0, 4096))
        ->type_name("N");
    return {app, [arguments](Console& console) { return rankCurve(*arguments, console); }};
}

} // namespace lora::app
