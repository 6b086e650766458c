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

struct Wanted
{
    bool data = false;
    bool sample = false;
    bool encoder = false;
    bool decoder = false;
};

/// Documents of one text, or of up to `longest` texts one a line.
std::vector<std::string> draw(PretrainingText& source, std::size_t count, int longest, Rng& rng)
{
    std::vector<std::string> documents;
    documents.reserve(count);
    while (documents.size() < count) {
        std::string document = source.next();
        for (std::uint64_t more = longest > 1 ? rng.below(static_cast<std::uint64_t>(longest)) : 0; more > 0;
             --more)
            document += "\n" + source.next();
        documents.push_back(std::move(document));
    }
    return documents;
}

void makeModel(const Options& options, const ModelRecipe& recipe,
               const std::unordered_set<std::string>& excluded)
{
    PretrainingText source(options.pretraining.seed, excluded, recipe.mix);
    Rng rng(options.pretraining.seed, "documents");
    const std::vector<std::string> texts = draw(source, recipe.texts, recipe.longestDocument, rng);
    const std::vector<std::string> heldOut =
        draw(source, options.pretraining.heldOutTexts, recipe.longestDocument, rng);
    pretrainModel(options.out / "models" / recipe.name, recipe, texts, heldOut, options.pretraining);
}

void make(const Options& options, const Wanted& wanted)
{
    const std::uint64_t seed = options.pretraining.seed;
    const TaskRows sentiment = makeSentimentRows({}, seed);
    const TaskRows topics = makeTopicRows({}, seed);
    const QaRows qa = makeQaRows({}, seed);
    const InstructionRows instructions = makeInstructionRows({}, seed);
    const auto excluded = evalTexts(sentiment, topics, qa, instructions);
    if (wanted.data) {
        writeTask(options.out / "data" / "sentiment", sentiment);
        writeTask(options.out / "data" / "topics", topics);
        writeQa(options.out / "data" / "qa", qa);
        writeInstructions(options.out / "data" / "instructions", instructions);
    }
    if (wanted.sample) {
        PretrainingText source(seed, excluded, decoderRecipe().mix);
        for (std::size_t i = 0; i < options.sampleTexts; ++i)
            fmt::print("{}\n", source.next());
    }
    if (wanted.encoder)
        makeModel(options, encoderRecipe(), excluded);
    if (wanted.decoder)
        makeModel(options, decoderRecipe(), excluded);
}

} // namespace

int main(int argc, char** argv)
{
    Options options;
    CLI::App program{"Makes the built-in data and models: texts, vocabularies, pretraining, demo tasks"};
    program.fallthrough();
    program.require_subcommand(0, 1);
    program.add_option("--out", options.out, "folder that gets data/ and models/")->capture_default_str();
    program.add_option("--seed", options.pretraining.seed)->capture_default_str();
    program.add_option("--steps", options.pretraining.steps, "pretraining steps, 0: as the recipe says");
    program.add_option("--learning-rate", options.pretraining.learningRate, "0: as the recipe says");
    program.add_option("--threads", options.pretraining.threads, "0: one per core")->capture_default_str();
    const auto* data = program.add_subcommand("data", "write the demo tasks alone");
    auto* corpus = program.add_subcommand("corpus", "print a sample of the decoder's pretraining text");
    corpus->add_option("--texts", options.sampleTexts)->capture_default_str();
    const auto* encoder = program.add_subcommand("encoder", "pretrain the encoder alone");
    const auto* decoder = program.add_subcommand("decoder", "pretrain the decoder alone");
    CLI11_PARSE(program, argc, argv);
    const bool isEverything = program.get_subcommands().empty();
    try {
        make(options, {isEverything || data->parsed(), corpus->parsed(), isEverything || encoder->parsed(),
                       isEverything || decoder->parsed()});
    } catch (const Error& error) {
        fmt::print(stderr, "{}\n{}\n", error.what(), error.hint());
        return exitCode(error.kind());
    }
}
