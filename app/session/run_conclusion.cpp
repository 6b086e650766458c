#include "app/session/run_conclusion.h"

#include "core/runs/run_statistics.h"

#include <QCoreApplication>

#include <algorithm>
#include <functional>

namespace lora::app {

namespace {

QString text(const char* source)
{
    return QCoreApplication::translate("RunConclusion", source);
}

/// Several seeds of one configuration and nothing to compare them with.
QString seedsSentence(const RunStatistics& statistics)
{
    const RunGroup& group = statistics.groups.front();
    if (!group.metric)
        return text("These runs differ only in their seed.");
    return text("These runs differ only in their seed: %1 %2 over %3 seeds (mean ± half of its 95 % "
                "interval).")
        .arg(QString::fromStdString(statistics.metric), QString::fromStdString(meanText(*group.metric)))
        .arg(group.members.size());
}

/// Sentences begin with a capital, whatever the run is called.
QString capitalized(QString sentence)
{
    if (!sentence.isEmpty())
        sentence[0] = sentence[0].toUpper();
    return sentence;
}

} // namespace

ui::ComparisonConclusion concludeFrom(const std::vector<std::shared_ptr<const RunRecord>>& asked)
{
    ui::ComparisonConclusion conclusion;
    for (const auto& run : asked)
        conclusion.folders.push_back(run->folder.string());
    // Without full fine-tuning the first run is the baseline: the one that trains most.
    std::vector<std::shared_ptr<const RunRecord>> runs = asked;
    std::ranges::stable_sort(runs, std::greater<>(),
                             [](const auto& run) { return run->summary.trainableParameters; });
    const RunComparison comparison = compareRuns(runs);
    const RunStatistics statistics = runStatistics(runs, comparison);
    conclusion.metric = statistics.metric;
    for (const RunGroup& group : statistics.groups) {
        ui::ComparedGroup& compared = conclusion.groups.emplace_back();
        for (const std::size_t member : group.members)
            compared.folders.push_back(runs[member]->folder.string());
        if (!group.metric)
            continue;
        compared.mean = group.metric->mean;
        if (group.metric->interval)
            compared.interval = {group.metric->interval->low, group.metric->interval->high};
    }
    if (!hasStatistics(statistics))
        return conclusion;
    if (statistics.metric.empty()) {
        conclusion.sentence = text("These runs have no metric in common.");
        return conclusion;
    }
    conclusion.sentence = statistics.comparisons.empty()
                              ? seedsSentence(statistics)
                              : QString::fromStdString(statisticsConclusion(statistics));
    conclusion.sentence = capitalized(conclusion.sentence);
    conclusion.details = QString::fromStdString(statisticsTable(statistics));
    return conclusion;
}

} // namespace lora::app
