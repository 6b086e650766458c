#include "core/evidence/evidence_document.h"

#include "core/base/quantity_text.h"
#include "core/evidence/evidence_csv.h"
#include "core/evidence/evidence_words.h"
#include "core/io/atomic_file.h"
#include "core/report/html_report.h"
#include "core/report/report_file.h"

#include <fmt/format.h>

namespace lora {

namespace {

/// All claims at a glance.
ReportSection verdictSection(const std::vector<TaskEvidence>& evidence)
{
    ReportTable table;
    table.columns = {{"claim", true}, {"claimed saving"}, {"verdict", true}};
    for (const TaskEvidence& task : evidence)
        table.rows.push_back(
            {task.claim.title, percentText(task.claim.savedCompute), verdictText(task.verdict)});
    return {"Verdicts", {table}};
}

ReportTable tableOf(const TaskEvidence& evidence)
{
    ReportTable table;
    for (const std::string& column : evidenceColumns(evidence))
        table.columns.push_back({column, column == "trained" || column == "quality"});
    for (const EvidenceRow& row : evidence.rows)
        table.rows.push_back(evidenceCells(evidence, row));
    return table;
}

ReportSection claimSection(const TaskEvidence& evidence)
{
    ReportSection section{titleText(evidence.claim), {}};
    section.blocks.push_back(ReportText{evidence.sentence, ReportText::Kind::Lead});
    section.blocks.push_back(ReportText{fmt::format("The article claims {} less compute at equal quality.",
                                                    percentText(evidence.claim.savedCompute))});
    if (evidence.rows.empty())
        return section;
    section.blocks.push_back(tableOf(evidence));
    section.blocks.push_back(ReportText{conditionsText(evidence), ReportText::Kind::Note});
    section.blocks.push_back(ReportText{dataHashesText(evidence), ReportText::Kind::Note});
    return section;
}

} // namespace

ReportDocument evidenceDocument(const Reproduction& reproduction, const std::vector<TaskEvidence>& evidence,
                                const std::string& host)
{
    ReportDocument document;
    document.title = evidenceTitle;
    document.origin = host.empty() ? std::string() : "Measured on " + host;
    if (evidence.size() > 1)
        document.sections.push_back(verdictSection(evidence));
    for (const TaskEvidence& task : evidence)
        document.sections.push_back(claimSection(task));
    document.sections.push_back(
        {"How it was measured",
         {ReportText{evidenceMethod}, ReportCode{"Made by", reproduction.command, false}}});
    return document;
}

void writeEvidenceFile(const Reproduction& reproduction, const std::filesystem::path& path)
{
    const ReportForm form = reportFormOf(path);
    const std::vector<TaskEvidence> evidence = evidenceOf(reproduction);
    if (form == ReportForm::Csv)
        return writeFileAtomically(path, evidenceCsv(evidence));
    const ReportDocument document = evidenceDocument(reproduction, evidence, hostOf(reproduction));
    writeFileAtomically(path, form == ReportForm::Html ? htmlReport(document) : markdownReport(document));
}

} // namespace lora
