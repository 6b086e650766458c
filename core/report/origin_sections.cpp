// Where the numbers come from: data, settings, exports, machine, and how to make them again.
#include "core/base/quantity_text.h"
#include "core/base/shell_text.h"
#include "core/report/report_sections.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

std::string orDash(const std::string& text)
{
    return text.empty() ? "–" : text;
}

std::string labelCounts(const DataFacts& data)
{
    constexpr std::size_t maxShown = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(maxShown, data.labels.size()); ++i)
        text += fmt::format("{}{} {}", i > 0 ? ", " : "", data.labels[i].first, data.labels[i].second);
    if (data.labels.size() > maxShown)
        text += fmt::format(" and {} more labels", data.labels.size() - maxShown);
    return orDash(text);
}

/// Whether some run was made from this file when it was another.
bool hasChanged(const ReportModel& report, const DataFacts& data)
{
    for (std::size_t i = 0; i < report.facts.size(); ++i) {
        const DataConfig& config = report.runs[i]->experiment.data;
        const bool isTraining = data.use == "training";
        const std::string& source = isTraining ? config.train : config.eval.value_or("");
        const RunHashes& hashes = report.facts[i].hashes;
        const std::string& recorded = isTraining ? hashes.train : hashes.eval;
        if (source == data.source && !recorded.empty() && !data.hash.empty() && recorded != data.hash)
            return true;
    }
    return false;
}

ReportTable dataTable(const ReportModel& report)
{
    ReportTable table{
        fmt::format("Rows as the model sees them (windows of a passage count each), for {}.", report.costOf),
        {{"Use", true},
         {"Source", true},
         {"Rows"},
         {"Tokens"},
         {"Rows by label", true},
         {"Hash of the file", true}},
        {}};
    for (const DataFacts& data : report.data)
        table.rows.push_back(
            {data.use, data.source, std::to_string(data.rows), countText(static_cast<double>(data.tokens)),
             labelCounts(data),
             orDash(data.hash) + (hasChanged(report, data) ? " (not what the runs were made from)" : "")});
    return table;
}

/// Hashes as the runs recorded them when they began.
ReportTable recordedTable(const ReportModel& report)
{
    ReportTable table{"Hashes as the runs recorded them when they began (64 bits, to recognise files by).",
                      {{"Model", true},
                       {"Model's weights", true},
                       {"Training data", true},
                       {"Hash", true},
                       {"Evaluation data", true},
                       {"Hash", true},
                       {"Runs"}},
                      {}};
    std::vector<std::vector<std::string>> keys;
    std::vector<int> counts;
    for (std::size_t i = 0; i < report.facts.size(); ++i) {
        const ExperimentConfig& experiment = report.runs[i]->experiment;
        const RunHashes& hashes = report.facts[i].hashes;
        const std::string held =
            !hashes.eval.empty() && hashes.eval != hashes.train
                ? "as the data set brings it"
                : fmt::format("{} of the training rows held out", percentText(experiment.data.evalSplit));
        const std::vector<std::string> key = {experiment.model,
                                              orDash(hashes.model),
                                              experiment.data.train,
                                              orDash(hashes.train),
                                              experiment.data.eval.value_or(held),
                                              orDash(hashes.eval)};
        const auto found = std::ranges::find(keys, key);
        if (found == keys.end()) {
            keys.push_back(key);
            counts.push_back(1);
        } else {
            ++counts[static_cast<std::size_t>(found - keys.begin())];
        }
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        table.rows.push_back(keys[i]);
        table.rows.back().push_back(std::to_string(counts[i]));
    }
    return table;
}

/// Full fine-tuning has no rank: that it lacks what others have is no difference.
bool areDifferent(const DifferingSetting& setting)
{
    std::set<std::string> values(setting.values.begin(), setting.values.end());
    values.erase("–");
    return values.size() > 1;
}

ReportTable turned(const ReportTable& table)
{
    ReportTable out{table.caption, {{"Setting", true}}, {}};
    for (const auto& cells : table.rows)
        out.columns.push_back({cells.front(), true});
    for (std::size_t i = 1; i < table.columns.size(); ++i) {
        std::vector<std::string>& row = out.rows.emplace_back();
        row.push_back(table.columns[i].name);
        for (const auto& cells : table.rows)
            row.push_back(cells[i]);
    }
    return out;
}

ReportCode commands(const ReportModel& report)
{
    std::string text;
    std::string runs;
    for (const auto& run : report.runs) {
        text += fmt::format("lora-workbench-cli train {} --out {}\n", shellWord(run->id + "/experiment.json"),
                            shellWord(run->id + "-again"));
        runs += " " + shellWord(run->id);
    }
    text += fmt::format("lora-workbench-cli compare{}\n", runs);
    return {"In the folder that holds the runs",
            text + fmt::format("lora-workbench-cli report{} --out report.html\n", runs)};
}

} // namespace

ReportSection differenceSection(const RunComparison& comparison)
{
    std::vector<const DifferingSetting*> settings;
    for (const DifferingSetting& setting : comparison.differing)
        if (areDifferent(setting))
            settings.push_back(&setting);
    if (settings.empty() || comparison.rows.size() < 2)
        return {};
    ReportTable table{"Every setting that is not the same in all runs that have it; the rest is in the "
                      "configurations below.",
                      {{"Run", true}},
                      {}};
    for (const DifferingSetting* setting : settings)
        table.columns.push_back({setting->key, true});
    for (std::size_t row = 0; row < comparison.rows.size(); ++row) {
        std::vector<std::string>& cells = table.rows.emplace_back();
        cells.push_back(comparison.rows[row].name);
        for (const DifferingSetting* setting : settings)
            cells.push_back(setting->values[row]);
    }
    // The longer side goes down the page.
    return {"Settings that differ",
            {settings.size() > comparison.rows.size() ? turned(table) : std::move(table)}};
}

ReportSection dataSection(const ReportModel& report)
{
    ReportSection section{"Data", {}};
    if (!report.data.empty())
        section.blocks.push_back(dataTable(report));
    if (!report.facts.empty())
        section.blocks.push_back(recordedTable(report));
    return section;
}

ReportSection exportSection(const ReportModel& report)
{
    ReportTable table{"Each export was read back from its files on a freshly loaded base model and compared "
                      "with the trained model in memory: the largest difference of a logit over the rows.",
                      {{"Run", true},
                       {"Export", true},
                       {"Format", true},
                       {"Size"},
                       {"Rows compared"},
                       {"Largest difference"},
                       {"Hash of the weights", true}},
                      {}};
    for (std::size_t i = 0; i < report.facts.size(); ++i)
        for (const RecordedExport& entry : report.facts[i].exports) {
            const ExportCertificate& certificate = entry.certificate;
            // Where on this machine a copy lies is nobody else's business.
            const bool isInside = certificate.path.is_relative();
            table.rows.push_back(
                {nameOf(*report.runs[i]),
                 (isInside ? certificate.path : certificate.path.filename()).string(), certificate.format,
                 bytesText(static_cast<double>(certificate.bytes)), std::to_string(certificate.rows),
                 significantText(certificate.maxAbsLogitDifference), orDash(certificate.hash)});
        }
    if (!table.rows.empty())
        return {"Exports and the check they passed", {std::move(table)}};
    if (report.facts.empty())
        return {};
    return {"Exports and the check they passed",
            {ReportText{"None of these runs has recorded an export that was read back."}}};
}

ReportSection originSection(const ReportModel& report)
{
    ReportTable table{
        "",
        {{"Run", true}, {"Started (UTC)", true}, {"Machine", true}, {"Version", true}, {"Seed"}, {"Threads"}},
        {}};
    for (const auto& run : report.runs) {
        const TrainingConfig& training = run->experiment.training;
        table.rows.push_back({nameOf(*run), orDash(run->summary.startedAt), orDash(run->summary.host),
                              orDash(run->summary.version), std::to_string(training.seed),
                              training.threads > 0 ? std::to_string(training.threads) : "all"});
    }
    return {"Machine, versions, and how to make it again", {std::move(table), commands(report)}};
}

ReportSection configurationSection(const ReportModel& report)
{
    ReportSection section{"Configurations in full", {}};
    for (const auto& run : report.runs)
        section.blocks.push_back(ReportCode{
            nameOf(*run),
            toJson(run->experiment).dump(2, ' ', false, nlohmann::json::error_handler_t::replace), true});
    return section;
}

} // namespace lora
