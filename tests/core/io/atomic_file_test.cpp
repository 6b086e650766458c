#include "core/io/atomic_file.h"

#include "core/base/error.h"
#include "core/io/mapped_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include <csignal>

#include <sys/resource.h>
#include <sys/stat.h>

namespace lora {
namespace {

namespace fs = std::filesystem;
using test::expectError;
using test::TemporaryFolder;

std::size_t entriesOf(const fs::path& folder)
{
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(AtomicFile, CommitReplacesTheFileAndLeavesNothingElse)
{
    const TemporaryFolder folder;
    writeFileAtomically(folder / "a", "one");
    writeFileAtomically(folder / "a", "two");
    EXPECT_EQ(readFile(folder / "a"), "two");
    EXPECT_EQ(entriesOf(folder.path()), 1u);
}

TEST(AtomicFile, WithoutCommitTheOldFileStays)
{
    const TemporaryFolder folder;
    writeFileAtomically(folder / "a", "one");
    {
        AtomicFile file(folder / "a");
        file.write("two");
    }
    EXPECT_EQ(readFile(folder / "a"), "one");
    EXPECT_EQ(entriesOf(folder.path()), 1u);
}

TEST(AtomicFile, UnwritablePlacesAreNamed)
{
    const TemporaryFolder folder;
    folder.write("file", "x");
    expectError(ErrorKind::FileSystem, "absent/a", [&] { writeFileAtomically(folder / "absent/a", "x"); });
    expectError(ErrorKind::FileSystem, "Not a directory",
                [&] { writeFileAtomically(folder / "file/a", "x"); });
    expectError(ErrorKind::FileSystem, "Is a directory", [&] { writeFileAtomically(folder.path(), "x"); });
    expectError(ErrorKind::FileSystem, "Not a directory", [&] { makeFolder(folder / "file/a"); });
    expectError(ErrorKind::FileSystem, "Not a directory", [&] { makeFolder(folder / "file"); });
}

TEST(AtomicFile, ALinkInALoopIsReplacedAndTooLongANameIsNamed)
{
    const TemporaryFolder folder;
    fs::create_symlink("loop", folder / "loop");
    writeFileAtomically(folder / "loop", "one");
    EXPECT_EQ(readFile(folder / "loop"), "one");
    expectError(ErrorKind::FileSystem, "too long",
                [&] { writeFileAtomically(folder / std::string(300, 'x'), "one"); });
}

TEST(AtomicFile, AWriteThatCannotBeFinishedLeavesTheOldFile)
{
    const TemporaryFolder folder;
    writeFileAtomically(folder / "a", "one");
    rlimit before = {};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit small = {1000, before.rlim_max};
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    expectError(ErrorKind::FileSystem, "cannot write",
                [&] { writeFileAtomically(folder / "a", std::string(5000, 'x')); });
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    EXPECT_EQ(readFile(folder / "a"), "one");
    EXPECT_EQ(entriesOf(folder.path()), 1u);
}

TEST(ReadFile, LimitsAndUnusualFilesAreRefused)
{
    const TemporaryFolder folder;
    folder.write("a", "12345");
    EXPECT_EQ(readFile(folder / "a", 5), "12345");
    expectError(ErrorKind::FileSystem, "at most 4", [&] { readFile(folder / "a", 4); });
    expectError(ErrorKind::FileSystem, "No such file", [&] { readFile(folder / "b"); });
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    expectError(ErrorKind::FileSystem, "not a regular file", [&] { readFile(folder / "pipe"); });
    expectError(ErrorKind::FileSystem, "not a regular file", [&] { MappedFile::open("/dev/zero"); });
}

TEST(AtomicFolder, IsWholeOrNotThere)
{
    const TemporaryFolder folder;
    const auto failing = [](const fs::path& temporary) {
        writeFileAtomically(temporary / "a", "half");
        throw Error(ErrorKind::BadInput, "stopped");
    };
    expectError(ErrorKind::BadInput, "stopped", [&] { writeFolderAtomically(folder / "out", failing); });
    EXPECT_EQ(entriesOf(folder.path()), 0u);
    writeFolderAtomically(folder / "deep/out/", [](const fs::path& t) { writeFileAtomically(t / "a", "1"); });
    EXPECT_EQ(readFile(folder / "deep/out/a"), "1");
    expectError(ErrorKind::BadInput, "stopped", [&] { writeFolderAtomically(folder / "deep/out", failing); });
    EXPECT_EQ(readFile(folder / "deep/out/a"), "1");
    EXPECT_EQ(entriesOf(folder / "deep"), 1u);
}

TEST(AtomicFolder, ReplacesAFolderWithTheSameFiles)
{
    const TemporaryFolder folder;
    for (const char* text : {"1", "2"})
        writeFolderAtomically(folder / "out", [&](const fs::path& t) { writeFileAtomically(t / "a", text); });
    EXPECT_EQ(readFile(folder / "out/a"), "2");
    EXPECT_EQ(entriesOf(folder.path()), 1u);
}

TEST(AtomicFolder, FilesOfTheUserAreNotLost)
{
    const TemporaryFolder folder;
    makeFolder(folder / "documents");
    writeFileAtomically(folder / "documents/thesis", "years");
    const auto fill = [](const fs::path& t) { writeFileAtomically(t / "a", "1"); };
    expectError(ErrorKind::FileSystem, "thesis", [&] { writeFolderAtomically(folder / "documents", fill); });
    EXPECT_EQ(readFile(folder / "documents/thesis"), "years");
    EXPECT_EQ(entriesOf(folder.path()), 1u);
    writeFolderAtomically(folder / "documents", fill, OtherFiles::Drop);
    EXPECT_EQ(entriesOf(folder / "documents"), 1u);
    expectError(ErrorKind::FileSystem, "Not a directory",
                [&] { writeFolderAtomically(folder / "documents/a", fill); });
}

TEST(HashOf, AgreesWithPublishedXxh64Values)
{
    const auto hash = [](std::string_view text) { return hashOf(std::as_bytes(std::span(text))); };
    EXPECT_EQ(hash(""), "ef46db3751d8e999");
    EXPECT_EQ(hash("a"), "d24ec4f1a98c6e5b");
    EXPECT_EQ(hash("abc"), "44bc2cf5ad770999");
    EXPECT_EQ(hash("Nobody inspects the spammish repetition"), "fbcea83c8a378bf1");
}

} // namespace
} // namespace lora
