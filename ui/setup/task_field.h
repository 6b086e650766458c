#pragma once

#include "core/models/model_summary.h"
#include "ui/dataset_preview.h"

#include <QWidget>

#include <optional>
#include <string>
#include <vector>

class QComboBox;
class QPushButton;

namespace lora::ui {

class ExperimentEditor;
class MutedLabel;

/// What is trained for: the tasks that fit model and rows first, the others with what stands against them. A
/// task the rows do not fit is answered with the one they look like.
class TaskField : public QWidget
{
    Q_OBJECT

public:
    explicit TaskField(ExperimentEditor& editor, QWidget* parent = nullptr);

    /// An empty list: unknown, everything is offered.
    void setModelTasks(std::vector<TaskType> tasks, const std::string& family);
    void setDataTasks(std::vector<TaskFit> tasks);

    QComboBox* choices() const { return m_choice; }
    QPushButton* suggestionButton() const { return m_use; }
    /// The task the rows look like, if the model can do it and it is not the present one.
    std::optional<TaskType> suggestion() const;

private:
    bool isForModel(TaskType task) const;
    QString whyNot(TaskType task) const;
    void refresh();
    void choose(TaskType task);

    ExperimentEditor& m_editor;
    std::vector<TaskType> m_modelTasks;
    QString m_family;
    std::vector<TaskFit> m_dataTasks;
    QComboBox* m_choice;
    QWidget* m_suggestion;
    MutedLabel* m_suggestionText;
    QPushButton* m_use;
};

} // namespace lora::ui
