#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gtest/gtest.h>

namespace lora::test {

/// Folder with golden numbers, models and data sets for tests: LORA_WORKBENCH_ASSETS, else "shared" beside the source
/// tree. May not exist: use SKIP_WITHOUT_ASSETS.
inline std::filesystem::path assetsFolder()
{
    if (const char* folder = std::getenv("LORA_WORKBENCH_ASSETS"))
        return folder;
    return std::filesystem::path(LORA_WORKBENCH_SOURCE_DIR).parent_path() / "shared";
}

} // namespace lora::test

#define SKIP_WITHOUT_ASSETS()                                                                                          \
    if (!std::filesystem::exists(lora::test::assetsFolder()))                                                         \
    GTEST_SKIP() << "skipped: assets absent"
