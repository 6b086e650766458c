#pragma once

#include "core/cost/cost_report.h"
#include "core/models/model_summary.h"
#include "ui/dataset_preview.h"
#include "ui/experiment_editor.h"
#include "ui/run_state.h"

#include <QStringList>
#include <QWidget>

#include <optional>

class QGridLayout;
class QLineEdit;
class QScrollArea;

namespace lora::ui {

class CostPanel;
class DatasetCard;
class LayersCard;
class MethodCard;
class ModelCard;
class TrainingCard;

/// Everything that decides a run, and what it will cost. Owns the experiment being edited.
class SetupPage : public QWidget
{
    Q_OBJECT

public:
    explicit SetupPage(QWidget* parent = nullptr);

    ExperimentEditor& editor() { return m_editor; }
    ModelCard& modelCard() { return *m_modelCard; }
    DatasetCard& datasetCard() { return *m_datasetCard; }
    LayersCard& layersCard() { return *m_layersCard; }
    CostPanel& costPanel() { return *m_costPanel; }

    void setModelSummary(const ModelSummary& model);
    void setModelProblem(const QString& what, const QString& hint);
    void setModelPending();
    void setDatasetPreview(const DatasetPreview& preview);
    void setDatasetProblem(const QString& what, const QString& hint);
    void setDatasetPending();

signals:
    void startRequested();
    void copyCommandRequested();
    void saveRequested();
    void openRequested();

private:
    void createWidgets();
    void buildLayout();
    QWidget* buildName();
    void connectSignals();
    void refreshModelIssues();

    ExperimentEditor m_editor;
    std::optional<ModelSummary> m_model;
    QLineEdit* m_name;
    ModelCard* m_modelCard;
    DatasetCard* m_datasetCard;
    MethodCard* m_methodCard;
    LayersCard* m_layersCard;
    TrainingCard* m_trainingCard;
    CostPanel* m_costPanel;
};

} // namespace lora::ui
