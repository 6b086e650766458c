#include "core/base/json_fault.h"

#include <functional>

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

std::string faultOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const nlohmann::json::exception& exception) {
        return jsonFaultText(exception.what());
    }
    return {};
}

TEST(JsonFault, IsToldWithoutTheLibrarysCodes)
{
    EXPECT_EQ(faultOf([] { nlohmann::json::object().at("step"); }), "key 'step' not found");
    EXPECT_EQ(faultOf([] { nlohmann::json("three").get<int>(); }), "type must be number, but is string");
    EXPECT_TRUE(
        faultOf([] { nlohmann::json::parse("{\n]"); }).starts_with("parse error at line 2, column 1"));
}

TEST(JsonFault, OfAnyBytesIsShortValidText)
{
    const std::string fault = faultOf([] { nlohmann::json::parse("\"\xff" + std::string(5000, 'x')); });
    EXPECT_LT(fault.size(), 200u);
    EXPECT_NO_THROW(nlohmann::json(fault).dump());
    EXPECT_EQ(jsonFaultText("plain"), "plain");
    EXPECT_NO_THROW(nlohmann::json(jsonFaultText(std::string(119, 'a') + "\u00e9\u00e9")).dump());
}

} // namespace
} // namespace lora::test
