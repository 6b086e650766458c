#include "core/base/error.h"
#include "core/base/rng.h"
#include "core/io/atomic_file.h"
#include "resources/make_builtin/corpus.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

using namespace lora;
using namespace lora::builtin;

namespace {

void writeTask(const std::filesystem::path& folder, const TaskRows& rows)
{
    makeFolder(folder);
    writeFileAtomically(folder / "train.tsv", toTsv(rows.train));
    writeFileAtomically(folder / "eval.tsv", toTsv(rows.eval));
    fmt::print("{}: {} train rows, {} eval rows\n", folder.string(), rows.train.size(), rows.eval.size());
}

void writeCorpus(const std::filesystem::path& file, std::size_t texts, PretrainingText& source)
{
    std::string all;
    for (std::size_t i = 0; i < texts; ++i)
        all += source.next() + '\n';
    writeFileAtomically(file, all);
}

} // namespace

int main(int argc, char** argv)
{
    CLI::App program{"Makes the built-in data and model"};
    std::filesystem::path out = "resources";
    std::uint64_t seed = 1;
    program.add_option("--out", out);
    program.add_option("--seed", seed);
    program.require_subcommand(0, 1);
    auto* data = program.add_subcommand("data", "write the rows of the demo tasks");
    data->fallthrough();
    auto* corpus = program.add_subcommand("corpus", "write a sample of the pretraining text");
    corpus->fallthrough();
    std::size_t texts = 200;
    corpus->add_option("--texts", texts);
    CLI11_PARSE(program, argc, argv);
    const TaskRows sentiment = makeSentimentRows({}, seed);
    const TaskRows topics = makeTopicRows({}, seed);
    if (data->parsed()) {
        writeTask(out / "data" / "sentiment", sentiment);
        writeTask(out / "data" / "topics", topics);
    } else if (corpus->parsed()) {
        PretrainingText source(seed, evalTexts(sentiment, topics));
        writeCorpus(out / "pretraining.txt", texts, source);
    }
}
