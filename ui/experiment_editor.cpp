#include "ui/experiment_editor.h"

#include <QScopedValueRollback>
#include <QUndoCommand>

namespace lora::ui {

/// Holds the whole experiment before and after: a few kilobytes, and undo can never disagree with the forms.
class ExperimentEditor::EditCommand : public QUndoCommand
{
public:
    EditCommand(ExperimentEditor& editor, const QString& label, ExperimentConfig after, QString mergeKey)
        : QUndoCommand(label)
        , m_editor(editor)
        , m_before(editor.m_experiment)
        , m_after(std::move(after))
        , m_mergeKey(std::move(mergeKey))
    {
        m_age.start();
    }

    int id() const override { return m_mergeKey.isEmpty() ? -1 : 1; }
    void undo() override { m_editor.apply(m_before); }
    void redo() override { m_editor.apply(m_after); }

    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* next = static_cast<const EditCommand*>(other);
        constexpr int kPauseMs = 1500;
        if (next->m_mergeKey != m_mergeKey || m_age.elapsed() > kPauseMs)
            return false;
        m_after = next->m_after;
        m_age.restart();
        setObsolete(m_after == m_before);
        return true;
    }

private:
    ExperimentEditor& m_editor;
    ExperimentConfig m_before;
    ExperimentConfig m_after;
    QString m_mergeKey;
    QElapsedTimer m_age;
};

ExperimentEditor::ExperimentEditor(QObject* parent)
    : QObject(parent)
{
    collectIssues();
}

void ExperimentEditor::edit(const QString& label, const std::function<void(ExperimentConfig&)>& change,
                            const QString& mergeKey)
{
    ExperimentConfig after = m_experiment;
    change(after);
    if (after == m_experiment)
        return;
    const QScopedValueRollback editing(m_isEditing, true);
    m_undoStack.push(new EditCommand(*this, label, std::move(after), mergeKey));
}

void ExperimentEditor::reset(const ExperimentConfig& experiment, const QString& file)
{
    m_undoStack.clear();
    m_file = file;
    apply(experiment);
    emit fileChanged();
}

void ExperimentEditor::markSaved(const QString& file)
{
    m_file = file;
    m_undoStack.setClean();
    emit fileChanged();
}

void ExperimentEditor::setContextIssues(const QString& source, const ConfigIssues& issues)
{
    m_contextIssues[source] = issues;
    collectIssues();
    emit issuesChanged();
}

void ExperimentEditor::apply(const ExperimentConfig& experiment)
{
    m_experiment = experiment;
    collectIssues();
    emit changed();
    emit issuesChanged();
}

void ExperimentEditor::collectIssues()
{
    m_issues = validate(m_experiment);
    for (const auto& [source, issues] : m_contextIssues)
        m_issues.insert(m_issues.end(), issues.begin(), issues.end());
}

} // namespace lora::ui
