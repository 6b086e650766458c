#include "ui/setup/training_card.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/field_binder.h"
#include "ui/theme/theme.h"
#include "ui/widgets/issue_form.h"
#include "ui/widgets/schedule_plot.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <QVBoxLayout>

#include <limits>

namespace lora::ui {

namespace {

QSpinBox* countBox(QWidget* parent, int lowest, int highest, const QString& atLowest = {})
{
    auto* box = new QSpinBox(parent);
    box->setRange(lowest, highest);
    box->setSpecialValueText(atLowest);
    box->setKeyboardTracking(false);
    return box;
}

QDoubleSpinBox* shareBox(QWidget* parent, double highest, double step, int decimals)
{
    auto* box = new QDoubleSpinBox(parent);
    box->setRange(0, highest);
    box->setSingleStep(step);
    box->setDecimals(decimals);
    box->setKeyboardTracking(false);
    return box;
}

/// Two labelled controls on one form row.
QWidget* paired(QWidget* first, const QString& label, QWidget* second, QWidget* parent)
{
    auto* row = new QWidget(parent);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    auto* name = new QLabel(label, row);
    name->setBuddy(second);
    name->setMinimumWidth(8 * kGrid);
    name->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    layout->addWidget(first, 1);
    layout->addWidget(name);
    layout->addWidget(second, 1);
    row->setFocusProxy(first);
    second->setAccessibleName(QString(label).remove(u'&'));
    return row;
}

int clampedInt(std::int64_t value)
{
    return static_cast<int>(std::min<std::int64_t>(value, std::numeric_limits<int>::max()));
}

} // namespace

TrainingCard::TrainingCard(ExperimentEditor& editor, QWidget* parent)
    : Card(tr("Training"), parent)
    , m_editor(editor)
    , m_basic(new IssueForm(this))
    , m_advanced(new IssueForm(this))
    , m_schedule(new SchedulePlot(this))
    , m_disclosure(new QToolButton(this))
{
    auto* binder = new FieldBinder(m_editor, this);
    buildBasics(*binder);
    buildSchedule(*binder);
    buildAdvanced();
    buildOptimizer(*binder);
    buildEvaluation(*binder);
    buildResources(*binder);
    connectSignals();
    binder->onChange([this](const ExperimentConfig& e) { m_schedule->setSchedule(e.training); });
}

void TrainingCard::buildBasics(FieldBinder& binder)
{
    auto* epochs = shareBox(this, 10000, 1, 2);
    auto* batch = countBox(this, 1, 65536);
    binder.number(
        epochs, tr("Change epochs"), [](const ExperimentConfig& e) { return e.training.numTrainEpochs; },
        [](ExperimentConfig& e, double value) { e.training.numTrainEpochs = value; });
    binder.integer(
        batch, tr("Change batch size"),
        [](const ExperimentConfig& e) { return e.training.perDeviceTrainBatchSize; },
        [](ExperimentConfig& e, int value) { e.training.perDeviceTrainBatchSize = value; });
    batch->setToolTip(tr("Rows per optimiser step"));
    m_basic->addField(tr("&Epochs"), paired(epochs, tr("&Batch"), batch, this),
                      QStringLiteral("training.num_train_epochs"), tr("Times every training row is seen"));
    body()->addWidget(m_basic);
}

void TrainingCard::buildSchedule(FieldBinder& binder)
{
    auto* rate = new ScientificBox(this);
    auto* scheduler = new QComboBox(this);
    for (const auto& [text, value] :
         {std::pair(tr("linear"), "linear"), std::pair(tr("cosine"), "cosine"),
          std::pair(tr("constant"), "constant"), std::pair(tr("constant, warm-up"), "constant_with_warmup")})
        scheduler->addItem(text, QString::fromLatin1(value));
    auto* seed = countBox(this, 0, std::numeric_limits<int>::max());
    binder.number(
        rate, tr("Change learning rate"), [](const ExperimentConfig& e) { return e.training.learningRate; },
        [](ExperimentConfig& e, double value) { e.training.learningRate = value; });
    binder.choice(
        scheduler, tr("Choose schedule"),
        [](const ExperimentConfig& e) { return qstr(e.training.lrSchedulerType); },
        [](ExperimentConfig& e, const QString& value) { e.training.lrSchedulerType = value.toStdString(); });
    binder.integer(
        seed, tr("Change seed"),
        [](const ExperimentConfig& e) {
            return clampedInt(static_cast<std::int64_t>(
                std::min<std::uint64_t>(e.training.seed, std::numeric_limits<int>::max())));
        },
        [](ExperimentConfig& e, int value) { e.training.seed = static_cast<std::uint64_t>(value); });
    m_basic->addField(tr("&Learning rate"), paired(rate, tr("Sche&dule"), scheduler, this),
                      QStringLiteral("training.learning_rate"),
                      tr("Peak of the schedule; LoRA wants some ten times that of full fine-tuning"));
    m_basic->addField(tr("&Seed"), paired(seed, QString(), m_schedule, this), QStringLiteral("training.seed"),
                      tr("Same seed and worker count give bit-identical losses"));
}

void TrainingCard::buildAdvanced()
{
    m_disclosure->setText(tr("Advanced"));
    m_disclosure->setCheckable(true);
    m_disclosure->setAutoRaise(true);
    m_disclosure->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_disclosure->setArrowType(Qt::RightArrow);
    m_disclosure->setToolTip(tr("Optimiser, evaluation, checkpoints, threads"));
    body()->addWidget(m_disclosure, 0, Qt::AlignLeft);
    body()->addWidget(m_advanced);
    m_advanced->hide();
    connect(m_disclosure, &QToolButton::toggled, this, [this](bool isOpen) {
        m_disclosure->setArrowType(isOpen ? Qt::DownArrow : Qt::RightArrow);
        m_advanced->setVisible(isOpen);
    });
}

void TrainingCard::buildOptimizer(FieldBinder& binder)
{
    auto* warmup = shareBox(this, 1, 0.01, 3);
    auto* decay = shareBox(this, 10, 0.01, 4);
    auto* beta1 = shareBox(this, 0.999999, 0.01, 4);
    auto* beta2 = shareBox(this, 0.999999, 0.001, 4);
    auto* epsilon = new ScientificBox(this);
    auto* clip = shareBox(this, 1e6, 0.5, 2);
    clip->setSpecialValueText(tr("no clipping"));
    auto* dropout = shareBox(this, 0.99, 0.05, 2);
    dropout->setMinimum(-0.05);
    dropout->setSpecialValueText(tr("as the model"));
    const auto number = [&binder](QDoubleSpinBox* box, const QString& label, double TrainingConfig::*field) {
        binder.number(
            box, label, [field](const ExperimentConfig& e) { return e.training.*field; },
            [field](ExperimentConfig& e, double value) { e.training.*field = value; });
    };
    number(warmup, tr("Change warm-up"), &TrainingConfig::warmupRatio);
    number(decay, tr("Change weight decay"), &TrainingConfig::weightDecay);
    number(beta1, tr("Change beta 1"), &TrainingConfig::adamBeta1);
    number(beta2, tr("Change beta 2"), &TrainingConfig::adamBeta2);
    number(epsilon, tr("Change epsilon"), &TrainingConfig::adamEpsilon);
    number(clip, tr("Change clipping"), &TrainingConfig::maxGradNorm);
    binder.number(
        dropout, tr("Change hidden dropout"),
        [](const ExperimentConfig& e) { return e.training.hiddenDropout.value_or(-0.05); },
        [](ExperimentConfig& e, double value) {
            e.training.hiddenDropout = value < 0 ? std::nullopt : std::optional(value);
        });
    m_advanced->addField(tr("Warm-up"), paired(warmup, tr("Decay"), decay, this),
                         QStringLiteral("training.warmup_ratio"),
                         tr("Share of the steps the learning rate rises"));
    m_advanced->addField(tr("Adam betas"), paired(beta1, tr("and"), beta2, this),
                         QStringLiteral("training.adam_beta1"), tr("Decay of the first and second moment"));
    m_advanced->addField(tr("Adam epsilon"), paired(epsilon, tr("Clip at"), clip, this),
                         QStringLiteral("training.adam_epsilon"),
                         tr("Keeps the update finite where gradients vanish"));
    m_advanced->addField(tr("Model dropout"), dropout, QStringLiteral("training.hidden_dropout"),
                         tr("Overrides the dropout in the model's config.json"));
}

void TrainingCard::buildEvaluation(FieldBinder& binder)
{
    constexpr int kMany = std::numeric_limits<int>::max();
    auto* evalSteps = countBox(this, 0, kMany, tr("each epoch"));
    auto* saveSteps = countBox(this, 0, kMany, tr("with evaluation"));
    auto* patience = countBox(this, 0, 1000, tr("off"));
    auto* best = new QCheckBox(tr("keep the best model"), this);
    m_metric = new QComboBox(this);
    const auto optionalSteps = [&binder](QSpinBox* box, const QString& label,
                                         std::optional<std::int64_t> TrainingConfig::*field) {
        binder.integer(
            box, label,
            [field](const ExperimentConfig& e) { return clampedInt((e.training.*field).value_or(0)); },
            [field](ExperimentConfig& e, int value) {
                e.training.*field = value == 0 ? std::nullopt : std::optional<std::int64_t>(value);
            });
    };
    optionalSteps(evalSteps, tr("Change evaluation steps"), &TrainingConfig::evalSteps);
    optionalSteps(saveSteps, tr("Change checkpoint steps"), &TrainingConfig::saveSteps);
    binder.integer(
        patience, tr("Change early stopping"),
        [](const ExperimentConfig& e) { return e.training.earlyStoppingPatience.value_or(0); },
        [](ExperimentConfig& e, int value) {
            e.training.earlyStoppingPatience = value == 0 ? std::nullopt : std::optional(value);
        });
    binder.flag(
        best, tr("Toggle best model"),
        [](const ExperimentConfig& e) { return e.training.loadBestModelAtEnd; },
        [](ExperimentConfig& e, bool isOn) { e.training.loadBestModelAtEnd = isOn; });
    connect(m_metric, &QComboBox::activated, this, [this](int index) {
        const std::string metric = m_metric->itemData(index).toString().toStdString();
        m_editor.edit(tr("Choose metric"), [&](ExperimentConfig& e) {
            e.training.metricForBestModel = index == 0 ? std::nullopt : std::optional(metric);
        });
    });
    binder.onChange([this](const ExperimentConfig& e) { refreshMetrics(e); });
    m_advanced->addField(
        tr("Judge by"), m_metric, QStringLiteral("training.metric_for_best_model"),
        tr("The metric that decides which checkpoint is best; the task's first unless chosen"));
    m_advanced->addField(tr("Evaluate every"), evalSteps, QStringLiteral("training.eval_steps"),
                         tr("Optimiser steps between evaluations"));
    m_advanced->addField(tr("Checkpoints"), saveSteps, QStringLiteral("training.save_steps"),
                         tr("Optimiser steps between checkpoints to resume from"));
    m_advanced->addField(tr("Early stopping"), paired(patience, QString(), best, this),
                         QStringLiteral("training.early_stopping_patience"),
                         tr("Evaluations without improvement before the run ends"));
}

/// Metrics of the task; one chosen for another task stays visible, with its issue.
void TrainingCard::refreshMetrics(const ExperimentConfig& experiment)
{
    const QSignalBlocker blocker(m_metric);
    m_metric->clear();
    for (const std::string_view metric : metricNames(experiment.task))
        m_metric->addItem(metricName(std::string(metric)), qstr(std::string(metric)));
    const auto& chosen = experiment.training.metricForBestModel;
    if (chosen && m_metric->findData(qstr(*chosen)) < 0)
        m_metric->addItem(metricName(*chosen), qstr(*chosen));
    m_metric->setCurrentIndex(chosen ? m_metric->findData(qstr(*chosen)) : 0);
}

void TrainingCard::buildResources(FieldBinder& binder)
{
    constexpr int kMany = std::numeric_limits<int>::max();
    auto* maxSteps = countBox(this, 0, kMany, tr("as epochs say"));
    auto* accumulation = countBox(this, 1, 4096);
    auto* threads = countBox(this, 0, 1024, tr("one per core"));
    binder.integer(
        maxSteps, tr("Change step limit"),
        [](const ExperimentConfig& e) { return clampedInt(std::max<std::int64_t>(0, e.training.maxSteps)); },
        [](ExperimentConfig& e, int value) { e.training.maxSteps = value == 0 ? -1 : value; });
    binder.integer(
        accumulation, tr("Change accumulation"),
        [](const ExperimentConfig& e) { return e.training.gradientAccumulationSteps; },
        [](ExperimentConfig& e, int value) { e.training.gradientAccumulationSteps = value; });
    binder.integer(
        threads, tr("Change threads"), [](const ExperimentConfig& e) { return e.training.threads; },
        [](ExperimentConfig& e, int value) { e.training.threads = value; });
    auto* cache = new QComboBox(this);
    cache->addItem(tr("kept for later runs"), QStringLiteral("auto"));
    cache->addItem(tr("for this run only"), QStringLiteral("memory"));
    cache->addItem(tr("off"), QStringLiteral("off"));
    binder.choice(
        cache, tr("Change prefix cache"),
        [](const ExperimentConfig& e) { return qstr(e.training.prefixCache); },
        [](ExperimentConfig& e, const QString& value) { e.training.prefixCache = value.toStdString(); });
    m_advanced->addField(tr("Prefix cache"), cache, QStringLiteral("training.prefix_cache"),
                         tr("Frozen layers below the lowest trained one run once instead of every epoch"));
    auto* dtype = new QComboBox(this);
    dtype->addItem(QStringLiteral("float32"), QStringLiteral("float32"));
    dtype->addItem(QStringLiteral("bfloat16"), QStringLiteral("bfloat16"));
    binder.choice(
        dtype, tr("Change number type"), [](const ExperimentConfig& e) { return qstr(e.training.dtype); },
        [](ExperimentConfig& e, const QString& value) { e.training.dtype = value.toStdString(); });
    m_advanced->addField(
        tr("Frozen weights"), dtype, QStringLiteral("training.dtype"),
        tr("bfloat16 multiplies faster, on processors with AVX512-BF16 only; what is trained "
           "stays float32"));
    auto* checkpointing = new QComboBox(this);
    checkpointing->addItem(tr("when memory is short"), QStringLiteral("auto"));
    checkpointing->addItem(tr("always"), QStringLiteral("on"));
    checkpointing->addItem(tr("never"), QStringLiteral("off"));
    binder.choice(
        checkpointing, tr("Change gradient checkpointing"),
        [](const ExperimentConfig& e) {
            const std::optional<bool> isOn = e.training.gradientCheckpointing;
            return isOn ? (*isOn ? QStringLiteral("on") : QStringLiteral("off")) : QStringLiteral("auto");
        },
        [](ExperimentConfig& e, const QString& value) {
            e.training.gradientCheckpointing =
                value == QLatin1String("auto") ? std::nullopt : std::optional(value == QLatin1String("on"));
        });
    m_advanced->addField(
        tr("Recompute"), checkpointing, QStringLiteral("training.gradient_checkpointing"),
        tr("Gradient checkpointing: activations are computed once more instead of kept; less "
           "memory, the same numbers, a third to a half slower"));
    m_advanced->addField(tr("Step limit"), maxSteps, QStringLiteral("training.max_steps"),
                         tr("Ends the run after so many optimiser steps, whatever the epochs"));
    m_advanced->addField(tr("Accumulate"), paired(accumulation, tr("Threads"), threads, this),
                         QStringLiteral("training.gradient_accumulation_steps"),
                         tr("Batches summed before each optimiser step"));
}

void TrainingCard::connectSignals()
{
    connect(&m_editor, &ExperimentEditor::issuesChanged, this, [this] {
        m_basic->setIssues(m_editor.issues());
        m_advanced->setIssues(m_editor.issues());
        // An error nobody can see would only disable Start.
        for (const ConfigIssue& issue : m_editor.issues()) {
            if (issue.severity == Severity::Error && m_advanced->hasField(issue.field))
                m_disclosure->setChecked(true);
        }
    });
}

} // namespace lora::ui
