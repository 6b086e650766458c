#include "ui/pages/report_page.h"

#include "ui/format/quantities.h"
#include "ui/report/report_view.h"
#include "ui/reproduce/reproduction_page.h"
#include "ui/theme/theme.h"
#include "ui/widgets/accent_button.h"

#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>

namespace lora::ui {

namespace {

constexpr int kPauseMs = 60; ///< checking many runs asks once

QStringList foldersOf(const ReportPage::Runs& runs)
{
    QStringList folders;
    for (const auto& run : runs)
        folders << folderOf(*run);
    return folders;
}

} // namespace

ReportPage::ReportPage(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connectSignals();
    offerSources({});
    refresh();
}

QPushButton* ReportPage::saveButton(const QString& text, const QString& ending, const QString& filter,
                                    const QString& why, QPushButton* made)
{
    QPushButton* button = made ? made : new QPushButton(this);
    button->setText(text);
    button->setToolTip(why);
    button->setObjectName(QStringLiteral("save-") + ending);
    connect(button, &QPushButton::clicked, this, [this, ending, filter] { save(ending, filter); });
    m_saves.push_back(button);
    return button;
}

void ReportPage::createWidgets()
{
    const auto label = [this] {
        auto* made = new QLabel(this);
        made->setTextFormat(Qt::PlainText);
        made->setWordWrap(true);
        return made;
    };
    m_views = new QStackedWidget(this);
    m_planner = new ReproductionPage(this);
    m_title = label();
    m_title->setFont(headingFont(font()));
    m_source = new QComboBox(this);
    m_source->setObjectName(QStringLiteral("source"));
    m_source->setAccessibleName(tr("What is reported"));
    m_source->setToolTip(
        tr("The runs checked on Compare, or the evidence of a test of the article's claims"));
    m_test = new QPushButton(tr("&Test the article's claims…"), this);
    m_test->setToolTip(tr("Train full fine-tuning and LoRA side by side and see which claims hold here"));
    m_progress = label();
    m_continue = new QPushButton(tr("C&ontinue"), this);
    m_continue->setObjectName(QStringLiteral("continue"));
    m_continue->setToolTip(tr("Make the runs that are left; what is done stays"));
    m_status = label();
    m_check = label();
    m_check->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_view = new ReportView(this);
    saveButton(tr("Save &HTML…"), QStringLiteral("html"), tr("HTML (*.html)"),
               tr("One file with its charts inside, for any browser"), new AccentButton({}, this));
    saveButton(tr("Save P&DF…"), QStringLiteral("pdf"), tr("PDF (*.pdf)"), tr("Pages of A4 for print"));
    saveButton(tr("Save &Markdown…"), QStringLiteral("md"), tr("Markdown (*.md)"),
               tr("The same values as text, for a repository"));
    saveButton(tr("Save &CSV…"), QStringLiteral("csv"), tr("CSV (*.csv)"),
               tr("The comparison, a line for each run or way of training, for a spreadsheet"));
    m_export = new ExportRow(this);
    m_delay = new QTimer(this);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kPauseMs);
}

void ReportPage::buildLayout()
{
    auto* report = new QWidget(this);
    auto* header = new QHBoxLayout;
    header->setSpacing(kGrid);
    header->addWidget(m_title, 1);
    header->addWidget(m_source);
    header->addWidget(m_test);
    auto* toolbar = new QHBoxLayout;
    toolbar->setSpacing(kGrid);
    // The accent is enough: here the next action is no larger than the others.
    m_saves.front()->setFixedHeight(m_saves.back()->sizeHint().height());
    for (QPushButton* button : m_saves)
        toolbar->addWidget(button);
    toolbar->addStretch(1);
    toolbar->addWidget(m_export);
    auto* progress = new QHBoxLayout;
    progress->setSpacing(kGrid);
    progress->addWidget(m_progress, 1);
    progress->addWidget(m_continue);
    auto* layout = new QVBoxLayout(report);
    layout->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, 0);
    layout->setSpacing(kGrid);
    layout->addLayout(header);
    layout->addLayout(toolbar);
    layout->addLayout(progress);
    layout->addWidget(m_check);
    layout->addWidget(m_status);
    layout->addWidget(m_view, 1);
    layout->addStretch(0);
    m_views->addWidget(report);
    m_views->addWidget(m_planner);
    auto* whole = new QVBoxLayout(this);
    whole->setContentsMargins(0, 0, 0, 0);
    whole->addWidget(m_views);
    QWidget* last = m_test;
    for (QWidget* next : m_saves) {
        setTabOrder(last, next);
        last = next;
    }
    setTabOrder(last, m_continue);
    setTabOrder(m_continue, m_view);
}

void ReportPage::connectSignals()
{
    connect(m_delay, &QTimer::timeout, this, &ReportPage::ask);
    connect(m_export, &ExportRow::exportRequested, this, &ReportPage::exportRequested);
    connect(m_test, &QPushButton::clicked, this, [this] { showPlanner(true); });
    connect(m_planner, &ReproductionPage::closeRequested, this, [this] { showPlanner(false); });
    connect(m_continue, &QPushButton::clicked, this,
            [this] { emit continueRequested(question().reproduction); });
    connect(m_source, &QComboBox::currentIndexChanged, this, [this] {
        refresh();
        m_delay->start();
    });
}

void ReportPage::setRuns(const Runs& runs)
{
    const bool areOthers = foldersOf(runs) != foldersOf(m_runs);
    m_runs = runs;
    m_export->setRuns(runs);
    offerSources(areOthers && !runs.empty() && !m_position ? QString() : question().reproduction);
    refresh();
    m_delay->start();
}

void ReportPage::setReproductions(const std::vector<KnownReproduction>& reproductions)
{
    const KnownReproduction* shown = shownReproduction();
    const std::optional before = shown ? std::optional(*shown) : std::nullopt;
    m_reproductions = reproductions;
    shown = shownReproduction();
    offerSources(shown ? shown->folder : QString());
    refresh();
    if (shown && before != *shown)
        m_delay->start();
}

void ReportPage::offerSources(const QString& current)
{
    const QSignalBlocker blocker(m_source);
    m_source->clear();
    m_source->addItem(m_runs.empty()       ? tr("No checked runs")
                      : m_runs.size() == 1 ? tr("1 checked run")
                                           : tr("%1 checked runs").arg(m_runs.size()),
                      QString());
    for (const KnownReproduction& known : m_reproductions)
        m_source->addItem(known.isComplete()
                              ? known.title
                              : tr("%1 (%2 runs left)").arg(known.title).arg(known.count - known.done),
                          known.folder);
    if (m_source->findData(current) < 0)
        m_source->addItem(tr("The test just begun"), current);
    m_source->setCurrentIndex(m_source->findData(current));
}

void ReportPage::showEvidence(const QString& folder)
{
    offerSources(folder);
    showPlanner(false);
    refresh();
    m_delay->start();
}

void ReportPage::setPosition(const std::optional<SweepPosition>& position)
{
    m_position = position;
    refreshProgress();
}

void ReportPage::setRunState(RunState state)
{
    m_state = state;
    m_planner->setRunState(state);
    refreshProgress();
}

void ReportPage::showPlanner(bool isShown)
{
    if (isShown == isPlannerShown())
        return;
    m_views->setCurrentIndex(isShown ? 1 : 0);
    if (isShown)
        m_planner->setFocus(Qt::OtherFocusReason);
    else
        m_test->setFocus(Qt::OtherFocusReason);
    emit plannerShown(isShown);
}

bool ReportPage::isPlannerShown() const
{
    return m_views->currentIndex() == 1;
}

const KnownReproduction* ReportPage::shownReproduction() const
{
    const auto found =
        std::ranges::find(m_reproductions, m_source->currentData().toString(), &KnownReproduction::folder);
    return found == m_reproductions.end() ? nullptr : &*found;
}

ReportQuestion ReportPage::question() const
{
    ReportQuestion question;
    question.reproduction = m_source->currentData().toString();
    if (question.reproduction.isEmpty())
        question.runFolders = foldersOf(m_runs);
    question.isDark = isDark(palette());
    return question;
}

QString ReportPage::titleText() const
{
    if (!question().reproduction.isEmpty())
        return tr("The article's claims put to the test");
    return m_runs.size() > 1    ? tr("Report of %1 checked runs").arg(m_runs.size())
           : m_runs.size() == 1 ? tr("Report of %1").arg(nameOf(*m_runs.front()))
                                : tr("Report");
}

void ReportPage::refresh()
{
    const bool isEvidence = !question().reproduction.isEmpty();
    const bool hasAny = !question().isEmpty();
    m_title->setText(titleText());
    m_source->setVisible(m_source->count() > 1);
    for (QPushButton* button : m_saves)
        button->setEnabled(hasAny);
    m_export->setVisible(!isEvidence);
    m_check->setVisible(!isEvidence && !m_check->text().isEmpty());
    m_view->setVisible(hasAny && m_isAnswered && m_asked.isOfSame(question()));
    if (!hasAny)
        m_status->setText(tr("Check runs on Compare: their report appears here. Or put the article's claims "
                             "to the test: what is found appears here too."));
    else if (!m_isAnswered)
        m_status->setText(tr("Reading the runs…"));
    m_status->setVisible(!m_view->isVisibleTo(m_views));
    refreshProgress();
}

QString ReportPage::progressText() const
{
    const KnownReproduction* shown = shownReproduction();
    if (question().reproduction.isEmpty())
        return {};
    if (m_position && m_position->reproduction == question().reproduction)
        return tr("Under way: %1, run %2 of %3. What is found grows with every run.")
            .arg(m_position->title)
            .arg(m_position->run)
            .arg(m_position->count);
    if (!shown || shown->isComplete())
        return {};
    return tr("%1 of %2 runs are done; %3 are left.")
        .arg(shown->done)
        .arg(shown->count)
        .arg(shown->count - shown->done);
}

void ReportPage::refreshProgress()
{
    const KnownReproduction* shown = shownReproduction();
    m_progress->setText(progressText());
    m_progress->setVisible(!progressText().isEmpty());
    m_continue->setVisible(shown && !shown->isComplete() && !m_position);
    m_continue->setEnabled(m_state == RunState::Idle);
}

void ReportPage::ask()
{
    if (!isVisible() || question().isEmpty())
        return;
    if (!m_asked.isOfSame(question()))
        m_isAnswered = false;
    m_asked = question();
    refresh();
    emit previewRequested(m_asked);
}

void ReportPage::setPreview(const ReportPreview& preview)
{
    if (!(preview.question == m_asked))
        return;
    m_isAnswered = true;
    m_view->setReport(preview.html, preview.charts);
    refresh();
}

void ReportPage::setProblem(const QString& what, const QString& hint)
{
    m_isAnswered = false;
    refresh();
    m_status->setText(hint.isEmpty() ? what : what + u' ' + hint);
}

void ReportPage::setExported(const QString& runFolder, const QString& check)
{
    for (const auto& run : m_runs)
        if (folderOf(*run) == runFolder)
            m_check->setText(tr("%1: %2").arg(nameOf(*run), check));
    m_export->setEnded();
    refresh();
    m_delay->start(); // the report lists it now
}

void ReportPage::setNotExported()
{
    m_export->setEnded();
}

QString ReportPage::previewText() const
{
    return m_isAnswered ? m_view->toPlainText() : QString();
}

void ReportPage::save(const QString& ending, const QString& filter)
{
    const QString name = !question().reproduction.isEmpty() ? tr("evidence")
                         : m_runs.size() == 1               ? qstr(m_runs.front()->id)
                                                            : tr("report");
    QString file = QFileDialog::getSaveFileName(this, tr("Save report"), name + u'.' + ending, filter);
    if (file.isEmpty())
        return;
    if (!file.endsWith(u'.' + ending, Qt::CaseInsensitive))
        file += u'.' + ending;
    emit saveRequested(question(), file);
}

void ReportPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    m_delay->start();
}

void ReportPage::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_delay->start();
}

} // namespace lora::ui
