// Columns by role, as the task calls them, and the task's own settings of the data.
#include "ui/setup/dataset_card.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/field_binder.h"
#include "ui/widgets/issue_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QSignalBlocker>
#include <QSpinBox>

#include <algorithm>

namespace lora::ui {

namespace {

constexpr int kRoles = 3;
constexpr const char* kRoleFields[kRoles] = {"data.columns.text", "data.columns.text_pair",
                                             "data.columns.label"};

std::optional<std::string> ColumnMapping::*mappingField(int role)
{
    static constexpr std::optional<std::string> ColumnMapping::*kFields[] = {
        &ColumnMapping::text, &ColumnMapping::textPair, &ColumnMapping::label};
    return kFields[role];
}

/// A second text, and the completion of plain texts.
bool isRoleOptional(int role, TaskType task)
{
    return role == 1 ? task != TaskType::QuestionAnswering : role == 2 && task == TaskType::CausalLm;
}

} // namespace

void DatasetCard::bindTaskSettings(FieldBinder& binder)
{
    binder.integer(
        m_docStride, tr("Change window overlap"),
        [](const ExperimentConfig& e) { return e.data.docStride.value_or(0); },
        [](ExperimentConfig& e, int value) {
            e.data.docStride = value == 0 ? std::nullopt : std::optional(value);
        });
    binder.flag(
        m_trainOnPrompt, tr("Toggle loss on prompts"),
        [](const ExperimentConfig& e) { return e.data.trainOnPrompt; },
        [](ExperimentConfig& e, bool isOn) { e.data.trainOnPrompt = isOn; });
}

/// Names the columns as the task does, and shows only those it has.
void DatasetCard::refreshRoles()
{
    const TaskType task = m_editor.experiment().task;
    const QString found = tr("Found by name and content; change it where that went wrong");
    const auto name = [&](int role, const QString& label, const QString& why) {
        const QString field = QString::fromLatin1(kRoleFields[role]);
        m_form->setFieldVisible(field, !label.isEmpty());
        if (!label.isEmpty())
            m_form->setLabel(field, label, why.isEmpty() ? found : why);
    };
    name(0, tr("Te&xt"), {});
    name(1, isSequenceTask(task) ? tr("Second text") : QString(), {});
    name(2, tr("La&bel"), {});
    switch (task) {
    case TaskType::SequenceClassification:
        break;
    case TaskType::MultiLabelClassification:
        name(2, tr("La&bels"), tr("A list in one column, or several columns of 0 and 1: toxic,obscene"));
        break;
    case TaskType::Regression:
        name(2, tr("Sco&re"), tr("A column of numbers"));
        break;
    case TaskType::TokenClassification:
        name(0, tr("To&kens"), tr("The words of a sentence, as a list or separated by spaces"));
        name(2, tr("Ta&gs"), tr("One tag for each word, such as B-PER or O"));
        break;
    case TaskType::QuestionAnswering:
        name(0, tr("&Question"), {});
        name(1, tr("Conte&xt"), tr("The passage the answer stands in"));
        name(2, tr("Ans&wers"), tr("The answer's words, or SQuAD's answers with their places"));
        break;
    case TaskType::CausalLm:
        name(0, tr("Te&xt"), tr("Plain text, a prompt, or a chat's messages"));
        name(1, tr("In&put"), tr("A second part of the prompt, as in instruction data sets"));
        name(2, tr("Com&pletion"), tr("What follows the prompt; none for plain text and chats"));
        break;
    case TaskType::MaskedLm:
        name(2, {}, {});
        break;
    }
    m_form->setFieldVisible(QStringLiteral("data.doc_stride"), task == TaskType::QuestionAnswering);
    m_form->setFieldVisible(QStringLiteral("data.train_on_prompt"), task == TaskType::CausalLm);
}

void DatasetCard::refreshColumns()
{
    const ColumnMapping& chosen = m_editor.experiment().data.columns;
    for (int role = 0; role < kRoles; ++role) {
        QComboBox* combo = m_columns[role];
        const QSignalBlocker blocker(combo);
        combo->clear();
        const bool isOptional = isRoleOptional(role, m_editor.experiment().task);
        if (isOptional)
            combo->addItem(tr("none"), QString());
        for (const std::string& column : m_preview.columns)
            combo->addItem(qstr(column), qstr(column));
        const auto field = mappingField(role);
        const auto& value = chosen.*field ? chosen.*field : m_preview.mapping.*field;
        // A value of several columns, or of a file not read yet, is none of the items.
        if (value && !value->empty() && combo->findData(qstr(*value)) < 0)
            combo->addItem(qstr(*value), qstr(*value));
        combo->setCurrentIndex(
            std::max(isOptional ? 0 : -1, combo->findData(value ? qstr(*value) : QString())));
        combo->setEnabled(!m_preview.columns.empty() && !m_preview.isTokenized);
    }
}

void DatasetCard::editColumn(int role, const QString& column)
{
    m_editor.edit(tr("Choose column"), [&](ExperimentConfig& e) {
        // The roles the file left to inference are written out with the edited one: they belong together now.
        ColumnMapping& mapping = e.data.columns;
        for (int other = 0; other < kRoles; ++other) {
            const auto field = mappingField(other);
            if (!(mapping.*field))
                mapping.*field = m_preview.mapping.*field;
        }
        mapping.*mappingField(role) = column.isEmpty() ? std::nullopt : std::optional(column.toStdString());
    });
}

} // namespace lora::ui
