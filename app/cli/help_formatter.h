#pragma once

#include <CLI/App.hpp>
#include <CLI/Formatter.hpp>

namespace lora::app {

/// Help texts that fit 80 columns: CLI11's own formatter does not wrap.
class HelpFormatter : public CLI::Formatter
{
public:
    std::string make_usage(const CLI::App* app, std::string name) const override;
    std::string make_description(const CLI::App* app) const override;
    std::string make_footer(const CLI::App* app) const override;
    std::string make_subcommand(const CLI::App* app) const override;
    std::string make_option(const CLI::Option* option, bool isPositional) const override;
    std::string make_option_opts(const CLI::Option* option) const override;
};

} // namespace lora::app
