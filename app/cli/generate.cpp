#include "app/cli/run_arguments.h"
#include "app/cli/stop_signals.h"
#include "app/cli/subcommand.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/experiment/text_continuation.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_files.h"

#include <cstdio>

namespace lora::app {

namespace {

struct GenerateOptions
{
    ModelArguments model;
    std::string prompt;
    std::string promptFile;
    std::string instruction;
    std::string input;
    bool isChat = false;
    GenerationConfig generation;
};

Prompt promptOf(const GenerateOptions& options, const CLI::App& app)
{
    const bool hasPrompt = app.count("--prompt") > 0;
    const bool hasFile = app.count("--prompt-file") > 0;
    const bool hasInstruction = app.count("--instruction") > 0;
    if (hasPrompt + hasFile + hasInstruction != 1)
        throw Error(ErrorKind::BadUsage, "expected exactly one of --prompt, --prompt-file and --instruction",
                    "See lora-workbench-cli generate --help.");
    if (hasInstruction)
        return {options.instruction, options.input, PromptStyle::Instruction};
    return {hasFile ? readFile(options.promptFile) : options.prompt, "",
            options.isChat ? PromptStyle::Chat : PromptStyle::Plain};
}

TrainedModel openCausal(ModelArguments model)
{
    if (model.task.empty() && !holdsRun(runFolderOf(model.runOrModel)))
        model.task = toString(TaskType::CausalLm);
    return openModel(model);
}

int generate(const GenerateOptions& options, const CLI::App& app, Console& console)
{
    const Prompt prompt = promptOf(options, app);
    console.status("loading");
    const TrainedModel trained = openCausal(options.model);
    for (const std::string& notice : trained.notices)
        console.log("note: " + notice);
    console.clearStatus();
    // Text appears as it is made; the terminal is a person's window to it.
    const auto show = [&](const std::string& piece) {
        if (!console.isJson()) {
            std::fwrite(piece.data(), 1, piece.size(), stdout);
            std::fflush(stdout);
        }
        return true;
    };
    const Continuation made = continueText(trained, prompt, options.generation, show);
    console.print("");
    console.log(fmt::format("{} tokens in {}, {}", made.ids.size(), durationText(made.seconds),
                            made.end == GenerationEnd::StopToken ? "ended by itself"
                            : made.end == GenerationEnd::Context ? "the model's positions are used up"
                                                                 : "ended by --max-new-tokens"));
    nlohmann::ordered_json document;
    document["prompt"] = prompt.text;
    document["text"] = made.text;
    document["prompt_ids"] = made.promptIds;
    document["ids"] = made.ids;
    document["finish_reason"] = toString(made.end);
    document["seconds"] = made.seconds;
    console.document(document);
    return 0;
}

} // namespace

Subcommand addGenerate(CLI::App& program)
{
    CLI::App* app = program.add_subcommand("generate", "Lets a causal language model continue a text.");
    const auto options = std::make_shared<GenerateOptions>();
    addModelArguments(*app, options->model);
    app->add_option("--prompt", options->prompt, "The text to continue.")->type_name("T");
    app->add_option("--prompt-file", options->promptFile, "A file that holds it.")->type_name("FILE");
    CLI::Option* instruction = app->add_option("--instruction", options->instruction,
                                               "An instruction, written as instruction data is.")
                                   ->type_name("T");
    app->add_option("--input", options->input, "What the instruction is about.")
        ->type_name("T")
        ->needs(instruction);
    app->add_flag("--chat", options->isChat, "The prompt is a user's message in the model's chat format.");
    GenerationConfig& generation = options->generation;
    generation.temperature = 0; // the same text every time, unless asked
    app->add_option("--max-new-tokens", generation.maxNewTokens, "Most tokens to make.")
        ->type_name("N")
        ->capture_default_str();
    app->add_option("--temperature", generation.temperature,
                    "0: always the likeliest token; 1: as the model says.")
        ->type_name("X")
        ->capture_default_str();
    app->add_option("--top-k", generation.topK, "Only the k likeliest tokens; 0: all.")
        ->type_name("K")
        ->capture_default_str();
    app->add_option("--top-p", generation.topP, "Only the likeliest tokens that hold this probability.")
        ->type_name("P")
        ->capture_default_str();
    app->add_option("--repetition-penalty", generation.repetitionPenalty,
                    "Above 1: less of what was said before.")
        ->type_name("X")
        ->capture_default_str();
    app->add_option("--seed", generation.seed, "Of the draws, with a temperature above 0.")
        ->type_name("N")
        ->capture_default_str();
    return {app, [options, app](Console& console) { return generate(*options, *app, console); }};
}

} // namespace lora::app
