#include "ui/reproduce/reproduction_page.h"

#include "ui/format/quantities.h"
#include "ui/models/planned_runs_model.h"
#include "ui/reproduce/reproduction_form.h"
#include "ui/sweep/planned_runs_view.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/card.h"

#include <QCheckBox>
#include <QFontDatabase>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QScrollArea>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

constexpr int kPlanDelayMs = 250; ///< files are read for an answer: not at every letter of a path
constexpr int kFormWidth = 58 * kGrid;

} // namespace

ReproductionPage::ReproductionPage(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connectSignals();
    refresh();
}

PlannedRunsModel& ReproductionPage::runs() const
{
    return m_view->runs();
}

void ReproductionPage::createWidgets()
{
    m_delay = new QTimer(this);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kPlanDelayMs);
    m_form = new ReproductionForm(this);
    setFocusProxy(m_form);
    m_view = new PlannedRunsView(this);
    m_view->hideSharing(); // every run computes what it needs itself
    m_back = new QToolButton(this);
    m_back->setText(tr("Back to report"));
    m_back->setToolTip(tr("Esc"));
    m_back->setFocusPolicy(Qt::StrongFocus);
    m_command = new QLineEdit(this);
    m_command->setReadOnly(true);
    m_command->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_command->setAccessibleName(tr("Command line that does the same"));
    m_command->setToolTip(tr("The command line that does the same"));
    m_copy = new QToolButton(this);
    m_copy->setText(tr("Copy command"));
    m_copy->setAutoRaise(true);
    m_copy->setFocusPolicy(Qt::StrongFocus);
    m_totals = new QLabel(this);
    m_totals->setTextFormat(Qt::PlainText);
    m_totals->setWordWrap(true);
    m_problems = new MutedLabel({}, this);
    m_start = new AccentButton(tr("&Start the test"), this);
    m_start->setMinimumWidth(16 * kGrid);
}

QWidget* ReproductionPage::buildHeader()
{
    auto* header = new QWidget(this);
    auto* heading = new QLabel(tr("The article's claims"), header);
    heading->setFont(headingFont(font()));
    auto* about =
        new QLabel(tr("less compute than full fine-tuning, at equal quality: does it hold here?"), header);
    auto* layout = new QHBoxLayout(header);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2 * kGrid);
    layout->addWidget(heading);
    layout->addWidget(about, 1);
    layout->addWidget(m_back);
    return header;
}

QWidget* ReproductionPage::buildForm()
{
    auto* content = new QWidget;
    auto* left = new QVBoxLayout(content);
    left->setContentsMargins(0, 0, 2 * kGrid, 0);
    left->setSpacing(2 * kGrid);
    left->addWidget(m_form);
    left->addWidget(new MutedLabel(
        tr("Runs are pairs: with the same seed they get the same batches in the same order and the same "
           "start. Each computes on its own what it needs, so that its compute, time and memory are its own. "
           "“No cache” runs the frozen layers in every epoch."),
        content));
    left->addStretch(1);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(content);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFixedWidth(kFormWidth);
    return scroll;
}

QWidget* ReproductionPage::buildRuns()
{
    auto* area = new QWidget(this);
    auto* command = new QHBoxLayout;
    command->setSpacing(kGrid);
    command->addWidget(m_command, 1);
    command->addWidget(m_copy);
    auto* actions = new QHBoxLayout;
    actions->setSpacing(kGrid);
    actions->addWidget(m_totals, 1);
    actions->addWidget(m_start);
    auto* layout = new QVBoxLayout(area);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(m_view, 1);
    layout->addWidget(m_problems);
    layout->addLayout(command);
    layout->addLayout(actions);
    return area;
}

void ReproductionPage::buildLayout()
{
    auto* columns = new QHBoxLayout;
    columns->setSpacing(2 * kGrid);
    columns->addWidget(buildForm());
    columns->addWidget(buildRuns(), 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    layout->setSpacing(2 * kGrid);
    layout->addWidget(buildHeader());
    layout->addLayout(columns, 1);
}

void ReproductionPage::connectSignals()
{
    connect(m_delay, &QTimer::timeout, this, &ReproductionPage::plan);
    connect(m_form, &ReproductionForm::changed, this, &ReproductionPage::planSoon);
    connect(m_back, &QToolButton::clicked, this, &ReproductionPage::closeRequested);
    connect(m_copy, &QToolButton::clicked, this, [this] { emit copyCommandRequested(command()); });
    connect(m_start, &AccentButton::clicked, this, &ReproductionPage::start);
}

void ReproductionPage::setDefaults(const ReproductionDefaults& defaults)
{
    m_form->setDefaults(defaults);
    QWidget* last = &m_form->settings();
    for (QWidget* next :
         {static_cast<QWidget*>(m_view), static_cast<QWidget*>(m_command), static_cast<QWidget*>(m_copy),
          static_cast<QWidget*>(m_start), static_cast<QWidget*>(m_back)}) {
        setTabOrder(last, next);
        last = next;
    }
    planSoon();
}

/// What is planned is out of date from the first letter on, whenever the next is asked for.
void ReproductionPage::planSoon()
{
    ++m_question.ticket;
    m_plan.command.clear();
    m_plan.reason = tr("Reading the model and the data…");
    if (isVisible())
        m_delay->start();
    refresh();
}

void ReproductionPage::plan()
{
    m_question.request = m_form->request();
    PlannedReproduction own;
    own.ticket = m_question.ticket;
    own.issues = m_form->issues();
    if (own.issues.empty() && m_form->hasDefaults())
        emit planRequested(m_question);
    else
        setPlan(own);
}

void ReproductionPage::setPlan(const PlannedReproduction& plan)
{
    if (plan.ticket != m_question.ticket)
        return;
    m_plan = plan;
    m_view->setLines(plan.lines);
    m_form->setIssues(plan.issues);
    if (plan.fullLearningRate > 0)
        m_form->setUsualFullRate(plan.fullLearningRate);
    refresh();
}

QString ReproductionPage::problems() const
{
    QStringList texts;
    for (const ConfigIssue& issue : m_plan.issues)
        if (!m_form->hasField(issue.field))
            texts += issue.field.empty() ? qstr(issue.text)
                                         : tr("%1: %2").arg(qstr(issue.field), qstr(issue.text));
    return texts.join(u'\n');
}

QString ReproductionPage::totals() const
{
    const auto count = static_cast<int>(runs().lines().size());
    if (count == 0)
        return {};
    double wholes = 0;
    for (const SweepLine& line : runs().lines())
        wholes += line.cost.computeRatio;
    const QStringList parts{tr("%1 runs").arg(count),
                            tr("the compute of %1 full fine-tunings").arg(qNumber(wholes)),
                            tr("≈ %1 of training (estimated)").arg(qDuration(runs().totalSeconds())),
                            tr("memory up to ≈ %1").arg(qBytes(runs().peakMemory()))};
    return parts.join(QStringLiteral("  ·  "));
}

QString ReproductionPage::command() const
{
    return m_plan.command;
}

QString ReproductionPage::blockingReason() const
{
    if (m_state != RunState::Idle)
        return tr("A run is under way; stop it or wait for its end.");
    if (m_isStarting)
        return tr("The test is being prepared.");
    if (m_plan.ticket != m_question.ticket || m_plan.lines.empty())
        return m_plan.reason.isEmpty() ? tr("There is nothing to run yet.") : m_plan.reason;
    return {};
}

void ReproductionPage::refresh()
{
    m_totals->setText(totals());
    m_problems->setText(problems(), MutedLabel::Tone::Problem);
    m_view->setReason(m_plan.issues.empty() ? m_plan.reason
                                            : tr("The runs appear here once what is marked is corrected."));
    if (m_command->text() != command()) {
        m_command->setText(command());
        m_command->setCursorPosition(0);
    }
    m_copy->setEnabled(!command().isEmpty());
    const QString reason = blockingReason();
    m_start->setEnabled(reason.isEmpty());
    m_start->setToolTip(reason.isEmpty() ? tr("Train these runs one after the other (Ctrl+Return)") : reason);
}

void ReproductionPage::start()
{
    if (!blockingReason().isEmpty())
        return;
    m_isStarting = true;
    refresh();
    emit startRequested(m_question.request);
}

void ReproductionPage::setRunState(RunState state)
{
    const bool isOver = m_state != RunState::Idle && state == RunState::Idle;
    m_state = state;
    m_isStarting = false;
    if (isOver && m_plan.lines.empty())
        planSoon(); // this machine is not measured beside a training
    refresh();
}

void ReproductionPage::setNotStarted()
{
    m_isStarting = false;
    refresh();
}

void ReproductionPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    planSoon();
}

void ReproductionPage::keyPressEvent(QKeyEvent* event)
{
    if (event->key() == Qt::Key_Escape)
        emit closeRequested();
    else
        QWidget::keyPressEvent(event);
}

} // namespace lora::ui
