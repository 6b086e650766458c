#include "core/report/report_file.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/report/csv_export.h"
#include "core/report/html_report.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace {

/// Nothing in the text means anything to Markdown.
std::string plain(const std::string& text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool beginsLine = out.empty() && (c == '-' || c == '+' || c == '=');
        const bool endsNumber = c == '.' && i > 0 && text.find_first_not_of("0123456789") == i &&
                                (i + 1 == text.size() || text[i + 1] == ' '); // a list's
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += ' ';
            continue;
        }
        if (beginsLine || endsNumber ||
            std::string_view("\\`*_[]<>|&#~$").find(c) != std::string_view::npos ||
            text.compare(i, 3, "://") == 0)
            out += '\\';
        out += c;
    }
    return out;
}

std::string row(const std::vector<std::string>& cells)
{
    std::string out = "|";
    for (const std::string& cell : cells)
        out += " " + (cell.empty() ? " " : plain(cell)) + " |";
    return out + "\n";
}

struct MarkdownWriter
{
    std::string operator()(const ReportText& text) const
    {
        if (text.kind == ReportText::Kind::Lead)
            return "**" + plain(text.text) + "**\n";
        return (text.kind == ReportText::Kind::Note ? "> " : "") + plain(text.text) + "\n";
    }
    std::string operator()(const ReportTable& table) const
    {
        std::vector<std::string> names;
        std::string rules = "|";
        for (const ReportColumn& column : table.columns) {
            names.push_back(column.name);
            rules += column.isText ? " :--- |" : " ---: |";
        }
        std::string out = row(names) + rules + "\n";
        for (const auto& cells : table.rows)
            out += row(cells);
        return out + (table.caption.empty() ? "" : "\n" + plain(table.caption) + "\n");
    }
    std::string operator()(const Chart& chart) const
    {
        std::string out = fmt::format("**{}.** {}", plain(chart.title), plain(chart.description));
        for (const ChartLevel& level : chart.levels)
            out += fmt::format(" Level: {}.", plain(level.label));
        return out + "\n";
    }
    std::string operator()(const ReportCode& code) const
    {
        std::size_t longest = 2, run = 0;
        for (const char c : code.text)
            longest = std::max(longest, run = c == '`' ? run + 1 : 0);
        const std::string fence(longest + 1, '`');
        return fmt::format("{}:\n\n{}\n{}\n{}\n", plain(code.title), fence, code.text, fence);
    }
};

} // namespace

std::string markdownReport(const ReportDocument& document)
{
    std::string out = "# " + plain(document.title) + "\n\n" + plain(document.origin) + "\n";
    for (const ReportSection& section : document.sections) {
        out += "\n## " + plain(section.title) + "\n";
        for (const ReportBlock& block : section.blocks)
            out += "\n" + std::visit(MarkdownWriter(), block);
    }
    return out;
}

ReportForm reportFormOf(const std::filesystem::path& path)
{
    std::string ending = path.extension().string();
    std::ranges::transform(ending, ending.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (ending == ".html" || ending == ".htm")
        return ReportForm::Html;
    if (ending == ".md")
        return ReportForm::Markdown;
    if (ending == ".csv")
        return ReportForm::Csv;
    throw Error(ErrorKind::BadUsage,
                fmt::format("{}: a report cannot be written as \"{}\"", path.string(), ending),
                "Name a file that ends in .html, .md or .csv.");
}

void writeReportFile(const ReportModel& report, const std::filesystem::path& path)
{
    switch (reportFormOf(path)) {
    case ReportForm::Html:
        return writeFileAtomically(path, htmlReport(reportDocument(report)));
    case ReportForm::Markdown:
        return writeFileAtomically(path, markdownReport(reportDocument(report)));
    case ReportForm::Csv:
        return writeFileAtomically(path, comparisonCsv(report));
    }
}

} // namespace lora
