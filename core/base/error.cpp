#include "core/base/error.h"

#include <utility>

namespace lora {

const char* toString(ErrorKind kind)
{
    switch (kind) {
    case ErrorKind::BadUsage:
        return "bad_usage";
    case ErrorKind::BadInput:
        return "bad_input";
    case ErrorKind::Unsupported:
        return "unsupported";
    case ErrorKind::FileSystem:
        return "file_system";
    case ErrorKind::Internal:
        break;
    }
    return "internal";
}

Error::Error(ErrorKind kind, const std::string& what, std::string hint)
    : std::runtime_error(what)
    , m_kind(kind)
    , m_hint(std::move(hint))
{}

int exitCode(ErrorKind kind)
{
    return kind == ErrorKind::Internal ? 1 : 2;
}

} // namespace lora
