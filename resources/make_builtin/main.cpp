#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "resources/make_builtin/corpus.h"
#include "resources/make_builtin/instructions_task.h"
#include "resources/make_builtin/pretraining.h"
#include "resources/make_builtin/qa_task.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

using namespace lora;
using namespace lora::builtin;

namespace {

struct Options
{
    std::filesystem::path out = "resources";
    std::size_t sampleTexts = 200;
    PretrainingOptions pretraining;
};

void writeTask(const std::filesystem::path& folder, const TaskRows& rows)
{
    makeFolder(folder);
    writeFileAtomically(folder / "train.tsv", toTsv(rows.train));
    writeFileAtomically(folder / "eval.tsv", toTsv(rows.eval));
    fmt::print("{}: {} train rows, {} eval rows\n", folder.string(), rows.train.size(), rows.eval.size());
}

void writeQa(const std::filesystem::path& folder, const QaRows& rows)
{
    makeFolder(folder);
    writeFileAtomically(folder / "train.json", toSquadJson(rows.train, "train"));
    writeFileAtomically(folder / "eval.json", toSquadJson(rows.eval, "eval"));
    fmt::print("{}: {} train passages, {} eval passages\n", folder.string(), rows.train.size(),
               rows.eval.size());
}

void writeInstructions(const std::filesystem::path& folder, const InstructionRows& rows)
{
    makeFolder(folder);
    writeFileAtomically(folder / "train.jsonl", toJsonLines(rows.train));
    writeFileAtomically(folder / "eval.jsonl", toJsonLines(rows.eval));
    fmt::print("{}: {} train rows, {} eval rows\n", folder.string(), rows.train.size(), rows.eval.size());
}

void printSample(PretrainingText& source, std::size_t texts)
{
    for (std::size_t i = 0; i < texts; ++i)
        fmt::print("{}\n", source.next());
}

void make(const Options& options, bool isDataWanted, bool isSampleWanted, bool isModelWanted)
{
    const TaskRows sentiment = makeSentimentRows({}, options.pretraining.seed);
    const TaskRows topics = makeTopicRows({}, options.pretraining.seed);
    PretrainingText source(options.pretraining.seed, evalTexts(sentiment, topics));
    if (isDataWanted) {
        writeTask(options.out / "data" / "sentiment", sentiment);
        writeTask(options.out / "data" / "topics", topics);
        writeQa(options.out / "data" / "qa", makeQaRows({}, options.pretraining.seed));
        writeInstructions(options.out / "data" / "instructions",
                          makeInstructionRows({}, options.pretraining.seed));
    }
    if (isSampleWanted)
        printSample(source, options.sampleTexts);
    if (isModelWanted)
        pretrainEncoder(options.out / "models" / "encoder", source, options.pretraining);
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App program{"Makes the built-in data and model: corpus, vocabulary, pretraining, demo tasks"};
    program.fallthrough();
    program.require_subcommand(0, 1);
    program.add_option("--out", options.out, "folder that gets data/ and models/")->capture_default_str();
    program.add_option("--seed", options.pretraining.seed)->capture_default_str();
    program.add_option("--steps", options.pretraining.steps, "pretraining steps")->capture_default_str();
    program.add_option("--learning-rate", options.pretraining.learningRate)->capture_default_str();
    program.add_option("--threads", options.pretraining.threads, "0: one per core")->capture_default_str();
    const auto* data = program.add_subcommand("data", "write the demo tasks alone");
    auto* corpus = program.add_subcommand("corpus", "print a sample of the pretraining text");
    corpus->add_option("--texts", options.sampleTexts)->capture_default_str();
    const auto* model = program.add_subcommand("model", "pretrain the encoder alone");
    CLI11_PARSE(program, argc, argv);
    const bool isEverything = program.get_subcommands().empty();
    try {
        make(options, isEverything || data->parsed(), corpus->parsed(), isEverything || model->parsed());
    } catch (const Error& error) {
        fmt::print(stderr, "{}\n{}\n", error.what(), error.hint());
        return exitCode(error.kind());
    }
}
