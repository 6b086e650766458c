#pragma once

#include "core/config/config_issue.h"
#include "core/config/experiment_config.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QUndoStack>

#include <functional>
#include <map>

namespace lora::ui {

/// The experiment being edited, with undo and redo, and what is wrong with it. Cards change it through `edit`
/// and show it again whenever `changed` is emitted; nobody else keeps a copy.
class ExperimentEditor : public QObject
{
    Q_OBJECT

public:
    explicit ExperimentEditor(QObject* parent = nullptr);

    const ExperimentConfig& experiment() const { return m_experiment; }
    /// Rules of the configuration itself, then what model and data set add.
    const ConfigIssues& issues() const { return m_issues; }
    const QString& file() const { return m_file; }
    bool isSaved() const { return !m_file.isEmpty() && m_undoStack.isClean(); }
    QUndoStack& undoStack() { return m_undoStack; }

    /// One undoable step called `label`. Steps with the same non-empty `mergeKey` in quick succession (a
    /// slider's drag, a word being typed) become one. A change without effect makes no step.
    void edit(const QString& label, const std::function<void(ExperimentConfig&)>& change,
              const QString& mergeKey = {});
    /// Starts afresh with another experiment, without history.
    void reset(const ExperimentConfig& experiment, const QString& file);
    void markSaved(const QString& file);

    /// Issues only `source` ("model", "data") can know; replaces its earlier ones.
    void setContextIssues(const QString& source, const ConfigIssues& issues);

    /// Within `changed`: what changed is an edit made now, not an undo or an experiment that was opened.
    bool isEditing() const { return m_isEditing; }

signals:
    void changed();
    void issuesChanged();
    void fileChanged();

private:
    class EditCommand;
    void apply(const ExperimentConfig& experiment);
    void collectIssues();

    bool m_isEditing = false;
    ExperimentConfig m_experiment;
    ConfigIssues m_issues;
    std::map<QString, ConfigIssues> m_contextIssues;
    QString m_file;
    QUndoStack m_undoStack;
};

} // namespace lora::ui
