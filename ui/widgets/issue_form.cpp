#include "ui/widgets/issue_form.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"

#include <QGridLayout>
#include <QLabel>

#include <algorithm>

namespace lora::ui {

namespace {

/// "method.rank_pattern.query" belongs to the field "method.rank_pattern".
bool belongsTo(const std::string& issueField, const std::string& field)
{
    return issueField == field || (issueField.starts_with(field) && issueField.size() > field.size() &&
                                   (issueField[field.size()] == '.' || issueField[field.size()] == '['));
}

} // namespace

IssueForm::IssueForm(QWidget* parent)
    : QWidget(parent)
    , m_grid(new QGridLayout(this))
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(kGrid);
    m_grid->setVerticalSpacing(kGrid / 2);
    m_grid->setColumnStretch(1, 1);
    m_grid->setColumnMinimumWidth(0, 12 * kGrid);
}

void IssueForm::addField(const QString& label, QWidget* control, const QString& field, const QString& why)
{
    const int row = m_grid->rowCount();
    auto* name = new QLabel(label, this);
    name->setBuddy(control);
    name->setToolTip(why);
    control->setToolTip(why);
    if (control->accessibleName().isEmpty())
        control->setAccessibleName(QString(label).remove(u'&'));
    auto* issue = new MutedLabel({}, this);
    m_grid->addWidget(name, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
    m_grid->addWidget(control, row, 1);
    m_grid->addWidget(issue, row + 1, 1);
    m_rows.push_back({field.toStdString(), name, control, issue});
}

void IssueForm::addSpace()
{
    m_grid->setRowMinimumHeight(m_grid->rowCount(), kGrid / 2);
}

IssueForm::Row& IssueForm::rowOf(const QString& field)
{
    return *std::find_if(m_rows.begin(), m_rows.end(),
                         [name = field.toStdString()](const Row& row) { return row.field == name; });
}

void IssueForm::setLabel(const QString& field, const QString& label, const QString& why)
{
    const Row& row = rowOf(field);
    row.name->setText(label);
    row.name->setToolTip(why);
    row.control->setToolTip(why);
    row.control->setAccessibleName(QString(label).remove(u'&'));
}

void IssueForm::setFieldVisible(const QString& field, bool isVisible)
{
    Row& row = rowOf(field);
    row.isVisible = isVisible;
    row.name->setVisible(isVisible);
    row.control->setVisible(isVisible);
    row.issue->setVisible(isVisible && !row.issue->text().isEmpty());
}

void IssueForm::setIssues(const ConfigIssues& issues)
{
    for (const Row& row : m_rows) {
        QStringList texts;
        bool isError = false;
        for (const ConfigIssue& issue : issues) {
            if (!belongsTo(issue.field, row.field))
                continue;
            texts += qstr(issue.text);
            isError |= issue.severity == Severity::Error;
        }
        row.issue->setText(texts.join(u'\n'),
                           isError ? MutedLabel::Tone::Problem : MutedLabel::Tone::Warning);
        if (!row.isVisible)
            row.issue->hide();
    }
}

bool IssueForm::hasField(const std::string& field) const
{
    return std::any_of(m_rows.begin(), m_rows.end(),
                       [&](const Row& row) { return belongsTo(field, row.field); });
}

} // namespace lora::ui
