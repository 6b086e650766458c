#include "ui/pages/setup_page.h"

#include "ui/format/quantities.h"
#include "ui/format/task_names.h"
#include "ui/setup/cost_panel.h"
#include "ui/setup/dataset_card.h"
#include "ui/setup/layer_map.h"
#include "ui/setup/layers_card.h"
#include "ui/setup/method_card.h"
#include "ui/setup/model_card.h"
#include "ui/setup/task_field.h"
#include "ui/setup/training_card.h"
#include "ui/sweep/sweep_form.h"
#include "ui/sweep/sweep_page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/chip_row.h"

#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <utility>

namespace lora::ui {

namespace {

/// A model that does not say what it can do is believed to do everything.
bool isTaskOf(const ModelSummary& model, TaskType task)
{
    return model.tasks.empty() ||
           std::find(model.tasks.begin(), model.tasks.end(), task) != model.tasks.end();
}

} // namespace

SetupPage::SetupPage(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connectSignals();
    m_modelCard->clearSummary(tr("No model is open."));
    m_datasetCard->clearPreview(tr("No data is open."));
}

void SetupPage::createWidgets()
{
    m_name = new QLineEdit(this);
    m_modelCard = new ModelCard(m_editor, this);
    m_datasetCard = new DatasetCard(m_editor, this);
    m_methodCard = new MethodCard(m_editor, this);
    m_layersCard = new LayersCard(m_editor, this);
    m_trainingCard = new TrainingCard(m_editor, this);
    m_costPanel = new CostPanel(m_editor, this);
    m_views = new QStackedWidget(this);
    m_sweepPage = new SweepPage(m_editor, this);
}

QWidget* SetupPage::buildName()
{
    auto* row = new QWidget(this);
    auto* label = new QLabel(tr("Experiment"), row);
    label->setFont(headingFont(font()));
    label->setBuddy(m_name);
    m_name->setPlaceholderText(tr("name of the run"));
    m_name->setToolTip(tr("Names the run in tables, plots and its folder"));
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(label);
    layout->addWidget(m_name, 1);
    return row;
}

void SetupPage::buildLayout()
{
    auto* left = new QVBoxLayout;
    left->setSpacing(3 * kGrid);
    left->addWidget(buildName());
    left->addWidget(m_modelCard);
    left->addWidget(m_datasetCard);
    left->addStretch(1);
    auto* right = new QVBoxLayout;
    right->setSpacing(3 * kGrid);
    right->addWidget(m_methodCard);
    right->addWidget(m_layersCard);
    right->addWidget(m_trainingCard);
    right->addStretch(1);
    auto* content = new QWidget;
    auto* columns = new QHBoxLayout(content);
    columns->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    columns->setSpacing(4 * kGrid);
    columns->addLayout(left, 3);
    columns->addLayout(right, 4);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAsNeeded);
    auto* costScroll = new QScrollArea(this);
    costScroll->setWidget(m_costPanel);
    costScroll->setWidgetResizable(true);
    costScroll->setFrameShape(QFrame::NoFrame);
    costScroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    costScroll->setFixedWidth(34 * kGrid);
    auto* form = new QWidget(this);
    m_views->addWidget(form);
    m_views->addWidget(m_sweepPage);
    auto* whole = new QHBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(m_views);
    auto* layout = new QHBoxLayout(form);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(scroll, 1);
    layout->addWidget(costScroll);
}

void SetupPage::connectSignals()
{
    connect(m_name, &QLineEdit::textEdited, this, [this](const QString& text) {
        m_editor.edit(
            tr("Rename"), [&](ExperimentConfig& e) { e.name = text.toStdString(); }, QStringLiteral("name"));
    });
    connect(&m_editor, &ExperimentEditor::changed, this, [this] {
        const QString name = qstr(m_editor.experiment().name);
        if (m_name->text() != name)
            m_name->setText(name);
        if (std::exchange(m_shownModel, m_editor.experiment().model) != m_shownModel)
            m_isModelChosen = m_editor.isEditing();
        refreshModelIssues();
    });
    connect(m_costPanel, &CostPanel::startRequested, this, &SetupPage::startRequested);
    connect(m_costPanel, &CostPanel::sweepRequested, this, [this] { showSweep(true); });
    connect(m_sweepPage, &SweepPage::closeRequested, this, [this] { showSweep(false); });
    connect(m_costPanel, &CostPanel::copyCommandRequested, this, &SetupPage::copyCommandRequested);
    connect(m_costPanel, &CostPanel::saveRequested, this, &SetupPage::saveRequested);
    connect(m_costPanel, &CostPanel::openRequested, this, &SetupPage::openRequested);
}

void SetupPage::showSweep(bool isShown)
{
    if (isShown == isSweepShown())
        return;
    m_views->setCurrentIndex(isShown ? 1 : 0);
    if (isShown) {
        const QStringList ranks = m_sweepPage->form().ranks().checked();
        if (QToolButton* first = ranks.isEmpty() ? nullptr : m_sweepPage->form().ranks().button(ranks[0]))
            first->setFocus(Qt::OtherFocusReason);
    } else {
        m_costPanel->setFocus(Qt::OtherFocusReason);
    }
    emit sweepShown(isShown);
}

bool SetupPage::isSweepShown() const
{
    return m_views->currentIndex() == 1;
}

void SetupPage::setModelSummary(const ModelSummary& model)
{
    m_model = model;
    m_sweepPage->setModel(model);
    m_modelCard->setSummary(model);
    m_datasetCard->setModelLimit(static_cast<int>(model.maxPositions));
    m_datasetCard->taskField().setModelTasks(model.tasks, model.family);
    m_layersCard->setModel(model);
    if (std::exchange(m_isModelChosen, false))
        fitToModel();
    refreshModelIssues();
}

/// Another family has other modules and perhaps other tasks. What cannot work with the model just chosen is
/// replaced by what usually does, as one step that can be undone.
void SetupPage::fitToModel()
{
    const auto& modules = m_layersCard->map()->grid().modules();
    m_editor.edit(tr("Fit to the model"), [&](ExperimentConfig& e) {
        if (!isTaskOf(*m_model, e.task)) {
            e.task = m_model->tasks.front();
            e.data.columns = {};
            e.training.metricForBestModel.reset();
        }
        LoraConfig& lora = e.method.lora;
        std::erase_if(lora.modulesToSave,
                      [&](const std::string& name) { return !namesAnyModule(modules, name); });
        const TargetRanks ranks = decodeTargets(modules, lora);
        if (std::none_of(ranks.begin(), ranks.end(), [](int rank) { return rank > 0; }))
            writeTargets(modules,
                         presetTargets(TargetPreset::QueryValue, m_layersCard->map()->grid(), ranks, lora),
                         lora);
    });
}

void SetupPage::setModelProblem(const QString& what, const QString& hint)
{
    m_model.reset();
    m_modelCard->clearSummary({});
    m_layersCard->setModel({});
    m_datasetCard->taskField().setModelTasks({}, {});
    const QString text = hint.isEmpty() ? what : what + u' ' + hint;
    m_editor.setContextIssues(QStringLiteral("model"), {{"model", Severity::Error, text.toStdString()}});
}

void SetupPage::setModelPending()
{
    m_model.reset();
    m_modelCard->clearSummary(tr("Reading the model's files…"));
    m_editor.setContextIssues(QStringLiteral("model"), {});
}

/// What only model and configuration together show to be wrong.
void SetupPage::refreshModelIssues()
{
    if (!m_model)
        return;
    ConfigIssues issues;
    const ExperimentConfig& experiment = m_editor.experiment();
    if (m_model->maxPositions > 0 && experiment.data.maxLength > m_model->maxPositions)
        issues.push_back({"data.max_length", Severity::Error,
                          tr("%1 is beyond this model's %2 positions")
                              .arg(experiment.data.maxLength)
                              .arg(m_model->maxPositions)
                              .toStdString()});
    if (!isTaskOf(*m_model, experiment.task))
        issues.push_back({"task", Severity::Error,
                          tr("a %1 model cannot be trained for %2; choose another task or another model")
                              .arg(qstr(m_model->family), taskName(experiment.task))
                              .toStdString()});
    if (experiment.method.type == MethodType::Lora) {
        const TargetRanks ranks = decodeTargets(m_model->modules, experiment.method.lora);
        if (std::all_of(ranks.begin(), ranks.end(), [](int rank) { return rank == 0; }))
            issues.push_back(
                {"method.target_modules", Severity::Error,
                 tr("no layer is adapted: paint at least one cell or choose a preset").toStdString()});
    }
    m_editor.setContextIssues(QStringLiteral("model"), issues);
}

void SetupPage::setDatasetPreview(const DatasetPreview& preview)
{
    m_datasetCard->setPreview(preview);
    ConfigIssues issues;
    for (const DataRemark& remark : preview.problems) {
        if (remark.severity == Severity::Error)
            issues.push_back({"data.train", Severity::Error, remark.text});
    }
    m_editor.setContextIssues(QStringLiteral("data"), issues);
}

void SetupPage::setDatasetProblem(const QString& what, const QString& hint)
{
    m_datasetCard->clearPreview({});
    const QString text = hint.isEmpty() ? what : what + u' ' + hint;
    m_editor.setContextIssues(QStringLiteral("data"), {{"data.train", Severity::Error, text.toStdString()}});
}

void SetupPage::setBuiltins(const QStringList& models, const QStringList& dataSets)
{
    m_modelCard->setBuiltins(models);
    m_datasetCard->setBuiltins(dataSets);
}

void SetupPage::setDatasetPending()
{
    m_datasetCard->clearPreview(tr("Reading the data…"));
    m_editor.setContextIssues(QStringLiteral("data"), {});
}

} // namespace lora::ui
