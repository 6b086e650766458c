#include "core/sweep/sweep_folder.h"

#include "core/base/error.h"
#include "core/config/object_reader.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/runs/run_files.h"
#include "core/runs/run_reader.h"

#include <algorithm>
#include <ctime>
#include <functional>
#include <set>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int formatVersion = 1;
constexpr std::uintmax_t largestFile = 16u << 20;

/// "r=4 query,value top-half" -> "r4-query-value-top-half".
std::string slugOf(const std::string& label)
{
    constexpr std::size_t longest = 60;
    std::string slug;
    for (const char c : label) {
        if (std::isalnum(static_cast<unsigned char>(c)))
            slug += c;
        else if (c != '=' && !slug.empty() && slug.back() != '-')
            slug += '-';
    }
    slug = slug.substr(0, longest);
    slug.erase(slug.find_last_not_of('-') + 1);
    return slug;
}

/// Names that nothing in `parent` and nothing in `taken` has.
std::string freeName(const fs::path& parent, const std::string& stem, const std::set<std::string>& taken)
{
    std::error_code ignored;
    std::string name = stem;
    for (int copy = 2; taken.contains(name) || fs::exists(parent / name, ignored); ++copy)
        name = fmt::format("{}-{}", stem, copy);
    return name;
}

std::string textOf(const Sweep& sweep)
{
    Json document = {{"version", formatVersion},
                     {"name", sweep.plan.name},
                     {"data", {{"train", sweep.data.train}, {"eval", sweep.data.eval}}},
                     {"runs", Json::array()}};
    for (std::size_t i = 0; i < sweep.plan.runs.size(); ++i) {
        const PlannedRun& run = sweep.plan.runs[i];
        document["runs"].push_back({{"folder", sweep.runNames[i]},
                                    {"label", run.label},
                                    {"lowest_layer", run.lowestLayer},
                                    {"experiment", toJson(run.experiment)}});
    }
    return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// A name and nothing that leads elsewhere.
bool isFolderName(const std::string& name)
{
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

void readRun(const nlohmann::json& value, const std::string& path, Sweep& sweep, ConfigIssues& issues)
{
    ObjectReader reader(value, path, issues);
    PlannedRun& run = sweep.plan.runs.emplace_back();
    std::string& name = sweep.runNames.emplace_back();
    reader.read("folder", name);
    reader.read("label", run.label);
    reader.read("lowest_layer", run.lowestLayer);
    if (const nlohmann::json* experiment = reader.take("experiment"))
        run.experiment = experimentFromJson(*experiment, sweep.folder, issues);
    else
        reader.report(reader.pathOf("experiment"), "is missing");
    if (!isFolderName(name) || std::ranges::count(sweep.runNames, name) > 1)
        reader.report(reader.pathOf("folder"),
                      fmt::format("found \"{}\"; allowed: the name of a folder, once", name));
    reader.finish({});
}

void readDocument(const nlohmann::json& document, Sweep& sweep, ConfigIssues& issues)
{
    ObjectReader reader(document, "", issues);
    int version = 0;
    reader.read("version", version);
    reader.read("name", sweep.plan.name);
    if (const nlohmann::json* data = reader.take("data")) {
        ObjectReader hashes(*data, "data", issues);
        hashes.read("train", sweep.data.train);
        hashes.read("eval", sweep.data.eval);
        hashes.finish({});
    }
    const nlohmann::json* runs = reader.take("runs");
    if (version != formatVersion)
        return reader.report("version",
                             fmt::format("found {}; this program reads {}", version, formatVersion));
    if (!runs || !runs->is_array() || runs->empty() || runs->size() > mostPlannedRuns)
        return reader.report("runs", fmt::format("expected a list of 1 to {} runs", mostPlannedRuns));
    for (std::size_t i = 0; i < runs->size(); ++i)
        readRun((*runs)[i], fmt::format("runs[{}]", i), sweep, issues);
    reader.finish({});
}

[[noreturn]] void refuse(const fs::path& file, const std::string& why)
{
    throw Error(ErrorKind::BadInput, fmt::format("{}: {}", file.string(), why),
                "The file was changed since it was written; begin the sweep anew.");
}

nlohmann::json parsed(const fs::path& file)
{
    const std::string text = readFile(file, largestFile);
    try {
        return parseJson(text, file.string(), {.maxDepth = 32, .duplicateKeysAreRefused = false});
    } catch (const Error&) {
        refuse(file, "not valid JSON");
    }
}

} // namespace

Sweep createSweep(const fs::path& parent, const SweepPlan& plan, const SweepData& data)
{
    const fs::path root = fs::absolute(parent).lexically_normal();
    const std::string stamp = fmt::format("{:%Y%m%d-%H%M%S}", fmt::localtime(std::time(nullptr)));
    const std::string slug = slugOf(plan.name);
    const std::string name = slug.empty() ? "" : "-" + slug;
    Sweep sweep{root / freeName(root, stamp + "-sweep" + name, {}), plan, {}, data};
    std::set<std::string> taken;
    for (const PlannedRun& run : plan.runs) {
        const std::string folder = freeName(root, stamp + name + "-" + slugOf(run.label), taken);
        taken.insert(folder);
        sweep.runNames.push_back(folder);
    }
    makeFolder(sweep.folder);
    writeFileAtomically(sweep.folder / sweepFile, textOf(sweep));
    return sweep;
}

Sweep openSweep(const fs::path& folder)
{
    Sweep sweep;
    sweep.folder = fs::absolute(folder).lexically_normal();
    if (!sweep.folder.has_filename()) // "sweep/"
        sweep.folder = sweep.folder.parent_path();
    const fs::path file = sweep.folder / sweepFile;
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored))
        throw Error(ErrorKind::BadUsage, fmt::format("{} holds no {}", folder.string(), sweepFile),
                    "Give the folder of a sweep; its name has -sweep- in it.");
    ConfigIssues issues;
    readDocument(parsed(file), sweep, issues);
    for (const ConfigIssue& issue : issues)
        if (issue.severity == Severity::Error)
            refuse(file, fmt::format("{}: {}", issue.field, issue.text));
    return sweep;
}

std::vector<Sweep> sweepsIn(const fs::path& parent)
{
    std::vector<fs::path> folders;
    std::error_code error;
    for (fs::directory_iterator entry(parent, error), end; !error && entry != end; entry.increment(error))
        if (std::error_code ignored; fs::is_regular_file(entry->path() / sweepFile, ignored))
            folders.push_back(entry->path());
    std::ranges::sort(folders, std::greater()); // names begin with the time
    std::vector<Sweep> sweeps;
    for (const fs::path& folder : folders) {
        try {
            sweeps.push_back(openSweep(folder));
        } catch (const Error&) { // of another version, or damaged: nothing to go on with
        }
    }
    return sweeps;
}

PlannedRunState stateOf(const Sweep& sweep, std::size_t run)
{
    const fs::path folder = sweep.runFolder(run);
    if (!holdsRun(folder))
        return PlannedRunState::Waiting;
    const std::string outcome = readSummary(folder).outcome;
    const bool isDone = outcome == toString(RunStatus::Completed) || outcome == toString(RunStatus::Diverged);
    return isDone ? PlannedRunState::Done : PlannedRunState::Begun;
}

std::vector<std::size_t> runsLeft(const Sweep& sweep)
{
    std::vector<std::size_t> left;
    for (std::size_t run = 0; run < sweep.plan.runs.size(); ++run)
        if (stateOf(sweep, run) != PlannedRunState::Done)
            left.push_back(run);
    return left;
}

} // namespace lora
