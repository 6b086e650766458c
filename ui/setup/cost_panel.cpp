#include "ui/setup/cost_panel.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/setup/cost_bar.h"
#include "ui/setup/savings_chart.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/card.h"

#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

namespace lora::ui {

CostPanel::CostPanel(ExperimentEditor& editor, QWidget* parent)
    : QWidget(parent)
    , m_editor(editor)
{
    createWidgets();
    buildLayout();
    connectSignals();
    clearReport(tr("Costs appear here once model and data are read."));
    refreshStart();
}

void CostPanel::createWidgets()
{
    for (CostBar*& bar : m_bars)
        bar = new CostBar(this);
    m_savingsTitle = new QLabel(tr("Where compute is saved"), this);
    m_savings = new SavingsChart(this);
    m_adapter = new MutedLabel({}, this);
    m_note = new MutedLabel({}, this);
    m_measure = new QPushButton(tr("&Measure full fine-tuning"), this);
    m_start = new AccentButton(tr("&Start"), this);
    m_start->setToolTip(tr("Train this experiment (Ctrl+Return)"));
    m_sweep = new QPushButton(tr("S&weep ranks…"), this);
    m_sweep->setMinimumHeight(m_start->minimumHeight());
    m_sweep->setToolTip(
        tr("Plan runs over several ranks, targets, layers and seeds, and compare them (Ctrl+Shift+Return)"));
    m_reason = new MutedLabel({}, this);
    m_links = new QWidget(this);
}

void CostPanel::buildLayout()
{
    auto* heading = new QLabel(tr("Cost against full fine-tuning"), this);
    heading->setFont(headingFont(font()));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    layout->setSpacing(kGrid);
    layout->addWidget(heading);
    for (CostBar* bar : m_bars)
        layout->addWidget(bar);
    layout->addSpacing(kGrid);
    layout->addWidget(m_savingsTitle);
    layout->addWidget(m_savings);
    layout->addWidget(m_adapter);
    layout->addWidget(m_note);
    layout->addWidget(m_measure, 0, Qt::AlignLeft);
    layout->addStretch(1);
    layout->addWidget(m_reason);
    auto* starts = new QHBoxLayout;
    starts->setSpacing(kGrid);
    starts->addWidget(m_start, 1);
    starts->addWidget(m_sweep, 1);
    layout->addLayout(starts);
    auto* links = new QHBoxLayout(m_links);
    links->setContentsMargins(0, 0, 0, 0);
    links->setSpacing(kGrid / 2);
    const std::tuple<QString, QString, void (CostPanel::*)()> actions[] = {
        {tr("Copy command"), tr("Copy the command line that runs the same experiment"),
         &CostPanel::copyCommandRequested},
        {tr("Save…"), tr("Save this experiment as a JSON file"), &CostPanel::saveRequested},
        {tr("Open…"), tr("Open an experiment file"), &CostPanel::openRequested}};
    for (const auto& [text, why, signal] : actions) {
        auto* button = new QToolButton(m_links);
        button->setText(text);
        button->setToolTip(why);
        button->setAutoRaise(true);
        button->setFocusPolicy(Qt::StrongFocus);
        connect(button, &QToolButton::clicked, this, signal);
        links->addWidget(button);
    }
    links->addStretch(1);
    layout->addWidget(m_links);
}

void CostPanel::connectSignals()
{
    connect(m_start, &AccentButton::clicked, this, &CostPanel::startRequested);
    connect(m_sweep, &QPushButton::clicked, this, &CostPanel::sweepRequested);
    connect(m_measure, &QPushButton::clicked, this, &CostPanel::toggleMeasuring);
    connect(&m_editor, &ExperimentEditor::changed, this, &CostPanel::forgetMeasurement);
    connect(&m_editor, &ExperimentEditor::issuesChanged, this, &CostPanel::refreshStart);
}

void CostPanel::setBars(const CostReport& report)
{
    const MethodCost& own = report.method;
    const MethodCost& full = report.fullFineTuning;
    const bool isEstimate = !report.isBaselineMeasured;
    if (m_measured) {
        const MeasuredCost& real = *m_measured;
        const QString pairs = tr("Measured on %1 pairs of real steps").arg(real.pairs);
        const QString interval = tr("%1; 95 % interval of the ratio %2 to %3")
                                     .arg(pairs, qChange(real.timeLow), qChange(real.timeHigh));
        m_bars[0]->setValues({tr("Trainable parameters"),
                              double(own.parameters.trainable),
                              double(full.parameters.trainable),
                              &qCount,
                              false,
                              {}});
        m_bars[1]->setValues(
            {tr("Compute per step, measured"), real.flops, real.fullFlops, &qFlops, false, pairs});
        m_bars[2]->setValues({tr("Memory, measured"), real.memoryBytes, real.fullMemoryBytes, &qBytes, false,
                              tr("%1: resident memory").arg(pairs)});
        m_bars[3]->setValues({tr("Time per step, measured"), real.timeRatio * real.fullSeconds,
                              real.fullSeconds, &qDuration, false, interval});
        return;
    }
    m_bars[0]->setValues({tr("Trainable parameters"),
                          double(own.parameters.trainable),
                          double(full.parameters.trainable),
                          &qCount,
                          false,
                          {}});
    m_bars[1]->setValues(
        {tr("Compute per epoch"), own.flopsPerEpoch, full.flopsPerEpoch, &qFlops, false, {}});
    m_bars[2]->setValues({tr("Memory"), own.memory.total(), full.memory.total(), &qBytes, true, {}});
    m_bars[3]->setValues(
        {tr("Time per epoch"), own.secondsPerEpoch, full.secondsPerEpoch, &qDuration, isEstimate, {}});
}

void CostPanel::setReport(const CostReport& report)
{
    m_report = report;
    showReport();
}

void CostPanel::showReport()
{
    if (!m_report)
        return;
    const CostReport& report = *m_report;
    setBars(report);
    m_savings->setSavings(report.savings);
    for (QWidget* widget : std::initializer_list<QWidget*>{m_bars[0], m_bars[1], m_bars[2], m_bars[3]})
        widget->show();
    const bool hasSavings = !report.savings.empty();
    m_savings->setVisible(hasSavings);
    m_savingsTitle->setVisible(hasSavings);
    const bool isFull = m_editor.experiment().method.type == MethodType::Full;
    m_adapter->setText((isFull ? tr("Model file %1") : tr("Adapter file %1, model file %2"))
                           .arg(qBytes(double(report.method.adapterBytes)))
                           .arg(isFull ? QString() : qBytes(double(report.fullFineTuning.adapterBytes))));
    QString note = tr("≈ estimated from this machine's speed, without training. Parameters and compute are "
                      "counted exactly, per matrix product.");
    if (report.isBaselineMeasured)
        note = tr("Time of full fine-tuning measured with real steps.");
    if (m_measured)
        note = tr("Measured on %1 pairs of real steps on the same batches; it holds until a setting changes.")
                   .arg(m_measured->pairs);
    if (m_measured && m_measured->energyRatio)
        note += u' ' + tr("Energy %1.").arg(qChange(*m_measured->energyRatio));
    m_note->setText(note);
    refreshMeasure();
    setAccessibleDescription(text());
}

void CostPanel::toggleMeasuring()
{
    if (m_measuring) {
        m_measure->setEnabled(false);
        m_measure->setText(tr("Stopping…"));
        emit measureStopRequested();
        return;
    }
    m_measuring = m_editor.experiment();
    refreshMeasure();
    m_measure->setText(tr("Stop measuring (loading…)"));
    emit measureRequested(*m_measuring);
}

void CostPanel::setMeasureProgress(qint64 done, qint64 total)
{
    if (m_measuring && m_measure->isEnabled())
        m_measure->setText(tr("Stop measuring (%1 of %2 steps)").arg(done).arg(total));
}

void CostPanel::setMeasured(const ExperimentConfig& experiment, const MeasuredCost& cost)
{
    m_measuring.reset();
    if (experiment == m_editor.experiment()) {
        m_measured = cost;
        m_measuredFor = experiment;
    }
    showReport();
    refreshMeasure();
}

void CostPanel::setMeasureEnd()
{
    m_measuring.reset();
    refreshMeasure();
}

/// A measurement is of one configuration; its name is no part of that.
void CostPanel::forgetMeasurement()
{
    const auto isStill = [this](const std::optional<ExperimentConfig>& measured) {
        if (!measured)
            return true;
        ExperimentConfig now = m_editor.experiment();
        now.name = measured->name;
        return now == *measured;
    };
    if (m_measuring && !isStill(m_measuring) && m_measure->isEnabled())
        toggleMeasuring();
    if (!isStill(m_measuredFor)) {
        m_measured.reset();
        m_measuredFor.reset();
        showReport();
    }
    refreshMeasure();
}

void CostPanel::refreshMeasure()
{
    if (m_measuring)
        return m_measure->setToolTip(tr("End the measurement within a step"));
    const bool isFull = m_editor.experiment().method.type == MethodType::Full;
    m_measure->setVisible(m_report && !m_bars[0]->isHidden());
    m_measure->setText(m_measured ? tr("&Measure again") : tr("&Measure full fine-tuning"));
    m_measure->setEnabled(!isFull && blockingReason().isEmpty());
    m_measure->setToolTip(
        isFull ? tr("This is full fine-tuning: there is nothing to measure it against")
        : m_state != RunState::Idle
            ? tr("Not beside a training, which would falsify both")
            : tr("Take some real steps of this configuration and of full fine-tuning, in turn on the same "
                 "batches, and replace the estimates; nothing is written"));
}

void CostPanel::clearReport(const QString& reason)
{
    for (CostBar* bar : m_bars)
        bar->hide();
    m_savings->hide();
    m_savingsTitle->hide();
    m_adapter->setText({});
    m_note->setText(reason);
    m_report.reset();
    refreshMeasure();
}

void CostPanel::setRunState(RunState state)
{
    m_state = state;
    refreshStart();
}

QString CostPanel::blockingReason() const
{
    if (m_state != RunState::Idle)
        return tr("A run is under way; stop it or wait for its end.");
    QStringList errors;
    for (const ConfigIssue& issue : m_editor.issues()) {
        if (issue.severity == Severity::Error)
            errors += tr("%1: %2").arg(qstr(issue.field), qstr(issue.text));
    }
    if (errors.size() > 2)
        errors = {errors[0], errors[1], tr("and %1 more").arg(errors.size() - 2)};
    return errors.join(u'\n');
}

void CostPanel::refreshStart()
{
    const QString reason = blockingReason();
    m_start->setEnabled(reason.isEmpty());
    m_reason->setText(reason,
                      m_state == RunState::Idle ? MutedLabel::Tone::Problem : MutedLabel::Tone::Muted);
    refreshMeasure();
}

QString CostPanel::text() const
{
    QStringList lines;
    for (const CostBar* bar : m_bars) {
        if (!bar->isHidden())
            lines += bar->text();
    }
    if (!m_savings->isHidden())
        lines += m_savings->text();
    lines << m_adapter->text() << m_note->text();
    lines.removeAll(QString());
    return lines.join(u'\n');
}

void CostPanel::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(faintLine(palette()));
    painter.drawLine(rect().topLeft(), rect().bottomLeft());
}

} // namespace lora::ui
