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
class QStackedWidget;

namespace lora::ui {

class CostPanel;
class DatasetCard;
class LayersCard;
class MethodCard;
class ModelCard;
class SweepPage;
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
    SweepPage& sweepPage() { return *m_sweepPage; }

    /// The planning of a sweep instead of the form, or the form again.
    void showSweep(bool isShown);
    bool isSweepShown() const;

    void setModelSummary(const ModelSummary& model);
    void setModelProblem(const QString& what, const QString& hint);
    void setModelPending();
    void setDatasetPreview(const DatasetPreview& preview);
    void setDatasetProblem(const QString& what, const QString& hint);
    void setDatasetPending();
    /// Models and data sets the program brings, "builtin:…".
    void setBuiltins(const QStringList& models, const QStringList& dataSets);

signals:
    void startRequested();
    void sweepShown(bool isShown);
    void copyCommandRequested();
    void saveRequested();
    void openRequested();

private:
    void createWidgets();
    void buildLayout();
    QWidget* buildName();
    void connectSignals();
    void refreshModelIssues();
    void fitToModel();

    ExperimentEditor m_editor;
    std::optional<ModelSummary> m_model;
    std::string m_shownModel;     ///< the experiment's, as of its last change
    bool m_isModelChosen = false; ///< by an edit, not by opening an experiment
    QLineEdit* m_name;
    ModelCard* m_modelCard;
    DatasetCard* m_datasetCard;
    MethodCard* m_methodCard;
    LayersCard* m_layersCard;
    TrainingCard* m_trainingCard;
    CostPanel* m_costPanel;
    QStackedWidget* m_views;
    SweepPage* m_sweepPage;
};

} // namespace lora::ui
