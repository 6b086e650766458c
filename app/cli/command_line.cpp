#include "app/cli/command_line.h"

#include "app/cli/exit_codes.h"
#include "app/cli/help_formatter.h"
#include "app/cli/literal_text.h"
#include "app/cli/subcommand.h"

#include "core/base/nearest_name.h"
#include "core/runs/run_files.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>

namespace lora::app {

namespace {

constexpr const char* programName = "lora-workbench-cli";

class CommandLine
{
public:
    explicit CommandLine(OutputOptions& output)
        : m_program("LoRA Workbench: fine-tune transformers with LoRA on an ordinary computer, and see what "
                    "it saves.",
                    programName)
        , m_subcommands{
              addDemo(m_program),      addTrain(m_program),   addSweep(m_program),   addPretrain(m_program),
              addReproduce(m_program), addCost(m_program),    addInspect(m_program), addData(m_program),
              addTokenize(m_program),  addEval(m_program),    addPredict(m_program), addGenerate(m_program),
              addExport(m_program),    addExtract(m_program), addResize(m_program),  addRankCurve(m_program),
              addOverlap(m_program),   addCompare(m_program), addReport(m_program),  addRuns(m_program)}
    {
        m_program.require_subcommand(1);
        m_program.set_version_flag("--version", programVersion());
        m_program.footer("Exit codes: 0 done, 1 failed, 2 bad usage or bad input, 3 diverged,\n"
                         "130 stopped by the user.");
        const auto formatter = std::make_shared<HelpFormatter>();
        m_program.formatter(formatter);
        for (const Subcommand& subcommand : m_subcommands) {
            subcommand.app->formatter(formatter);
            subcommand.app->add_flag(
                "--json", output.isJson,
                "Print one JSON document to standard output; progress and notes go to standard error.");
            subcommand.app->add_flag("--quiet", output.isQuiet,
                                     "No progress and no notes, only results and errors.");
        }
    }

    int run(const std::vector<std::string>& arguments, OutputOptions& output)
    {
        refuseUnknownName(arguments);
        std::vector<std::string> reversed(arguments.rbegin(), arguments.rend() - 1); // as CLI11 wants them
        if (reversed.size() > 1 && reversed.back() == "tokenize")
            std::ranges::transform(reversed, reversed.begin(), guarded);
        try {
            m_program.parse(reversed);
        } catch (const CLI::Success& success) { // --help, --version
            return m_program.exit(success);
        } catch (const CLI::ParseError& error) {
            throw Error(ErrorKind::BadUsage, error.what(), fmt::format("See {} --help.", parsedName()));
        }
        Console console(output);
        const auto chosen = std::ranges::find_if(
            m_subcommands, [](const Subcommand& subcommand) { return subcommand.app->parsed(); });
        const int code = chosen->run(console);
        console.finish();
        return code;
    }

private:
    /// CLI11 would only say that the argument was not expected.
    void refuseUnknownName(const std::vector<std::string>& arguments) const
    {
        if (arguments.size() < 2 || arguments[1].starts_with("-"))
            return;
        std::vector<std::string> names;
        for (const Subcommand& subcommand : m_subcommands)
            names.push_back(subcommand.app->get_name());
        if (std::ranges::find(names, arguments[1]) == names.end())
            throw Error(ErrorKind::BadUsage,
                        fmt::format("no subcommand \"{}\"{}", arguments[1], didYouMean(arguments[1], names)),
                        fmt::format("There are: {}.", fmt::join(names, ", ")));
    }

    std::string parsedName() const
    {
        std::string name = programName;
        for (const Subcommand& subcommand : m_subcommands) {
            if (subcommand.app->parsed())
                name += " " + subcommand.app->get_name();
        }
        return name;
    }

    CLI::App m_program;
    std::vector<Subcommand> m_subcommands;
};

int reported(const Error& error, const OutputOptions& output)
{
    Console(output).error(error);
    std::fflush(stdout);
    return exitCode(error.kind());
}

} // namespace

int runCommandLine(const std::vector<std::string>& arguments)
{
    OutputOptions output;
    // Known before parsing, which may fail itself.
    const bool wantsJson = std::ranges::find(arguments, "--json") != arguments.end();
    try {
        return CommandLine(output).run(arguments, output);
    } catch (const Error& error) {
        output.isJson = wantsJson;
        return reported(error, output);
    } catch (const std::filesystem::filesystem_error& error) { // for example of a current folder that is gone
        output.isJson = wantsJson;
        return reported(Error(ErrorKind::FileSystem, error.what()), output);
    } catch (const std::bad_alloc&) {
        output.isJson = wantsJson;
        return reported(Error(ErrorKind::Internal, "out of memory",
                              "Lower data.max_length or training.per_device_train_batch_size."),
                        output);
    } catch (const std::exception& exception) {
        output.isJson = wantsJson;
        return reported(
            Error(ErrorKind::Internal, exception.what(), "This is a fault of the program; please report it."),
            output);
    }
}

} // namespace lora::app
