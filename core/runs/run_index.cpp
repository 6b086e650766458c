#include "core/runs/run_index.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"

#include <set>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

constexpr int schemaVersion = 1;
constexpr int busyMilliseconds = 5000;

constexpr const char* createTable =
    "CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, id TEXT, name TEXT, model TEXT, data TEXT, "
    "method TEXT,"
    " started_at TEXT, outcome TEXT, steps INTEGER, metric TEXT, metric_value REAL)";
constexpr const char* selectAll =
    "SELECT folder, id, name, model, data, method, started_at, outcome, steps, metric, metric_value FROM runs"
    " ORDER BY started_at DESC, folder DESC";
constexpr const char* insertRow = "INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

/// Errors that mean "this is not (or no longer) a database of ours", as opposed to a full disk or a missing
/// right.
bool isDamage(int code)
{
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_MISMATCH;
}

fs::path normalized(const fs::path& folder)
{
    std::error_code error;
    fs::path path = fs::weakly_canonical(fs::absolute(folder), error);
    return path.has_filename() ? path : path.parent_path();
}

RunIndexEntry entryOfRow(SQLite::Statement& row)
{
    RunIndexEntry entry;
    entry.folder = row.getColumn(0).getString();
    entry.id = row.getColumn(1).getString();
    entry.name = row.getColumn(2).getString();
    entry.model = row.getColumn(3).getString();
    entry.data = row.getColumn(4).getString();
    entry.method = row.getColumn(5).getString();
    entry.startedAt = row.getColumn(6).getString();
    entry.outcome = row.getColumn(7).getString();
    entry.steps = row.getColumn(8).getInt64();
    entry.metric = row.getColumn(9).getString();
    entry.metricValue = row.getColumn(10).getDouble();
    return entry;
}

} // namespace

class RunIndex::Database
{
public:
    explicit Database(const fs::path& file)
        : m_database(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, busyMilliseconds)
    {
        // Waiting for the disk buys nothing for a file that can be made anew.
        m_database.exec("PRAGMA synchronous = OFF");
        const int version = m_database.execAndGet("PRAGMA user_version").getInt();
        if (version != schemaVersion)
            m_database.exec("DROP TABLE IF EXISTS runs");
        m_database.exec(createTable);
        m_database.exec(fmt::format("PRAGMA user_version = {}", schemaVersion));
    }

    std::vector<RunIndexEntry> entries()
    {
        std::vector<RunIndexEntry> entries;
        SQLite::Statement query(m_database, selectAll);
        while (query.executeStep())
            entries.push_back(entryOfRow(query));
        return entries;
    }

    void put(const RunIndexEntry& entry)
    {
        SQLite::Statement insert(m_database, insertRow);
        int column = 0;
        for (const std::string& text : {entry.folder.string(), entry.id, entry.name, entry.model, entry.data,
                                        entry.method, entry.startedAt, entry.outcome})
            insert.bind(++column, text);
        insert.bind(++column, entry.steps);
        insert.bind(++column, entry.metric);
        insert.bind(++column, entry.metricValue);
        insert.exec();
    }

    /// A damaged run is not worth refusing the list of the others; opening it tells what is wrong.
    void putReadable(const fs::path& folder)
    {
        try {
            put(indexEntryOf(*readRun(folder)));
        } catch (const Error&) {
        }
    }

    void remove(const fs::path& folder)
    {
        SQLite::Statement statement(m_database, "DELETE FROM runs WHERE folder = ?");
        statement.bind(1, folder.string());
        statement.exec();
    }

    void clear() { m_database.exec("DELETE FROM runs"); }

private:
    SQLite::Database m_database;
};

void RunIndex::open()
{
    if (!m_database)
        m_database = std::make_unique<Database>(m_file);
}

template <class Action>
auto RunIndex::repaired(Action action)
{
    const auto failure = [&](const SQLite::Exception& error) {
        return Error(ErrorKind::FileSystem,
                     fmt::format("cannot use the run index {}: {}", m_file.string(), error.what()),
                     "The index is only a cache of the run folders: check that its folder can be written, or "
                     "delete it.");
    };
    try {
        open();
        return action();
    } catch (const SQLite::Exception& error) {
        if (!isDamage(error.getErrorCode()))
            throw failure(error);
    }
    // Nothing is lost: the folders are the truth.
    try {
        m_database.reset();
        for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
            std::error_code ignored;
            fs::remove(m_file.string() + suffix, ignored);
        }
        open();
        addUnlisted();
        return action();
    } catch (const SQLite::Exception& error) {
        throw failure(error);
    }
}

RunIndex::RunIndex()
    : RunIndex(dataHome() / "index.sqlite", {defaultRunsFolder()})
{}

RunIndex::RunIndex(fs::path file, std::vector<fs::path> runParents)
    : m_file(std::move(file))
    , m_runParents(std::move(runParents))
{
    if (m_file.has_parent_path())
        makeFolder(m_file.parent_path());
    repaired([] { return 0; });
}

RunIndex::~RunIndex() = default;

std::vector<RunIndexEntry> RunIndex::list()
{
    return repaired([&] {
        addUnlisted();
        std::vector<RunIndexEntry> entries = m_database->entries();
        std::erase_if(entries, [&](const RunIndexEntry& entry) {
            if (holdsRun(entry.folder))
                return false;
            m_database->remove(entry.folder);
            return true;
        });
        return entries;
    });
}

void RunIndex::addUnlisted()
{
    std::set<fs::path> known;
    for (const RunIndexEntry& entry : m_database->entries()) {
        known.insert(entry.folder);
        // A run that had not ended may have since.
        if (entry.outcome == "running" || entry.outcome == "interrupted")
            m_database->putReadable(entry.folder);
    }
    for (const fs::path& parent : m_runParents) {
        std::error_code ignored;
        for (const auto& child : fs::directory_iterator(parent, ignored)) {
            const fs::path folder = normalized(child.path());
            if (!holdsRun(folder) || known.contains(folder))
                continue;
            m_database->putReadable(folder);
        }
    }
}

void RunIndex::add(const fs::path& folder)
{
    const auto record = readRun(normalized(folder));
    repaired([&] {
        m_database->put(indexEntryOf(*record));
        return 0;
    });
}

void RunIndex::remove(const fs::path& folder)
{
    repaired([&] {
        m_database->remove(normalized(folder));
        return 0;
    });
}

void RunIndex::rebuild()
{
    repaired([&] {
        m_database->clear();
        addUnlisted();
        return 0;
    });
}

RunIndexEntry indexEntryOf(const RunRecord& record)
{
    RunIndexEntry entry;
    entry.folder = normalized(record.folder);
    entry.id = record.id;
    entry.name = record.experiment.name;
    entry.model = record.experiment.model;
    entry.data = record.experiment.data.train;
    entry.method = toString(record.experiment.method.type);
    entry.startedAt = record.summary.startedAt;
    entry.outcome = record.summary.outcome;
    entry.steps = record.summary.steps;
    const auto value = record.summary.best.find(record.summary.primaryMetric);
    if (value != record.summary.best.end()) {
        entry.metric = value->first;
        entry.metricValue = value->second;
    }
    return entry;
}

} // namespace lora
