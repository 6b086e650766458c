#include "core/base/error.h"
#include "core/io/json_text.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace lora::test {
namespace {

/// {"a": {"k0": {}, "k1": {}, …}}
std::string manyObjects(int count)
{
    std::string text = R"({"a": {)";
    for (int i = 0; i < count; ++i)
        text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\": {}";
    return text + "}}";
}

TEST(JsonText, LimitsHoldWhereverTheyAreReached)
{
    expectError(ErrorKind::BadInput, "f: nested deeper than 3 levels",
                [] { parseJson(R"({"a": [[[1]]]})", "f", {.maxDepth = 3}); });
    EXPECT_EQ(parseJson(R"({"a": [[1]]})", "f", {.maxDepth = 3})["a"][0][0], 1);
    expectError(ErrorKind::BadInput, "\"b\" appears twice",
                [] { parseJson(R"([{"b": 1}, {"b": 1, "c": {"b": 2}, "b": 3}])", "f"); });
    EXPECT_EQ(parseJson(R"({"b": 1, "b": 2})", "f", {.duplicateKeysAreRefused = false})["b"], 2);
}

TEST(JsonText, FaultsAreSaidInPlainWords)
{
    expectError(ErrorKind::BadInput, "f: not valid JSON at line 2, column 6",
                [] { parseJson("{\n \"a }", "f", {}); });
    expectError(ErrorKind::BadInput, "f: not valid JSON (number overflow",
                [] { parseJson(R"({"a": 1e999})", "f"); });
    expectError(ErrorKind::BadInput, "f: not valid JSON", [] { parseJson("{} {}", "f"); });
}

TEST(JsonText, ManyObjectsInOneTakeTimeInTheirNumber)
{
    constexpr int count = 300000; // minutes, if each were compared with all before it
    EXPECT_EQ(parseJson(manyObjects(count), "f")["a"].size(), static_cast<std::size_t>(count));
}

TEST(JsonText, AMemberOfManyObjectsIsRefusedAtOnce)
{
    expectError(ErrorKind::BadInput, "\"a\": more than 8 objects", [] {
        forEachJsonMember(manyObjects(300000), "f", 8, [](const std::string&, const nlohmann::json&) {});
    });
}

} // namespace
} // namespace lora::test
