#include "core/base/display_text.h"
#include "tests/cli/program.h"

#include <sstream>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

const std::vector<std::string> subcommands{"demo",      "train",   "cost",     "inspect",    "data",
                                           "tokenize",  "eval",    "predict",  "export",     "compare",
                                           "report",    "runs",    "pretrain", "generate",   "sweep",
                                           "reproduce", "extract", "resize",   "rank-curve", "overlap"};

void expectFits80Columns(const std::string& text)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        EXPECT_LE(displayWidth(line), 80u) << line;
}

} // namespace

TEST(CommandLineHelp, EverySubcommandExplainsItselfIn80Columns)
{
    for (const std::string& name : subcommands) {
        SCOPED_TRACE(name);
        const Finished help = Program().run({name, "--help"});
        EXPECT_EQ(help.code, 0);
        EXPECT_NE(help.out.find("Usage: lora-workbench-cli " + name), std::string::npos) << help.out;
        EXPECT_NE(help.out.find("--json"), std::string::npos);
        EXPECT_NE(help.out.find("--quiet"), std::string::npos);
        EXPECT_EQ(help.err, "");
        expectFits80Columns(help.out);
    }
}

TEST(CommandLineHelp, TheProgramListsItsSubcommandsAndNoOthers)
{
    const Finished help = Program().run({"--help"});
    EXPECT_EQ(help.code, 0);
    expectFits80Columns(help.out);
    for (const std::string& name : subcommands)
        EXPECT_NE(help.out.find("\n  " + name + " "), std::string::npos) << name;
    for (const char* name : {"download"})
        EXPECT_EQ(help.out.find(name), std::string::npos) << name;
}

TEST(CommandLineHelp, TrainNamesEveryKeyOfAnExperimentWithItsDefault)
{
    const std::string help = Program().run({"train", "--help"}).out;
    for (const char* key :
         {"data.columns.text_pair", "method.layers_to_transform", "training.lr_scheduler_type"})
        EXPECT_NE(help.find(key), std::string::npos) << key;
    EXPECT_NE(help.find("0.0005"), std::string::npos);
}

TEST(CommandLineUsage, MistakesEndWithExitCode2AndSayWhatThereIs)
{
    Program program;
    EXPECT_EQ(program.run({}).code, 2);
    const Finished unknown = program.run({"trian"});
    EXPECT_EQ(unknown.code, 2);
    EXPECT_NE(unknown.err.find("did you mean \"train\""), std::string::npos) << unknown.err;
    const Finished option = program.run({"cost", "x.json", "--colour"});
    EXPECT_EQ(option.code, 2);
    EXPECT_NE(option.err.find("--colour"), std::string::npos) << option.err;
    EXPECT_NE(option.err.find("hint: See lora-workbench-cli cost --help."), std::string::npos) << option.err;
    EXPECT_EQ(program.run({"train"}).code, 2);
    EXPECT_EQ(program.run({"runs", "eat"}).code, 2);
    EXPECT_EQ(program.run({"predict", "builtin:encoder"}).code, 2);
}

TEST(CommandLineUsage, WithJsonAnErrorIsADocumentOnStdout)
{
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"cost", "missing.json", "--json"},
          {"cost", "--json"},
          {"cots", "--json"}}) {
        const Finished finished = Program().run(arguments);
        EXPECT_EQ(finished.code, 2);
        const nlohmann::json error = finished.json().at("error");
        EXPECT_FALSE(error.at("kind").get<std::string>().empty());
        EXPECT_FALSE(error.at("what").get<std::string>().empty());
        EXPECT_FALSE(error.at("hint").get<std::string>().empty());
    }
    EXPECT_EQ(Program().run({"cost", "missing.json", "--json"}).json().at("error").at("kind"), "file_system");
}

TEST(CommandLineUsage, VersionIsPrinted)
{
    const Finished finished = Program().run({"--version"});
    EXPECT_EQ(finished.code, 0);
    EXPECT_NE(finished.out.find('.'), std::string::npos);
}

} // namespace lora::test
