#pragma once

#include "core/runs/run_record.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lora {

/// One line of the list of runs.
struct RunIndexEntry
{
    std::filesystem::path folder; ///< absolute
    std::string id;
    std::string name;
    std::string model;
    std::string data;
    std::string method;
    std::string startedAt;
    std::string outcome;
    std::int64_t steps = 0;
    std::string metric; ///< primary metric, empty while nothing was evaluated
    double metricValue = 0;

    bool operator==(const RunIndexEntry&) const = default;
};

/// The runs this user has made, wherever their folders are: an SQLite file that is a cache of the folders and
/// nothing more. A missing or damaged file is made anew from the folders inside `runParents`. Several
/// programs may use it at once. Throws lora::Error (FileSystem) when it cannot be written.
class RunIndex
{
public:
    /// The index of this user: dataHome()/index.sqlite over defaultRunsFolder().
    RunIndex();
    RunIndex(std::filesystem::path file, std::vector<std::filesystem::path> runParents);
    ~RunIndex();
    RunIndex(const RunIndex&) = delete;
    RunIndex& operator=(const RunIndex&) = delete;

    /// Newest first. Folders that are gone are forgotten; new ones in the parents are found.
    std::vector<RunIndexEntry> list();
    /// Adds a run or brings its line up to date; folders that cannot be read are refused with lora::Error.
    void add(const std::filesystem::path& folder);
    /// Forgets a run; its folder stays.
    void remove(const std::filesystem::path& folder);
    /// Empties the index and reads all runs of the parents again.
    void rebuild();

private:
    class Database;

    void open();
    void addUnlisted();
    /// Runs `action`; when the file turns out to be damaged, makes it anew and runs `action` again.
    template <class Action>
    auto repaired(Action action);

    std::filesystem::path m_file;
    std::vector<std::filesystem::path> m_runParents;
    std::unique_ptr<Database> m_database;
};

RunIndexEntry indexEntryOf(const RunRecord& record);

} // namespace lora
