#include "ui/sweep/sweep_page.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/models/planned_runs_model.h"
#include "ui/sweep/planned_runs_view.h"
#include "ui/sweep/sweep_form.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/card.h"
#include "ui/widgets/chip_row.h"

#include <QKeyEvent>
#include <QLabel>
#include <QScrollArea>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

constexpr int kPlanDelayMs = 30; ///< so that a word typed in Setup asks once
constexpr int kFormWidth = 58 * kGrid;

} // namespace

SweepPage::SweepPage(ExperimentEditor& editor, QWidget* parent)
    : QWidget(parent)
    , m_editor(editor)
{
    createWidgets();
    buildLayout();
    connectSignals();
    refreshTexts();
    refreshStart();
}

PlannedRunsModel& SweepPage::runs() const
{
    return m_view->runs();
}

void SweepPage::createWidgets()
{
    m_delay = new QTimer(this);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kPlanDelayMs);
    m_back = new QToolButton(this);
    m_back->setText(tr("Back to setup"));
    m_back->setToolTip(tr("What the runs share is set there (Esc)"));
    m_back->setFocusPolicy(Qt::StrongFocus);
    m_back->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_about = new QLabel(this);
    m_about->setTextFormat(Qt::PlainText);
    m_form = new SweepForm(m_editor, this);
    m_view = new PlannedRunsView(this);
    m_totals = new QLabel(this);
    m_totals->setTextFormat(Qt::PlainText);
    m_totals->setWordWrap(true);
    m_problems = new MutedLabel({}, this);
    m_copy = new QToolButton(this);
    m_copy->setText(tr("Copy command"));
    m_copy->setToolTip(tr("Copy the command line that makes the same sweep"));
    m_copy->setAutoRaise(true);
    m_copy->setFocusPolicy(Qt::StrongFocus);
    m_start = new AccentButton(tr("&Start sweep"), this);
    m_start->setMinimumWidth(16 * kGrid);
}

QWidget* SweepPage::buildHeader()
{
    auto* header = new QWidget(this);
    auto* heading = new QLabel(tr("Sweep"), header);
    heading->setFont(headingFont(font()));
    auto* layout = new QHBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2 * kGrid);
    layout->addWidget(heading);
    layout->addWidget(m_about, 1);
    layout->addWidget(m_back);
    return header;
}

QWidget* SweepPage::buildRuns()
{
    auto* area = new QWidget(this);
    auto* actions = new QHBoxLayout;
    actions->setSpacing(kGrid);
    actions->addWidget(m_totals, 1);
    actions->addWidget(m_copy);
    actions->addWidget(m_start);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_problems);
    layout->addLayout(actions);
    return area;
}

void SweepPage::buildLayout()
{
    auto* content = new QWidget;
    auto* left = new QVBoxLayout(content);
    left->setContentsMargins(0, 0, 2 * kGrid, 0);
    left->setSpacing(2 * kGrid);
    left->addWidget(m_form);
    left->addWidget(new MutedLabel(
        tr("Runs are pairs: with the same seed they get the same split of the data, the same batches in the "
           "same order and the same start. Frozen layers run once for all runs that share them."),
        content));
    left->addStretch(1);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFixedWidth(kFormWidth);
    auto* columns = new QHBoxLayout;
    columns->setSpacing(2 * kGrid);
    columns->addWidget(scroll);
    columns->addWidget(buildRuns(), 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    layout->setSpacing(2 * kGrid);
    layout->addWidget(buildHeader());
    layout->addLayout(columns, 1);
}

void SweepPage::connectSignals()
{
    connect(m_delay, &QTimer::timeout, this, &SweepPage::plan);
    connect(m_form, &SweepForm::changed, this, &SweepPage::planSoon);
    connect(&m_editor, &ExperimentEditor::issuesChanged, this, &SweepPage::planSoon);
    connect(m_back, &QToolButton::clicked, this, &SweepPage::closeRequested);
    connect(m_copy, &QToolButton::clicked, this, [this] { emit copyCommandRequested(m_form->arguments()); });
    connect(m_start, &AccentButton::clicked, this, &SweepPage::start);
}

void SweepPage::setModel(const ModelSummary& model)
{
    m_form->setModel(model);
    planSoon();
}

void SweepPage::planSoon()
{
    if (isVisible() && !m_delay->isActive())
        m_delay->start();
}

void SweepPage::plan()
{
    ++m_question.ticket;
    m_question.base = m_editor.experiment();
    m_question.axes = m_form->axes();
    m_plan = {};
    m_plan.issues = m_form->issues();
    if (m_plan.issues.empty()) {
        emit planRequested(m_question);
        return refreshStart();
    }
    m_plan.ticket = m_question.ticket;
    setPlan(PlannedSweep(m_plan));
}

void SweepPage::setPlan(const PlannedSweep& plan)
{
    if (plan.ticket != m_question.ticket)
        return;
    m_plan = plan;
    m_view->setLines(plan.lines);
    m_form->setIssues(plan.issues);
    refreshTexts();
    refreshStart();
}

QString SweepPage::problems() const
{
    QStringList texts;
    for (const ConfigIssue& issue : m_plan.issues) {
        if (issue.severity == Severity::Error && !m_form->hasField(issue.field))
            texts += tr("%1: %2").arg(qstr(issue.field), qstr(issue.text));
    }
    return texts.join(u'\n');
}

QString SweepPage::totals() const
{
    const auto count = static_cast<int>(runs().lines().size());
    if (count == 0)
        return {};
    QStringList parts{count == 1 ? tr("1 run") : tr("%1 runs").arg(count),
                      tr("≈ %1 of training in all").arg(qDuration(runs().totalSeconds())),
                      tr("memory up to ≈ %1").arg(qBytes(runs().peakMemory()))};
    return parts.join(QStringLiteral("  ·  "));
}

void SweepPage::refreshTexts()
{
    const ExperimentConfig& base = m_editor.experiment();
    m_about->setText(tr("%1 on %2, every combination of what is chosen below")
                         .arg(sourceName(base.model), sourceName(base.data.train)));
    m_totals->setText(totals());
    m_problems->setText(problems(), MutedLabel::Tone::Problem);
    m_problems->setVisible(!problems().isEmpty());
    m_view->setReason(m_plan.issues.empty() ? m_plan.reason
                                            : tr("The runs appear here once what is marked is corrected."));
}

QString SweepPage::blockingReason() const
{
    if (m_state != RunState::Idle)
        return tr("A run is under way; stop it or wait for its end.");
    if (m_isStarting)
        return tr("The sweep is being prepared.");
    if (m_plan.ticket != m_question.ticket || m_plan.lines.empty())
        return m_plan.reason.isEmpty() ? tr("There is nothing to run yet.") : m_plan.reason;
    return {};
}

void SweepPage::refreshStart()
{
    const QString reason = blockingReason();
    m_start->setEnabled(reason.isEmpty());
    m_start->setToolTip(reason.isEmpty() ? tr("Train these runs one after the other (Ctrl+Return)") : reason);
}

void SweepPage::start()
{
    if (!blockingReason().isEmpty())
        return;
    m_isStarting = true;
    refreshStart();
    emit startRequested(m_question);
}

void SweepPage::setRunState(RunState state)
{
    m_state = state;
    m_isStarting = false;
    refreshStart();
}

void SweepPage::setNotStarted()
{
    m_isStarting = false;
    refreshStart();
}

void SweepPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshTexts();
    m_delay->start();
}

void SweepPage::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        emit closeRequested();
    else
        QWidget::keyPressEvent(event);
}

} // namespace lora::ui
