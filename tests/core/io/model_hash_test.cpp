#include "core/io/model_hash.h"

#include "core/io/atomic_file.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace lora::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t values = 3u << 19; // 6 MiB: worth remembering

/// A folder with one tensor, written long ago as far as the file's times tell.
void writeModel(const fs::path& folder, float last)
{
    std::vector<float> weights(values, 0.5f);
    weights.back() = last;
    writeSafetensors(folder / "model.safetensors",
                     {{"weight", {static_cast<std::int64_t>(values)}, weights}});
}

std::string hashOfFolder(const fs::path& folder, const fs::path& cache)
{
    return modelHash(openModelTensors(folder), cache);
}

/// Files in the cache; none when there is no folder.
std::vector<fs::path> remembered(const fs::path& cache)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(cache, error))
        files.push_back(entry.path());
    return files;
}

void waitUntilSettled()
{
    std::this_thread::sleep_for(std::chrono::milliseconds(2100));
}

TEST(ModelHash, DependsOnNamesAndBytesAlone)
{
    const TemporaryFolder first, second, cache;
    writeModel(first.path(), 1);
    writeModel(second.path(), 1);
    EXPECT_EQ(hashOfFolder(first.path(), cache.path()), hashOfFolder(second.path(), cache.path()));
    writeModel(second.path(), 2);
    EXPECT_NE(hashOfFolder(first.path(), cache.path()), hashOfFolder(second.path(), cache.path()));
}

TEST(ModelHash, AFileWrittenJustNowIsNotRemembered)
{
    const TemporaryFolder model, cache;
    writeModel(model.path(), 1);
    hashOfFolder(model.path(), cache.path());
    EXPECT_TRUE(remembered(cache.path()).empty());
}

TEST(ModelHash, ARememberedHashIsUsedUntilTheFileChanges)
{
    const TemporaryFolder model, cache;
    writeModel(model.path(), 1);
    const std::string whole = hashOfFolder(model.path(), cache.path());
    waitUntilSettled();
    EXPECT_EQ(hashOfFolder(model.path(), cache.path()), whole);
    ASSERT_EQ(remembered(cache.path()).size(), 1u);

    // What stands in the cache is believed: so the file itself was not read.
    const fs::path entry = remembered(cache.path()).front();
    std::string text = readFile(entry);
    const std::string marked = "0123456789abcdef";
    text.replace(text.size() - marked.size(), marked.size(), marked);
    writeFileAtomically(entry, text);
    EXPECT_EQ(hashOfFolder(model.path(), cache.path()), marked);

    // Same size, other bytes.
    writeModel(model.path(), 2);
    const std::string changed = hashOfFolder(model.path(), cache.path());
    EXPECT_NE(changed, marked);
    EXPECT_NE(changed, whole);
}

TEST(ModelHash, ADamagedOrUnwritableCacheOnlyCostsTime)
{
    const TemporaryFolder model, cache;
    writeModel(model.path(), 1);
    const std::string whole = hashOfFolder(model.path(), cache.path());
    waitUntilSettled();
    hashOfFolder(model.path(), cache.path());
    ASSERT_EQ(remembered(cache.path()).size(), 1u);
    const fs::path entry = remembered(cache.path()).front();
    const std::string text = readFile(entry);
    for (const std::string& damaged :
         {std::string(), text.substr(0, text.size() - 1), text + "0", std::string(5u << 20, 'x'),
          text.substr(0, text.size() - 16) + "no hexadecimals!"}) {
        writeFileAtomically(entry, damaged);
        EXPECT_EQ(hashOfFolder(model.path(), cache.path()), whole);
    }
    model.write("file", "");
    EXPECT_EQ(hashOfFolder(model.path(), model.path() / "file"), whole);
}

} // namespace
} // namespace lora::test
