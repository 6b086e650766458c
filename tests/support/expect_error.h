#pragma once

#include "core/base/error.h"

#include <string>

#include <gtest/gtest.h>

namespace lora::test {

/// Runs `action`, which must throw lora::Error of `kind` with `part` somewhere in its text.
template <class Action>
void expectError(ErrorKind kind, const std::string& part, Action action)
{
    try {
        action();
    } catch (const Error& error) {
        EXPECT_STREQ(toString(error.kind()), toString(kind)) << error.what();
        EXPECT_NE(std::string(error.what()).find(part), std::string::npos)
            << "expected \"" << part << "\" in: " << error.what();
        return;
    }
    ADD_FAILURE() << "no error; expected one with \"" << part << '"';
}

} // namespace lora::test
