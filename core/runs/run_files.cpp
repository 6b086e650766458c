#include "core/runs/run_files.h"

#include "core/base/quantity_text.h"

#include <cstdlib>
#include <fstream>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

namespace lora {

namespace {

std::string processorName()
{
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos)
            return line.substr(colon + 2);
    }
    return "unknown processor";
}

} // namespace

bool holdsRun(const std::filesystem::path& folder)
{
    std::error_code ignored;
    return std::filesystem::is_regular_file(folder / run_files::experiment, ignored) &&
           std::filesystem::is_regular_file(folder / run_files::metrics, ignored);
}

std::filesystem::path dataHome()
{
    const char* data = std::getenv("XDG_DATA_HOME");
    if (data && *data == '/')
        return std::filesystem::path(data) / "lora-workbench";
    const char* home = std::getenv("HOME");
    return std::filesystem::path(home && *home ? home : "/") / ".local" / "share" / "lora-workbench";
}

std::filesystem::path defaultRunsFolder()
{
    return dataHome() / "runs";
}

std::string hostDescription()
{
    const double memory =
        static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    return fmt::format("{}, {} threads, {}", processorName(), std::thread::hardware_concurrency(),
                       bytesText(memory));
}

std::string programVersion()
{
    return LORA_WORKBENCH_VERSION;
}

} // namespace lora
