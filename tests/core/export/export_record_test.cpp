#include "core/export/export_record.h"
#include "core/io/atomic_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

TEST(ExportRecord, GivesBackWhatWasRecordedOldestFirst)
{
    const test::TemporaryFolder folder;
    EXPECT_TRUE(readExports(folder.path()).empty());
    recordExport(folder.path(), {folder / "adapter", "peft", 1234, 2e-6, 16, "00112233aabbccdd"});
    recordExport(folder.path(), {"/elsewhere/copy", "peft", 99, 0, 8, "ff"});
    const auto entries = readExports(folder.path());
    ASSERT_EQ(entries.size(), 2u);
    EXPECT_EQ(entries[0].certificate.path, "adapter");
    EXPECT_EQ(entries[0].certificate.bytes, 1234);
    EXPECT_EQ(entries[0].certificate.maxAbsLogitDifference, 2e-6);
    EXPECT_EQ(entries[0].certificate.rows, 16);
    EXPECT_EQ(entries[0].certificate.hash, "00112233aabbccdd");
    EXPECT_FALSE(entries[0].version.empty());
    EXPECT_EQ(entries[1].certificate.path, "/elsewhere/copy");
}

TEST(ExportRecord, AnExportToTheSamePathReplacesTheEarlier)
{
    const test::TemporaryFolder folder;
    for (const std::int64_t bytes : {1, 2})
        recordExport(folder.path(), {folder / "adapter", "peft", bytes, 0, 16, "h"});
    const auto entries = readExports(folder.path());
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].certificate.bytes, 2);
}

TEST(ExportRecord, ADamagedFileIsRefusedAndReplacedByTheNextExport)
{
    const test::TemporaryFolder folder;
    for (const char* text : {"{", "[{\"path\": 7}]", "[3]", "{\"a\": 1}"}) {
        writeFileAtomically(folder / "exports.json", text);
        test::expectError(ErrorKind::BadInput, "exports.json", [&] { readExports(folder.path()); });
    }
    recordExport(folder.path(), {folder / "adapter", "peft", 1, 0, 16, "h"});
    EXPECT_EQ(readExports(folder.path()).size(), 1u);
}

} // namespace
} // namespace lora
