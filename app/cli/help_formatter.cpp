#include "app/cli/help_formatter.h"

#include "core/base/display_text.h"

namespace lora::app {

namespace {

constexpr std::size_t textColumns = 80;
constexpr std::size_t nameColumns = 26;

/// "  name      what it does", the text wrapped beside the name.
std::string entry(const std::string& name, const std::string& text)
{
    return (text.empty() ? "  " + name : besideLabel("  " + name, text, nameColumns, textColumns)) + "\n";
}

} // namespace

std::string HelpFormatter::make_usage(const CLI::App* app, std::string name) const
{
    constexpr std::size_t indent = 7; // behind "Usage: "
    std::string usage = CLI::Formatter::make_usage(app, std::move(name));
    usage.erase(usage.find_last_not_of('\n') + 1);
    return "\n" + wrapped(usage, textColumns, indent) + "\n";
}

std::string HelpFormatter::make_description(const CLI::App* app) const
{
    return wrapped(app->get_description(), textColumns) + "\n";
}

std::string HelpFormatter::make_footer(const CLI::App* app) const
{
    const std::string footer = app->get_footer();
    return footer.empty() ? footer : footer + "\n";
}

std::string HelpFormatter::make_subcommand(const CLI::App* app) const
{
    const std::string description = app->get_description();
    return entry(app->get_name(), description.substr(0, description.find('\n')));
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool isPositional) const
{
    return entry(make_option_name(option, isPositional) + make_option_opts(option), make_option_desc(option));
}

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const
{
    std::string text;
    if (option->get_type_size() != 0 && !option->get_positional() && !option->get_type_name().empty())
        text += " " + option->get_type_name();
    return text;
}

} // namespace lora::app
