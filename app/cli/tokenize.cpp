#include "app/cli/literal_text.h"
#include "app/cli/subcommand.h"

#include "core/base/display_text.h"
#include "core/models/model_loader.h"
#include "core/text/tokenizer.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

struct TokenizeOptions
{
    std::string model;
    std::vector<std::string> texts;
    bool isWithoutSpecialTokens = false;
};

std::string textOf(const std::string& text, const Encoding& encoding)
{
    std::string out = wrapped(printable(text), 80) + "\n";
    for (std::size_t i = 0; i < encoding.ids.size(); ++i)
        out += padded(std::to_string(encoding.ids[i]), 10, Align::Right) + "  " +
               printable(encoding.tokens[i]) + "\n";
    return out;
}

int tokenize(const TokenizeOptions& options, Console& console)
{
    const std::unique_ptr<Tokenizer> tokenizer = loadTokenizer(modelFolder(options.model));
    const SpecialTokens special = options.isWithoutSpecialTokens ? SpecialTokens::Omit : SpecialTokens::Add;
    nlohmann::ordered_json document = nlohmann::ordered_json::array();
    for (const std::string& argument : options.texts) {
        const std::string text = unguarded(argument);
        const Encoding encoding = tokenizer->encode(text, std::nullopt, special, 0);
        console.print(textOf(text, encoding));
        nlohmann::ordered_json spans = nlohmann::ordered_json::array(); // in bytes
        for (const TextSpan& span : encoding.spans)
            spans.push_back({span.begin, span.end});
        document.push_back(
            {{"text", text}, {"tokens", encoding.tokens}, {"ids", encoding.ids}, {"spans", spans}});
    }
    console.document(document);
    return 0;
}

} // namespace

Subcommand addTokenize(CLI::App& program)
{
    CLI::App* app =
        program.add_subcommand("tokenize", "Tokens and ids of texts, as a model's tokenizer makes them.");
    const auto options = std::make_shared<TokenizeOptions>();
    app->add_option("--model", options->model, "A model folder, builtin:encoder or builtin:decoder.")
        ->type_name("M")
        ->required();
    app->add_flag("--no-special-tokens", options->isWithoutSpecialTokens,
                  "Leave out [CLS], [SEP] and their like.");
    app->add_option("TEXT", options->texts, "Texts; put -- before one that begins with a dash.")->required();
    return {app, [options](Console& console) { return tokenize(*options, console); }};
}

} // namespace lora::app
