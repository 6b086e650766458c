#include "app/cli/console.h"

#include "core/base/display_text.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

namespace lora::app {

namespace {

constexpr std::size_t usualColumns = 80;

void write(std::FILE* stream, std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stream);
}

std::string jsonText(const nlohmann::ordered_json& value)
{
    // Paths and names need not be UTF-8; a document with a replacement character beats none.
    return value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Messages may have several lines; what they quote from files may not.
std::string printableLines(const std::string& text)
{
    std::istringstream lines(text);
    std::string out;
    for (std::string line; std::getline(lines, line);)
        out += printable(line) + "\n";
    return out;
}

} // namespace

Console::Console(const OutputOptions& options)
    : m_options(options)
    , m_isLive(!options.isQuiet && ::isatty(STDERR_FILENO))
{}

Console::~Console()
{
    clearStatus();
}

std::size_t Console::columns() const
{
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return usualColumns;
}

void Console::print(std::string_view text)
{
    if (m_options.isJson)
        return;
    clearStatus();
    write(stdout, text);
}

void Console::document(const nlohmann::ordered_json& value)
{
    if (!m_options.isJson)
        return;
    clearStatus();
    write(stdout, jsonText(value));
}

void Console::log(std::string_view line)
{
    if (!m_options.isQuiet)
        warn(line);
}

void Console::warn(std::string_view line)
{
    clearStatus();
    write(stderr, printable(line) + "\n");
}

void Console::status(const std::string& line)
{
    if (!m_isLive)
        return;
    // One column is left free: a cursor behind the last column wraps on some terminals.
    write(stderr, "\r" + fitted(line, columns() - 1) + "\x1b[K");
    std::fflush(stderr);
    m_hasStatus = true;
}

void Console::clearStatus()
{
    if (m_hasStatus)
        write(stderr, "\r\x1b[K");
    m_hasStatus = false;
}

void Console::error(const Error& error)
{
    clearStatus();
    write(stderr, printableLines(std::string("error: ") + error.what()));
    if (!error.hint().empty())
        write(stderr, printableLines("hint: " + error.hint()));
    document({{"error", {{"kind", toString(error.kind())}, {"what", error.what()}, {"hint", error.hint()}}}});
}

void Console::finish()
{
    if (std::fflush(stdout) == 0 && !std::ferror(stdout))
        return;
    throw Error(ErrorKind::FileSystem,
                std::string("cannot write the results to standard output: ") + std::strerror(errno),
                "Free some space, or send the output to another file.");
}

} // namespace lora::app
