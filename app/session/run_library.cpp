#include "app/session/run_library.h"

#include "core/runs/run_files.h"
#include "core/runs/run_index.h"
#include "core/runs/run_reader.h"

namespace lora::app {

namespace fs = std::filesystem;

using Runs = std::vector<std::shared_ptr<const RunRecord>>;

/// The index and the records read so far.
class RunLibrary::Shelf
{
public:
    Shelf(fs::path indexFile, fs::path runsFolder)
        : m_indexFile(std::move(indexFile))
        , m_runsFolder(std::move(runsFolder))
    {}

    Runs read()
    {
        RunIndex index(m_indexFile, {m_runsFolder});
        Runs runs;
        std::map<fs::path, Entry> kept;
        for (const RunIndexEntry& listed : index.list()) {
            try {
                const Entry entry = entryFor(listed.folder);
                kept[listed.folder] = entry;
                runs.push_back(entry.record);
            } catch (const Error&) {
                // Damaged since it was listed: the others are still worth showing.
            }
        }
        m_entries = std::move(kept);
        return runs;
    }

private:
    struct Entry
    {
        std::vector<fs::file_time_type> times;
        std::shared_ptr<const RunRecord> record;
    };

    static std::vector<fs::file_time_type> timesOf(const fs::path& folder)
    {
        std::vector<fs::file_time_type> times;
        for (const char* name : {run_files::experiment, run_files::metrics, run_files::summary}) {
            std::error_code error;
            const auto time = fs::last_write_time(folder / name, error);
            times.push_back(error ? fs::file_time_type::min() : time);
        }
        return times;
    }

    Entry entryFor(const fs::path& folder) const
    {
        const auto times = timesOf(folder);
        const auto found = m_entries.find(folder);
        const bool hasEnded = found != m_entries.end() && found->second.record->summary.outcome != "running";
        return hasEnded && found->second.times == times ? found->second : Entry{times, readRun(folder)};
    }

    fs::path m_indexFile;
    fs::path m_runsFolder;
    std::map<fs::path, Entry> m_entries;
};

RunLibrary::RunLibrary(fs::path indexFile, fs::path runsFolder, QObject* parent)
    : QObject(parent)
    , m_shelf(std::make_shared<Shelf>(std::move(indexFile), std::move(runsFolder)))
{}

void RunLibrary::refresh()
{
    m_lane.post<Runs>([shelf = m_shelf] { return shelf->read(); },
                      [this](const Runs& runs) { emit loaded(runs); },
                      [this](const QString& what, const QString& hint) { emit failed(what, hint); });
}

} // namespace lora::app
