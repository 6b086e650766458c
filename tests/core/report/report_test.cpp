#include "core/report/csv_export.h"
#include "core/report/html_report.h"
#include "core/report/report_file.h"
#include "core/report/report_gathering.h"
#include "core/report/run_charts.h"
#include "core/report/svg_chart.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

#include "core/base/quantity_text.h"
#include "core/io/atomic_file.h"

#include <limits>
#include <sstream>

#include <gtest/gtest.h>

namespace lora {
namespace {

std::shared_ptr<RunRecord> sampleRun(const std::string& name)
{
    auto run = std::make_shared<RunRecord>();
    run->id = "run-1";
    run->experiment.name = name;
    run->experiment.model = "builtin:encoder";
    run->experiment.data.train = "builtin:sentiment";
    run->summary.outcome = "completed";
    run->summary.primaryMetric = "accuracy";
    run->summary.trainableParameters = 24600;
    run->summary.tokensTrained = 1000;
    run->summary.flops = 6e9;
    run->summary.flopsFullFineTuning = 1e10;
    run->summary.untuned = {{"accuracy", 0.5}};
    run->summary.best = {{"accuracy", 0.875}};
    for (std::int64_t step = 1; step <= 3; ++step)
        run->steps.push_back({step, 0.1, 1.0 / static_cast<double>(step), 5e-4, 1, 100, 1});
    run->evaluations = {{0, 0, 0, {{"accuracy", 0.5}}}, {3, 0.3, 1, {{"accuracy", 0.875}}}};
    return run;
}

CostReport sampleCost()
{
    CostReport cost;
    cost.method.parameters = {1000, 100000};
    cost.fullFineTuning.parameters = {100000, 100000};
    cost.savings = {{"weight_gradients", "no weight gradients <of frozen weights>", 0.33}};
    return cost;
}

std::size_t countOf(const std::string& text, const std::string& part)
{
    std::size_t count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + part.size()))
        ++count;
    return count;
}

/// Every opened element is closed in order; enough to catch text that broke out of its cell.
void expectBalanced(const std::string& html)
{
    std::vector<std::string> open;
    for (std::size_t at = html.find('<'); at != html.npos; at = html.find('<', at + 1)) {
        const std::size_t end = html.find('>', at);
        ASSERT_NE(end, html.npos);
        const std::string tag = html.substr(at + 1, end - at - 1);
        const std::string name = tag.substr(0, tag.find_first_of(" /\n", tag[0] == '/' ? 1 : 0));
        if (tag[0] == '!' || name == "meta" || tag.back() == '/')
            continue;
        if (tag[0] != '/') {
            open.push_back(name);
        } else {
            ASSERT_FALSE(open.empty()) << tag;
            EXPECT_EQ("/" + open.back(), name);
            open.pop_back();
        }
    }
    EXPECT_TRUE(open.empty());
}

std::string htmlOf(const ReportModel& report)
{
    return htmlReport(reportDocument(report));
}

/// What stands between the two, without line ends inside tables.
std::string sectionOf(const std::string& html, const std::string& title)
{
    const auto begin = html.find(">" + title + "</h2>");
    return begin == html.npos ? "" : html.substr(begin, html.find("</section>", begin) - begin);
}

TEST(HtmlReport, ShowsComparisonCurvesAndConfiguration)
{
    const std::string html = htmlOf({"My report", {sampleRun("first"), sampleRun("second")}, std::nullopt});
    for (const char* part :
         {"<h1>My report</h1>", "first", "second", "24.6 k", "−40 %", "0.875", "counted cost",
          "Training loss", "Evaluation: accuracy", "untuned 0.500", "&quot;learning_rate&quot;: 0.0005"})
        EXPECT_NE(html.find(part), std::string::npos) << part;
    EXPECT_EQ(countOf(html, "<svg"), 3u);
    expectBalanced(html);
}

TEST(HtmlReport, IsOneDocumentWithoutScriptsOrLinks)
{
    std::string html = htmlOf({"", {sampleRun("a")}, sampleCost()});
    for (const std::string allowed : {" xmlns=\"http://www.w3.org/2000/svg\"",
                                      " xmlns=\"http://www.w3.org/1999/xhtml\"", " href=\"#section-"})
        for (auto at = html.find(allowed); at != html.npos; at = html.find(allowed))
            html.erase(at, allowed.size());
    for (const char* part : {"<script", "http://", "https://", "src=", "href=", "url(", "@import", "<link"})
        EXPECT_EQ(html.find(part), std::string::npos) << part;
}

TEST(HtmlReport, EscapesWhatComesFromFiles)
{
    auto run = sampleRun("</td></table><script>alert('x')</script>\"&");
    run->summary.host = "<b>host";
    run->experiment.model = "</pre><img>";
    const std::string html = htmlOf({"<title>", {run}, sampleCost()});
    EXPECT_EQ(html.find("<script>"), std::string::npos);
    EXPECT_EQ(html.find("<img>"), std::string::npos);
    EXPECT_EQ(html.find("<b>host"), std::string::npos);
    EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
    expectBalanced(html);
}

TEST(HtmlReport, SaysWhetherCostsAreEstimatedOrMeasured)
{
    CostReport cost = sampleCost();
    EXPECT_NE(htmlOf({"", {sampleRun("a")}, cost}).find("Memory and time are estimates"), std::string::npos);
    cost.isBaselineMeasured = true;
    EXPECT_NE(htmlOf({"", {sampleRun("a")}, cost}).find("were measured on this machine"), std::string::npos);
}

TEST(HtmlReport, ARunWithoutNumbersIsStillAReport)
{
    auto run = std::make_shared<RunRecord>();
    run->id = "empty";
    const std::string html = htmlOf({"", {run}, std::nullopt});
    EXPECT_EQ(html.find("<svg"), std::string::npos);
    EXPECT_NE(html.find("empty"), std::string::npos);
    expectBalanced(html);
}

TEST(HtmlReport, IsWrittenWholeOrNotAtAll)
{
    const test::TemporaryFolder folder;
    const ReportModel report{"t", {sampleRun("a")}, std::nullopt};
    writeReportFile(report, folder / "report.html");
    EXPECT_TRUE(readFile(folder / "report.html").ends_with("</html>\n"));
    test::expectError(ErrorKind::FileSystem, "nowhere",
                      [&] { writeReportFile(report, folder / "nowhere/report.html"); });
}

TEST(HtmlReport, ChartsHaveTitlesAndDescriptionsOfTheirOwn)
{
    const std::string html = htmlOf({"", {sampleRun("a"), sampleRun("b")}, std::nullopt});
    EXPECT_NE(html.find("role=\"img\" aria-labelledby=\"chart-1-title chart-1-text\""), html.npos);
    EXPECT_NE(html.find("<title id=\"chart-3-title\">Evaluation: accuracy</title>"), html.npos);
    EXPECT_NE(html.find("a: from 0.500 to 0.875"), html.npos);
    EXPECT_EQ(countOf(html, "id=\"chart-1-title\""), 1u);
}

TEST(HtmlReport, TablesNameTheirColumnsAndRows)
{
    const std::string html = htmlOf({"", {sampleRun("first")}, sampleCost()});
    EXPECT_NE(html.find("<th scope=\"col\" class=\"text\">Run</th>"), html.npos);
    EXPECT_NE(html.find("<th scope=\"row\" class=\"text\">first</th>"), html.npos);
    EXPECT_EQ(countOf(html, "<table"), countOf(html, "</thead>"));
    for (const char* part :
         {"@media print", "prefers-color-scheme: dark", "break-inside: avoid", "lang=\"en\""})
        EXPECT_NE(html.find(part), html.npos) << part;
}

TEST(HtmlReport, TheSavingSaysWhereItComesFromAndAddsUp)
{
    CostReport cost = sampleCost();
    cost.savings.push_back({"backward_cut", "backward cut", 0.12});
    const std::string section = sectionOf(htmlOf({"", {sampleRun("a")}, cost}), "What it costs");
    EXPECT_NE(section.find("backward cut"), section.npos);
    EXPECT_NE(section.find(">All together</th><td>45.0 %"), section.npos) << section;
    EXPECT_NE(section.find("estimated"), section.npos);
}

TEST(HtmlReport, EstimatesStandBesideWhatWasMeasured)
{
    auto run = sampleRun("a");
    run->summary.estimatedSeconds = 83;
    run->summary.trainSeconds = 90;
    const std::string section =
        sectionOf(htmlOf({"", {run}, std::nullopt}), "Time and memory, estimated and measured");
    EXPECT_NE(section.find("≈ 1 min 23 s</td><td>1 min 30 s"), section.npos) << section;
    EXPECT_EQ(section.find("Energy"), section.npos);
    run->summary.energyJoules = 5230;
    const std::string told =
        sectionOf(htmlOf({"", {run}, std::nullopt}), "Time and memory, estimated and measured");
    EXPECT_NE(told.find("Energy, measured"), told.npos);
    EXPECT_NE(told.find("5.23 kJ"), told.npos);
}

TEST(HtmlReport, ExportsComeWithTheCheckTheyPassed)
{
    ReportModel report{"", {sampleRun("a")}, std::nullopt, {RunFacts{}}};
    EXPECT_NE(htmlOf(report).find("has recorded an export"), std::string::npos);
    report.facts[0].exports = {{{"adapter", "peft", 2048, 1.5e-6, 16, "0123456789abcdef"}, "1.0"},
                               {{"/home/someone/<copy>", "peft", 2048, 0, 16, "0123456789abcdef"}, "1.0"}};
    const std::string section = sectionOf(htmlOf(report), "Exports and the check they passed");
    EXPECT_NE(section.find("0123456789abcdef"), section.npos);
    EXPECT_NE(section.find(significantText(1.5e-6)), section.npos);
    EXPECT_NE(section.find("&lt;copy&gt;"), section.npos);
    EXPECT_EQ(section.find("/home/"), section.npos);
}

TEST(HtmlReport, DataThatChangedSinceTheRunIsNamed)
{
    ReportModel report{"", {sampleRun("a")}, std::nullopt, {RunFacts{{"m", "t", "e"}, {}, {}}}};
    report.data = {{"training", "builtin:sentiment", "t", 10, 100, {{"good", 6}, {"bad", 4}}}};
    const std::string same = sectionOf(htmlOf(report), "Data");
    EXPECT_NE(same.find("good 6, bad 4"), same.npos);
    EXPECT_EQ(same.find("not what the runs were made from"), same.npos);
    report.data[0].hash = "other";
    EXPECT_NE(htmlOf(report).find("not what the runs were made from"), std::string::npos);
}

TEST(HtmlReport, TextThatNoDocumentMayHoldIsReplaced)
{
    EXPECT_EQ(escapedXml(std::string("a\x01z\xff \xc3\xa9 \xed\xa0\x80", 11)),
              "a\xEF\xBF\xBDz\xEF\xBF\xBD \xc3\xa9 \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    EXPECT_EQ(escapedXml("\xE2\x80\xAE"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD") << "turns the text around";
    EXPECT_EQ(escapedXml("\xe6\xbc\xa2 \xf0\x9f\x99\x82"), "\xe6\xbc\xa2 \xf0\x9f\x99\x82");
}

TEST(RichReport, HasTheSameTextAndItsChartsApart)
{
    const ReportDocument document = reportDocument({"", {sampleRun("<a>")}, sampleCost()});
    const RichReport rich = richReport(document, {.ink = "#eeeeee"});
    ASSERT_EQ(rich.charts.size(), 2u);
    EXPECT_NE(rich.html.find("src=\"chart-2\""), rich.html.npos);
    EXPECT_TRUE(rich.charts[0].second.starts_with("<svg"));
    EXPECT_NE(rich.charts[0].second.find("fill=\"#eeeeee\""), rich.html.npos);
    EXPECT_NE(rich.html.find("&lt;a&gt;"), rich.html.npos);
    for (const ReportSection& section : document.sections)
        EXPECT_NE(rich.html.find("<h2>" + escapedXml(section.title)), rich.html.npos) << section.title;
    expectBalanced(rich.html);
}

TEST(MarkdownReport, HasTheSameValuesWithNothingFromFilesAsMarkup)
{
    auto run = sampleRun("a|b `c` <img> *d*\n# e");
    const std::string text = markdownReport(reportDocument({"# t", {run}, sampleCost()}));
    EXPECT_TRUE(text.starts_with("# \\# t\n"));
    EXPECT_NE(text.find("a\\|b \\`c\\` \\<img\\> \\*d\\* \\# e"), text.npos) << text;
    for (const char* part : {"24.6 k", "−40 %", "0.875", "| :--- |", "Training loss", "```\n{"})
        EXPECT_NE(text.find(part), text.npos) << part;
    EXPECT_EQ(text.find("<img"), text.find("\\<img") == text.npos ? text.npos : text.find("\\<img") + 1);
}

TEST(MarkdownReport, AFenceIsLongerThanAnyInsideIt)
{
    const ReportDocument document{"t", "o", {{"s", {ReportCode{"c", "a ```` b"}}}}};
    EXPECT_NE(markdownReport(document).find("`````\na ```` b\n`````"), std::string::npos);
}

TEST(ReportFile, TheEndingDecidesTheForm)
{
    EXPECT_EQ(reportFormOf("a.HTML"), ReportForm::Html);
    EXPECT_EQ(reportFormOf("a.md"), ReportForm::Markdown);
    EXPECT_EQ(reportFormOf("a.csv"), ReportForm::Csv);
    test::expectError(ErrorKind::BadUsage, "cannot be written as", [] { reportFormOf("a.pdf"); });
    test::expectError(ErrorKind::BadUsage, "at least one run", [] { gatherReport("", {}); });
}

/// A group of one run at a cost and quality.
RunGroup groupAt(const std::string& name, double compute, double quality)
{
    RunGroup group;
    group.name = name;
    group.method = "lora";
    group.members = {0};
    group.computeRatio = compute;
    group.metric = MeanInterval{quality, 0, std::nullopt, 1};
    return group;
}

TEST(ParetoFront, HoldsThoseNoneIsBothCheaperAndBetterThan)
{
    RunStatistics statistics;
    statistics.metric = "accuracy";
    statistics.groups = {groupAt("dear", 1, 0.9), groupAt("worse", 0.8, 0.7), groupAt("cheap", 0.2, 0.6),
                         groupAt("knee", 0.4, 0.85), groupAt("as dear", 1, 0.8)};
    EXPECT_EQ(paretoFront(statistics), (std::vector<std::size_t>{2, 3, 0}));
    statistics.metric = "loss"; // where less is better
    EXPECT_EQ(paretoFront(statistics), (std::vector<std::size_t>{2}));
    const Chart chart = costChart({sampleRun("a")}, statistics);
    EXPECT_EQ(chart.series.size(), 6u);
    EXPECT_NE(chart.description.find("knee: loss 0.850 at 40.0 % of the compute"), std::string::npos)
        << chart.description;
}

TEST(RankChart, NeedsTwoRanksAndShowsIntervalsOverSeeds)
{
    std::vector<std::shared_ptr<const RunRecord>> runs;
    for (const int rank : {4, 16})
        for (const std::uint64_t seed : {1u, 2u}) {
            auto run = sampleRun("r");
            run->experiment.method.lora.r = rank;
            run->experiment.training.seed = seed;
            run->summary.best["accuracy"] = 0.8 + 0.001 * rank + 0.01 * static_cast<double>(seed);
            runs.push_back(run);
        }
    const RunComparison comparison = compareRuns(runs);
    const Chart chart = rankChart(runs, comparison, runStatistics(runs, comparison));
    ASSERT_EQ(chart.series.size(), 1u);
    ASSERT_EQ(chart.series[0].points.size(), 2u);
    EXPECT_EQ(chart.series[0].points[1].first, 4) << "log2 of the rank";
    EXPECT_LT(chart.series[0].intervals[0].first, chart.series[0].points[0].second);
    const auto two = std::vector(runs.begin(), runs.begin() + 2);
    const RunComparison alone = compareRuns(two);
    EXPECT_TRUE(rankChart(two, alone, runStatistics(two, alone)).series.empty());
}

TEST(Ledger, ModulesOfAKindAddUpToTheWhole)
{
    const std::vector<LedgerEntry> entries = {{"enc.layer.0.query", WorkUnit::Token, 10, 5, 0, 2},
                                              {"enc.layer.1.query", WorkUnit::Token, 10, 5, 0, 2},
                                              {"scores of layer 0", WorkUnit::TokenPair, 4, 8, 0, 0},
                                              {"scores of layer 12", WorkUnit::TokenPair, 4, 8, 0, 0},
                                              {"classifier2", WorkUnit::Sequence, 7, 7, 7, 0}};
    std::vector<LedgerEntry> trained = entries;
    for (LedgerEntry& entry : trained)
        entry.weightGradients = entry.forward;
    const FlopLedger method(TaskType::SequenceClassification, entries);
    const FlopLedger full(TaskType::SequenceClassification, trained);
    const WorkCounts work = countWork(std::vector<std::int32_t>{3, 4}, false);
    const auto lines = ledgerLines(method, full, TaskType::SequenceClassification, work);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_EQ(lines[1].kind, "scores of layer *");
    EXPECT_EQ(lines[2].kind, "classifier2");
    EXPECT_EQ(lines[0].kind, "enc.layer.*.query");
    EXPECT_EQ(lines[0].modules, 2);
    EXPECT_EQ(lines[0].flops.forward, 2 * 10 * 7);
    EXPECT_EQ(lines[0].flops.total() + lines[1].flops.total() + lines[2].flops.total(),
              method.total(work).total());
    EXPECT_EQ(lines[0].fullFineTuning + lines[1].fullFineTuning + lines[2].fullFineTuning,
              full.total(work).total());
}

TEST(SvgChart, BreaksTheLineAtMissingValues)
{
    Chart chart{"t", "x", "y", {{"s", "#000000", "", {}, false}}, ""};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    chart.series[0].points = {{1, 1}, {2, 2}, {3, nan}, {4, 1}, {5, 2}};
    const std::string svg = svgChart(chart, "c");
    const auto path = svg.substr(svg.find(" d=\""));
    EXPECT_EQ(countOf(path.substr(0, path.find("/>")), "M"), 2u);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(SvgChart, AConstantCurveHasAnAxis)
{
    const std::string svg = svgChart({"t", "x", "y", {{"s", "#000000", "", {{1, 3}}, true}}, ""}, "c");
    EXPECT_NE(svg.find("<circle"), std::string::npos);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(svg.find("inf"), std::string::npos);
}

TEST(SvgChart, TicksAreRoundAndCoverTheRange)
{
    EXPECT_EQ(axisTicks(0, 1, 5).size(), 6u);
    for (const auto& [low, high] :
         std::vector<std::pair<double, double>>{{-3, 17}, {0.001, 0.0012}, {0, 1e9}}) {
        const auto ticks = axisTicks(low, high, 5);
        ASSERT_GE(ticks.size(), 3u);
        EXPECT_LE(ticks.size(), 11u);
        EXPECT_GE(ticks.front(), low);
        EXPECT_LE(ticks.back(), high * (1 + 1e-12));
    }
    EXPECT_TRUE(axisTicks(1, 1, 5).empty());
}

TEST(RunCharts, LongRunsAreAveragedAndSmoothed)
{
    auto run = sampleRun("long");
    run->steps.clear();
    for (std::int64_t step = 1; step <= 1000; ++step)
        run->steps.push_back({step, 0, static_cast<double>(step), 0, 0, 0, 0});
    const Chart chart = trainingLossChart({run});
    ASSERT_EQ(chart.series.size(), 2u);
    const ChartSeries &smooth = chart.series[0], &raw = chart.series[1];
    ASSERT_EQ(raw.points.size(), 200u);
    EXPECT_TRUE(raw.isFaint);
    EXPECT_EQ(raw.points[0], (std::pair<double, double>{5, 3}));
    EXPECT_EQ(smooth.points[0], raw.points[0]);
    EXPECT_LT(smooth.points[100].second, raw.points[100].second) << "it follows behind";
}

TEST(RunCharts, RunsOfOneColourDifferByTheirDashes)
{
    const Chart chart = trainingLossChart({sampleRun("a"), sampleRun("b")});
    EXPECT_EQ(chart.series[0].colour, chart.series[1].colour);
    EXPECT_NE(chart.series[0].dash, chart.series[1].dash);
}

TEST(CsvExport, QuotesAndDefusesCells)
{
    const std::string csv = comparisonCsv({"", {sampleRun("a, \"b\"\nc"), sampleRun("=1+1")}, std::nullopt});
    EXPECT_NE(csv.find("\"a, \"\"b\"\"\nc\""), std::string::npos);
    EXPECT_NE(csv.find(",'=1+1,"), std::string::npos);
    EXPECT_NE(csv.find(",0.6,ledger,"), std::string::npos);
}

TEST(CsvExport, MetricsComeInOrderOfSteps)
{
    std::istringstream lines(metricsCsv(*sampleRun("a")));
    std::vector<std::string> found;
    for (std::string line; std::getline(lines, line);)
        found.push_back(line);
    ASSERT_EQ(found.size(), 6u);
    EXPECT_EQ(found[0], "step,epoch,seconds,loss,learning_rate,grad_norm,tokens_per_second,eval_accuracy\r");
    EXPECT_EQ(found[1], "0,0,0,,,,,0.5\r");
    EXPECT_EQ(found[2], "1,0.1,1,1,0.0005,1,100,\r");
    EXPECT_EQ(found[5], "3,0.3,1,,,,,0.875\r");
}

} // namespace
} // namespace lora
