#pragma once

#include "ui/widgets/card.h"

class QComboBox;
class QToolButton;

namespace lora {
struct ExperimentConfig;
}

namespace lora::ui {

class ExperimentEditor;
class FieldBinder;
class IssueForm;
class SchedulePlot;

/// How long and how fast: epochs, batch, learning rate with its schedule, seed; everything else under
/// Advanced.
class TrainingCard : public Card
{
    Q_OBJECT

public:
    explicit TrainingCard(ExperimentEditor& editor, QWidget* parent = nullptr);

private:
    void buildBasics(FieldBinder& binder);
    void buildSchedule(FieldBinder& binder);
    void buildAdvanced();
    void buildOptimizer(FieldBinder& binder);
    void buildEvaluation(FieldBinder& binder);
    void buildResources(FieldBinder& binder);
    void refreshMetrics(const ExperimentConfig& experiment);
    void connectSignals();

    ExperimentEditor& m_editor;
    IssueForm* m_basic;
    IssueForm* m_advanced;
    SchedulePlot* m_schedule;
    QComboBox* m_metric = nullptr;
    QToolButton* m_disclosure;
};

} // namespace lora::ui
