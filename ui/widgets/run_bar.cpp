#include "ui/widgets/run_bar.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QProgressBar>
#include <QToolButton>

namespace lora::ui {

RunBar::RunBar(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connect(m_stop, &QToolButton::clicked, this, &RunBar::stopRequested);
    connect(m_pause, &QToolButton::clicked, this,
            [this] { m_state == RunState::Paused ? emit resumeRequested() : emit pauseRequested(); });
    refreshButtons();
    hide();
}

void RunBar::createWidgets()
{
    m_name = new QLabel(this);
    QFont bold = font();
    bold.setBold(true);
    m_name->setFont(bold);
    m_name->setTextFormat(Qt::PlainText);
    m_status = new QLabel(this);
    m_status->setTextFormat(Qt::PlainText);
    m_progress = new QProgressBar(this);
    m_progress->setTextVisible(false);
    m_progress->setFixedHeight(kGrid);
    m_progress->setAccessibleName(tr("Progress of the run"));
    m_pause = new QToolButton(this);
    m_stop = new QToolButton(this);
    for (QToolButton* button : {m_pause, m_stop})
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_stop->setText(tr("Stop"));
}

void RunBar::buildLayout()
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
    layout->setSpacing(2 * kGrid);
    layout->addWidget(m_name);
    layout->addWidget(m_progress, 1);
    layout->addWidget(m_status);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(kGrid / 2);
    buttons->addWidget(m_pause);
    buttons->addWidget(m_stop);
    layout->addLayout(buttons);
}

void RunBar::setRun(const RunStart& start, const QString& name)
{
    m_start = start;
    m_recent.clear();
    m_hasOutcome = false;
    m_activity.clear();
    m_name->setText(named(name));
    m_progress->setRange(0, static_cast<int>(std::max<std::int64_t>(1, start.totalSteps)));
    m_progress->setValue(static_cast<int>(start.firstStep));
    show();
    refreshText();
}

void RunBar::addSteps(const std::vector<StepMetrics>& steps)
{
    if (steps.empty())
        return;
    constexpr std::size_t kWindow = 100;
    m_activity.clear();
    m_recent.insert(m_recent.end(), steps.begin(), steps.end());
    if (m_recent.size() > kWindow)
        m_recent.erase(m_recent.begin(), m_recent.end() - kWindow);
    m_progress->setValue(static_cast<int>(m_recent.back().step));
    refreshText();
}

void RunBar::setEvaluationProgress(qint64 done, qint64 total)
{
    setActivity(done < total ? tr("Evaluating %1 of %2").arg(done).arg(total) : QString());
}

void RunBar::setState(RunState state)
{
    m_state = state;
    if (state == RunState::Preparing) {
        m_hasOutcome = false;
        m_recent.clear();
        m_start = {};
        m_sweepOutcome.clear();
        m_name->setText(named(tr("Preparing")));
        m_activity.clear();
        m_progress->setRange(0, 0);
        show();
    } else if (state == RunState::Idle && m_progress->maximum() == 0) {
        m_progress->setRange(0, 1);
        m_activity.clear();
    }
    refreshButtons();
    refreshText();
}

QString RunBar::named(const QString& name) const
{
    return m_sweep.isEmpty() ? name : m_sweep + QStringLiteral("  ·  ") + name;
}

void RunBar::setSweep(const QString& position)
{
    m_sweep = position;
    refreshButtons();
}

void RunBar::setSweepOutcome(const QString& name, const QString& text)
{
    m_sweep.clear();
    m_sweepOutcome = text;
    m_name->setText(name);
    refreshText();
}

void RunBar::setActivity(const QString& text)
{
    m_activity = text;
    refreshText();
}

void RunBar::setOutcome(const RunOutcome& outcome)
{
    m_outcome = outcome;
    m_hasOutcome = true;
    m_activity.clear();
    if (m_progress->maximum() == 0)
        m_progress->setRange(0, 1);
    refreshText();
}

double RunBar::secondsLeft() const
{
    if (m_recent.size() < 2 || m_start.totalSteps <= 0)
        return -1;
    const StepMetrics& first = m_recent.front();
    const StepMetrics& last = m_recent.back();
    const double perStep = (last.seconds - first.seconds) / static_cast<double>(last.step - first.step);
    return perStep * static_cast<double>(m_start.totalSteps - last.step);
}

QString RunBar::outcomeText() const
{
    const QString duration = qDuration(m_outcome.trainSeconds);
    switch (m_outcome.status) {
    case RunStatus::Completed:
        return tr("Completed: %1 steps in %2").arg(m_outcome.steps).arg(duration);
    case RunStatus::Stopped:
        return tr("Stopped after step %1, %2").arg(m_outcome.steps).arg(duration);
    case RunStatus::Diverged:
        return tr("Diverged at step %1").arg(m_outcome.steps);
    case RunStatus::Failed:
        break;
    }
    return tr("Failed");
}

void RunBar::refreshText()
{
    if (!m_sweepOutcome.isEmpty())
        return m_status->setText(m_sweepOutcome);
    QStringList parts;
    if (!m_recent.empty()) {
        if (!m_hasOutcome)
            parts += tr("step %1 / %2").arg(m_recent.back().step).arg(m_start.totalSteps);
        parts += tr("train loss %1").arg(qNumber(m_recent.back().loss));
    }
    if (m_hasOutcome)
        parts.prepend(outcomeText());
    else if (!m_activity.isEmpty())
        parts += m_activity;
    else if (m_state == RunState::Paused)
        parts += tr("paused");
    else if (m_state == RunState::Stopping)
        parts += tr("finishing the step");
    else if (secondsLeft() >= 0)
        parts += tr("%1 left").arg(qDuration(secondsLeft()));
    m_status->setText(parts.join(QStringLiteral("  ·  ")));
}

void RunBar::refreshButtons()
{
    const bool isPaused = m_state == RunState::Paused;
    const bool isActive = m_state == RunState::Running || isPaused;
    m_pause->setText(isPaused ? tr("Resume") : tr("Pause"));
    m_pause->setToolTip(isPaused ? tr("Go on with the next step")
                                 : tr("Wait after this step; nothing is lost"));
    m_pause->setIcon(themedIcon(isPaused ? QStringLiteral("play") : QStringLiteral("pause"), palette()));
    m_stop->setIcon(themedIcon(QStringLiteral("stop"), palette()));
    m_stop->setToolTip(
        m_sweep.isEmpty()
            ? tr("Finish the step, write a checkpoint and end the run; it can be continued later")
            : tr("Finish the step, write a checkpoint and end the sweep; it can be continued later"));
    m_pause->setEnabled(isActive);
    m_stop->setEnabled(isActive || m_state == RunState::Preparing);
    m_pause->setVisible(m_state != RunState::Idle);
    m_stop->setVisible(m_state != RunState::Idle);
}

void RunBar::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        refreshButtons();
}

void RunBar::paintEvent(QPaintEvent*)
{
    QPainter painter(this);
    painter.setPen(faintLine(palette()));
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

} // namespace lora::ui
