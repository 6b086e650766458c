#include "ui/setup/row_marks.h"

#include "ui/format/quantities.h"
#include "ui/try/marked_text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

#include <algorithm>
#include <optional>

namespace lora::ui {

namespace {

QString cellOf(const DatasetPreview& preview, std::size_t row, const std::optional<std::string>& column)
{
    const auto found =
        column ? std::find(preview.columns.begin(), preview.columns.end(), *column) : preview.columns.end();
    const auto index = static_cast<std::size_t>(found - preview.columns.begin());
    if (found == preview.columns.end() || row >= preview.rows.size() || index >= preview.rows[row].size())
        return {};
    return qstr(preview.rows[row][index]);
}

QStringList listOf(const QString& cell)
{
    const QJsonDocument document = QJsonDocument::fromJson(cell.toUtf8());
    if (!document.isArray())
        return cell.split(QRegularExpression(QStringLiteral("\\s+")), Qt::SkipEmptyParts);
    QStringList parts;
    for (const QJsonValue& value : document.array())
        parts += value.toVariant().toString();
    return parts;
}

RowMarks entitiesOf(const QStringList& words, const QStringList& tags)
{
    RowMarks row;
    if (words.size() != tags.size())
        return row;
    for (qsizetype i = 0; i < words.size(); ++i) {
        const std::string tag = tags[i].toStdString();
        const QString kind = entityKind(tag);
        const int begin = static_cast<int>(row.text.size()) + (i > 0 ? 1 : 0);
        const int end = begin + static_cast<int>(words[i].size());
        row.text += (i > 0 ? QStringLiteral(" ") : QString()) + words[i];
        if (kind.isEmpty())
            continue;
        const bool continues = tags[i].startsWith(QStringLiteral("I-")) && !row.marks.empty() &&
                               row.marks.back().end == begin - 1 && qstr(row.marks.back().label) == kind;
        if (continues)
            row.marks.back().end = end;
        else
            row.marks.push_back({begin, end, kind.toStdString(), 0});
    }
    return row;
}

/// The first text of an answers cell: plain, a list, or SQuAD's {"text": […]} or [{"text": …}].
QString firstAnswer(const QString& cell)
{
    const QJsonDocument document = QJsonDocument::fromJson(cell.toUtf8());
    QJsonValue value = document.isArray() ? QJsonValue(document.array()) : QJsonValue(document.object());
    if (document.isNull())
        return cell;
    while (value.isArray() || value.isObject())
        value = value.isArray() ? value.toArray().at(0) : value.toObject().value(QStringLiteral("text"));
    return value.toString();
}

} // namespace

RowMarks marksOfRow(const DatasetPreview& preview, std::size_t row, TaskType task)
{
    if (task == TaskType::TokenClassification) {
        RowMarks marks = entitiesOf(listOf(cellOf(preview, row, preview.mapping.text)),
                                    listOf(cellOf(preview, row, preview.mapping.label)));
        std::vector<std::string> labels;
        for (const LabelCount& count : preview.labels)
            labels.push_back(count.label);
        marks.kinds = entityKinds(labels);
        return marks;
    }
    if (task != TaskType::QuestionAnswering)
        return {};
    RowMarks marks;
    marks.text = cellOf(preview, row, preview.mapping.textPair);
    const QString answer = firstAnswer(cellOf(preview, row, preview.mapping.label));
    const auto begin = answer.isEmpty() ? -1 : marks.text.indexOf(answer);
    if (begin >= 0)
        marks.marks.push_back({static_cast<int>(begin), static_cast<int>(begin + answer.size()), {}, 0});
    return marks;
}

} // namespace lora::ui
