#pragma once

#include "app/cli/console.h"

#include "core/experiment/adapter_conversion.h"

#include <string>

#include <CLI/App.hpp>

namespace lora::app {

/// The options `extract` and `resize` share.
struct ConvertArguments
{
    std::string source;
    std::string base;
    std::string task;
    std::string out;
    std::string data;
    std::int64_t rank = 0; ///< 0: not given
    double energy = 0;     ///< 0: not given
    int threads = 0;
};

/// --base, --task, --rank, --energy, --out, --data, --threads; the source is the caller's.
void addConvertArguments(CLI::App& app, ConvertArguments& arguments);

/// Throws lora::Error (BadUsage) unless there is exactly one of --rank and --energy.
RankChoice choiceOf(const CLI::App& app, const ConvertArguments& arguments);
ConversionWishes wishesOf(const ConvertArguments& arguments, Console& console);
std::optional<std::string> baseOf(const ConvertArguments& arguments);
std::optional<TaskType> taskOf(const ConvertArguments& arguments);

/// "out (peft, 1.2 MiB)…": what was written and how it read back.
std::string certificateText(const ExportCertificate& certificate);

} // namespace lora::app
