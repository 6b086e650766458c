#pragma once

#include <stdexcept>
#include <string>

namespace lora {

/// What kind of trouble ended an operation; decides the exit code and the colour of a message.
enum class ErrorKind {
    BadUsage,    ///< the command or configuration is wrong
    BadInput,    ///< a file, model or data row is not what it should be
    Unsupported, ///< well-formed, but something this program does not do
    FileSystem,  ///< reading or writing failed: missing, unwritable, disk full
    Internal     ///< a fault of this program
};

/// "bad_usage", "bad_input", "unsupported", "file_system", "internal"; the `kind` of error documents.
const char* toString(ErrorKind kind);

/// The only exception this project throws. `what()` names what was expected and what was found, with file and
/// line of the data where there is one; `hint()` says what to do next.
class Error : public std::runtime_error
{
public:
    Error(ErrorKind kind, const std::string& what, std::string hint = {});

    ErrorKind kind() const { return m_kind; }
    const std::string& hint() const { return m_hint; }

private:
    ErrorKind m_kind;
    std::string m_hint;
};

/// 2 for bad usage, bad input, unsupported input and file trouble; 1 for faults of this program.
int exitCode(ErrorKind kind);

} // namespace lora
