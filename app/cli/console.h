#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace lora::app {

/// The flags every subcommand has.
struct OutputOptions
{
    bool isJson = false;
    bool isQuiet = false;
};

/// Where a subcommand writes: results to stdout (text for people, or with --json one document), everything
/// else to stderr.
class Console
{
public:
    explicit Console(const OutputOptions& options);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    bool isJson() const { return m_options.isJson; }
    /// Whether progress may be drawn over and over in one line.
    bool isLive() const { return m_isLive; }
    std::size_t columns() const;

    /// Text for people; nothing with --json.
    void print(std::string_view text);
    /// The document of --json; nothing without it.
    void document(const nlohmann::ordered_json& value);
    /// A line on stderr, unless --quiet; never more than one line.
    void log(std::string_view line);
    /// The same, with --quiet too: what the user has to know.
    void warn(std::string_view line);
    /// Draws over the last status line; only on a terminal.
    void status(const std::string& line);
    void clearStatus();
    /// "error: …", "hint: …" on stderr, and with --json the error document.
    void error(const Error& error);

    /// Throws lora::Error (FileSystem) when stdout did not take everything (disk full, closed).
    void finish();

private:
    OutputOptions m_options;
    bool m_isLive;
    bool m_hasStatus = false;
};

} // namespace lora::app
