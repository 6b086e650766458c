#include "core/report/html_report.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr const char* style = R"(
:root { color-scheme: light dark; --ink: #1b1f24; --muted: #5a626b; --line: #e3e6ea; --paper: #ffffff; --soft: #f6f7f8; --accent: #0b6bcb; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --muted: #a2a9b1; --line: #383e45; --paper: #16191d; --soft: #1f2328; --accent: #6cb2f2; }
  svg [stroke="#0072b2"] { stroke: #4a7de8; } svg [fill="#0072b2"] { fill: #4a7de8; }
  svg [stroke="#b9b033"] { stroke: #f0e442; } svg [fill="#b9b033"] { fill: #f0e442; }
}
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, "Noto Sans", sans-serif; color: var(--ink); background: var(--paper); max-width: 72rem; margin: 2rem auto; padding: 0 1.5rem 3rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .2rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; }
p { max-width: 48rem; overflow-wrap: anywhere; }
.lead { font-size: 1.15rem; font-weight: 600; line-height: 1.45; }
.note { border-left: 3px solid var(--accent); padding-left: .8rem; color: var(--muted); }
.origin, caption { color: var(--muted); }
nav ul { list-style: none; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1rem 0 0; padding: 0; font-size: .9rem; }
nav a { color: var(--accent); text-decoration: none; } nav a:hover, nav a:focus { text-decoration: underline; }
.table { overflow-x: auto; margin: .6rem 0 1.4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; line-height: 1.4; }
caption { caption-side: bottom; text-align: left; padding-top: .5rem; font-size: .85rem; max-width: 48rem; }
th, td { padding: .35rem .7rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: 400; }
thead th { font-weight: 600; vertical-align: bottom; border-bottom-color: var(--muted); }
th:first-child, td:first-child { padding-left: 0; } .text { text-align: left; overflow-wrap: break-word; }
td { white-space: nowrap; } td.text { white-space: normal; max-width: 22rem; }
tbody th.text { min-width: 7rem; max-width: 22rem; overflow-wrap: anywhere; } .last th, .last td { font-weight: 600; }
figure { margin: 1rem 0 1.6rem; max-width: 52rem; } figcaption { font-weight: 600; margin-bottom: .3rem; }
svg { display: block; width: 100%; height: auto; }
svg .ink { fill: var(--ink); } svg .muted { fill: var(--muted); } svg .line { stroke: var(--line); }
svg .ink-stroke { stroke: var(--ink); } svg .muted-stroke { stroke: var(--muted); }
pre { background: var(--soft); padding: .8rem 1rem; border-radius: 4px; font-size: 12px; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: .4rem 0; } summary { cursor: pointer; }
@page { size: A4; margin: 15mm 14mm; }
@media print {
  :root { color-scheme: light; --ink: #000000; --muted: #444444; --line: #cccccc; --paper: #ffffff; --soft: #ffffff; --accent: #000000; }
  body { margin: 0; padding: 0; max-width: none; font-size: 10pt; }
  nav { display: none; } p, caption { max-width: none; }
  h2 { margin-top: 1.4rem; break-after: avoid; } figure, tr, .lead { break-inside: avoid; } thead { display: table-header-group; }
  .table { overflow: visible; } table { width: 100%; font-size: 7.5pt; } caption { font-size: 7.5pt; } th, td { padding: .2rem .35rem; }
  td.text, tbody th.text { max-width: none; min-width: 19mm; overflow-wrap: anywhere; } tbody th.text { min-width: 26mm; }
  figure { max-width: 150mm; } pre { font-size: 7.5pt; padding: 0; } a { color: inherit; }
}
)";

/// Tables that end in a sum say so in their last row.
bool isSum(const std::vector<std::string>& cells)
{
    return !cells.empty() &&
           (cells.front() == "All" || cells.front() == "All together" || cells.front() == "Total");
}

class HtmlWriter
{
public:
    std::string operator()(const ReportText& text)
    {
        const char* attribute = text.kind == ReportText::Kind::Lead   ? " class=\"lead\""
                                : text.kind == ReportText::Kind::Note ? " class=\"note\""
                                                                      : "";
        return fmt::format("<p{}>{}</p>\n", attribute, escapedXml(text.text));
    }

    std::string operator()(const ReportTable& table)
    {
        std::string out = "<div class=\"table\">\n<table>\n";
        if (!table.caption.empty())
            out += "<caption>" + escapedXml(table.caption) + "</caption>\n";
        out += "<thead>\n<tr>";
        for (const ReportColumn& column : table.columns)
            out += column.name.empty() ? "<td></td>"
                                       : fmt::format("<th scope=\"col\"{}>{}</th>", textClass(column),
                                                     escapedXml(column.name));
        out += "</tr>\n</thead>\n<tbody>\n";
        for (const auto& cells : table.rows) {
            out += &cells == &table.rows.back() && isSum(cells) ? "<tr class=\"last\">" : "<tr>";
            for (std::size_t i = 0; i < cells.size(); ++i) {
                const char* element = i == 0 ? "th" : "td";
                out += fmt::format("<{}{}{}>{}</{}>", element, i == 0 ? " scope=\"row\"" : "",
                                   textClass(table.columns[i]), escapedXml(cells[i]), element);
            }
            out += "</tr>\n";
        }
        return out + "</tbody>\n</table>\n</div>\n";
    }

    std::string operator()(const Chart& chart)
    {
        return fmt::format("<figure>\n<figcaption>{}</figcaption>\n{}</figure>\n", escapedXml(chart.title),
                           svgChart(chart, fmt::format("chart-{}", ++m_charts)));
    }

    std::string operator()(const ReportCode& code)
    {
        const std::string title = escapedXml(code.title), text = escapedXml(code.text);
        if (code.isFolded)
            return fmt::format("<details>\n<summary>{}</summary>\n<pre>{}</pre>\n</details>\n", title, text);
        return fmt::format("<p>{}:</p>\n<pre>{}</pre>\n", title, text);
    }

private:
    static const char* textClass(const ReportColumn& column)
    {
        return column.isText ? " class=\"text\"" : "";
    }

    int m_charts = 0;
};

class RichWriter
{
public:
    RichWriter(RichReport& report, const ChartColours& colours)
        : m_report(report)
        , m_colours(colours)
    {}

    std::string operator()(const ReportText& text)
    {
        const std::string escaped = escapedXml(text.text);
        if (text.kind == ReportText::Kind::Lead)
            return "<p><b>" + escaped + "</b></p>\n";
        if (text.kind == ReportText::Kind::Note)
            return fmt::format("<p><font color=\"{}\">{}</font></p>\n", m_colours.muted, escaped);
        return "<p>" + escaped + "</p>\n";
    }

    std::string operator()(const ReportTable& table)
    {
        std::string out = "<table cellspacing=\"0\" cellpadding=\"4\" border=\"0\">\n<thead><tr>";
        for (const ReportColumn& column : table.columns)
            out += fmt::format("<th align=\"{}\" valign=\"bottom\" bgcolor=\"{}\">{}</th>", alignment(column),
                               m_colours.line, escapedXml(column.name));
        out += "</tr></thead>\n";
        for (const auto& cells : table.rows) {
            const bool isBold = &cells == &table.rows.back() && isSum(cells);
            out += "<tr>";
            for (std::size_t i = 0; i < cells.size(); ++i)
                out += fmt::format("<td align=\"{}\">{}{}{}</td>", alignment(table.columns[i]),
                                   isBold ? "<b>" : "", escapedXml(cells[i]), isBold ? "</b>" : "");
            out += "</tr>\n";
        }
        return out + "</table>\n" +
               (table.caption.empty() ? "<p></p>\n"
                                      : fmt::format("<p><small><font color=\"{}\">{}</font></small></p>\n",
                                                    m_colours.muted, escapedXml(table.caption)));
    }

    std::string operator()(const Chart& chart)
    {
        const std::string name = fmt::format("chart-{}", m_report.charts.size() + 1);
        m_report.charts.emplace_back(name, svgChart(chart, name, m_colours));
        return fmt::format("<p><b>{}</b></p>\n<p><img src=\"{}\"/></p>\n", escapedXml(chart.title), name);
    }

    std::string operator()(const ReportCode& code)
    {
        return fmt::format("<p>{}:</p>\n<pre style=\"white-space: pre-wrap\">{}</pre>\n",
                           escapedXml(code.title), escapedXml(code.text));
    }

private:
    static const char* alignment(const ReportColumn& column) { return column.isText ? "left" : "right"; }

    RichReport& m_report;
    const ChartColours& m_colours;
};

} // namespace

std::string htmlReport(const ReportDocument& document)
{
    const std::string title = escapedXml(document.title);
    std::string out = fmt::format(
        "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
        "<meta charset=\"utf-8\"/>\n<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\"/>\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<header>\n<h1>{}</h1>\n"
        "<p class=\"origin\">{}</p>\n<nav aria-label=\"Contents\">\n<ul>\n",
        title, style, title, escapedXml(document.origin));
    for (std::size_t i = 0; i < document.sections.size(); ++i)
        out += fmt::format("<li><a href=\"#section-{}\">{}</a></li>\n", i + 1,
                           escapedXml(document.sections[i].title));
    out += "</ul>\n</nav>\n</header>\n<main>\n";
    HtmlWriter writer;
    for (std::size_t i = 0; i < document.sections.size(); ++i) {
        const ReportSection& section = document.sections[i];
        out += fmt::format("<section aria-labelledby=\"section-{}\">\n<h2 id=\"section-{}\">{}</h2>\n", i + 1,
                           i + 1, escapedXml(section.title));
        for (const ReportBlock& block : section.blocks)
            out += std::visit(writer, block);
        out += "</section>\n";
    }
    return out + "</main>\n</body>\n</html>\n";
}

RichReport richReport(const ReportDocument& document, const ChartColours& colours)
{
    RichReport report;
    report.html = fmt::format("<h1>{}</h1>\n<p><font color=\"{}\">{}</font></p>\n",
                              escapedXml(document.title), colours.muted, escapedXml(document.origin));
    RichWriter writer(report, colours);
    for (const ReportSection& section : document.sections) {
        report.html += "<h2>" + escapedXml(section.title) + "</h2>\n";
        for (const ReportBlock& block : section.blocks)
            report.html += std::visit(writer, block);
    }
    return report;
}

} // namespace lora
