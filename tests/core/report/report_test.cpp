#include "core/report/csv_export.h"
#include "core/report/html_report.h"
#include "core/report/run_charts.h"
#include "core/report/svg_chart.h"
#include "tests/support/expect_error.h"
#include "tests/support/temporary_folder.h"

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

TEST(HtmlReport, ShowsComparisonCurvesAndConfiguration)
{
    const std::string html =
        htmlReport({"My report", {sampleRun("first"), sampleRun("second")}, std::nullopt});
    for (const char* part :
         {"<h1>My report</h1>", "first", "second", "24.6 k", "−40 %", "0.875", "counted cost",
          "Training loss", "Evaluation: accuracy", "&quot;learning_rate&quot;: 0.0005"})
        EXPECT_NE(html.find(part), std::string::npos) << part;
    EXPECT_EQ(countOf(html, "<svg"), 2u);
    expectBalanced(html);
}

TEST(HtmlReport, IsOneDocumentWithoutScriptsOrLinks)
{
    const std::string html = htmlReport({"", {sampleRun("a")}, sampleCost()});
    for (const char* part : {"<script", "http://", "https://", "src=", "href=", "url("})
        EXPECT_EQ(html.find(part), std::string::npos) << part;
}

TEST(HtmlReport, EscapesWhatComesFromFiles)
{
    auto run = sampleRun("</td></table><script>alert('x')</script>\"&");
    run->summary.host = "<b>host";
    run->experiment.model = "</pre><img>";
    const std::string html = htmlReport({"<title>", {run}, sampleCost()});
    EXPECT_EQ(html.find("<script>"), std::string::npos);
    EXPECT_EQ(html.find("<img>"), std::string::npos);
    EXPECT_EQ(html.find("<b>host"), std::string::npos);
    EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
    expectBalanced(html);
}

TEST(HtmlReport, SaysWhetherCostsAreEstimatedOrMeasured)
{
    CostReport cost = sampleCost();
    EXPECT_NE(htmlReport({"", {sampleRun("a")}, cost}).find("Memory and time are estimates"),
              std::string::npos);
    cost.isBaselineMeasured = true;
    EXPECT_NE(htmlReport({"", {sampleRun("a")}, cost}).find("were measured on this machine"),
              std::string::npos);
}

TEST(HtmlReport, ARunWithoutNumbersIsStillAReport)
{
    auto run = std::make_shared<RunRecord>();
    run->id = "empty";
    const std::string html = htmlReport({"", {run}, std::nullopt});
    EXPECT_EQ(html.find("<svg"), std::string::npos);
    EXPECT_NE(html.find("empty"), std::string::npos);
    expectBalanced(html);
}

TEST(HtmlReport, IsWrittenWholeOrNotAtAll)
{
    const test::TemporaryFolder folder;
    writeHtmlReport({"t", {sampleRun("a")}, std::nullopt}, folder / "report.html");
    EXPECT_TRUE(readFile(folder / "report.html").ends_with("</html>\n"));
    test::expectError(ErrorKind::FileSystem, "nowhere", [&] {
        writeHtmlReport({"t", {}, std::nullopt}, folder / "nowhere/report.html");
    });
}

TEST(SvgChart, BreaksTheLineAtMissingValues)
{
    Chart chart{"t", "x", "y", {{"s", "#000000", "", {}, false}}};
    const double nan = std::numeric_limits<double>::quiet_NaN();
    chart.series[0].points = {{1, 1}, {2, 2}, {3, nan}, {4, 1}, {5, 2}};
    const std::string svg = svgChart(chart);
    const auto path = svg.substr(svg.find(" d=\""));
    EXPECT_EQ(countOf(path.substr(0, path.find("/>")), "M"), 2u);
    EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST(SvgChart, AConstantCurveHasAnAxis)
{
    const std::string svg = svgChart({"t", "x", "y", {{"s", "#000000", "", {{1, 3}}, true}}});
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

TEST(RunCharts, LongRunsAreAveragedAndSaySo)
{
    auto run = sampleRun("long");
    run->steps.clear();
    for (std::int64_t step = 1; step <= 1000; ++step)
        run->steps.push_back({step, 0, static_cast<double>(step), 0, 0, 0, 0});
    const Chart chart = trainingLossChart({run});
    ASSERT_EQ(chart.series[0].points.size(), 200u);
    EXPECT_EQ(chart.series[0].points[0], (std::pair<double, double>{5, 3}));
    EXPECT_NE(chart.title.find("averaged"), std::string::npos);
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
