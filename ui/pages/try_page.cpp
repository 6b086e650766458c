#include "ui/pages/try_page.h"

#include "ui/format/quantities.h"
#include "ui/format/task_names.h"
#include "ui/theme/theme.h"
#include "ui/try/answer_pane.h"
#include "ui/try/generation_form.h"
#include "ui/try/source_card.h"
#include "ui/try/try_input.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/card.h"

#include <QCheckBox>
#include <QLabel>
#include <QScrollArea>
#include <QSlider>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

constexpr int kTypingPauseMs = 250;
constexpr int kMostStrength = 200; ///< percent
constexpr int kWholeStrength = 100;

QSlider* percentSlider(QWidget* parent, int highest, int value, const QString& name, const QString& why)
{
    auto* slider = new QSlider(Qt::Horizontal, parent);
    slider->setRange(0, highest);
    slider->setValue(value);
    slider->setPageStep(10);
    slider->setTickInterval(50);
    slider->setTickPosition(QSlider::TicksBelow);
    slider->setAccessibleName(name);
    slider->setToolTip(why);
    return slider;
}

QString wholePercent(int percent)
{
    return TryPage::tr("%1 %").arg(percent);
}

/// Name and value over a slider.
QWidget* sliderRow(QWidget* parent, const QString& name, QSlider* slider, QLabel* value)
{
    auto* row = new QWidget(parent);
    auto* label = new QLabel(name, row);
    label->setBuddy(slider);
    auto* heading = new QHBoxLayout;
    heading->addWidget(label);
    heading->addStretch(1);
    heading->addWidget(value);
    auto* layout = new QVBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid / 4);
    layout->addLayout(heading);
    layout->addWidget(slider);
    return row;
}

} // namespace

TryPage::TryPage(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    connectSignals();
    refresh();
}

void TryPage::createWidgets()
{
    m_source = new SourceCard(this);
    m_status = new MutedLabel({}, this);
    m_notices = new MutedLabel({}, this);
    m_strength = percentSlider(this, kMostStrength, kWholeStrength, tr("Adapter strength"),
                               tr("How much of the adapter is added: 0 is the base model, 100 % as "
                                  "trained, more exaggerates what was learned"));
    m_strengthText = new QLabel(this);
    m_compare = new QCheckBox(tr("Compare with the &base model"), this);
    m_compare->setToolTip(tr("Asks twice: without the adapter and with it; a head trained whole stays"));
    m_compare->setChecked(true);
    m_threshold = percentSlider(this, 100, 50, tr("Threshold"), tr("Labels from this probability on hold"));
    m_thresholdText = new QLabel(this);
    m_generation = new GenerationForm(this);
    m_input = new TryInput(this);
    m_ask = new AccentButton({}, this);
    m_ask->setToolTip(tr("Ctrl+Return in the text does the same"));
    m_stop = new QPushButton(tr("S&top"), this);
    m_stop->setToolTip(tr("End the text here"));
    m_base = new AnswerPane(this);
    m_base->setTitle(tr("Base model"));
    m_adapted = new AnswerPane(this);
    m_split = new QSplitter(Qt::Horizontal, this);
    m_delay = new QTimer(this);
    m_delay->setSingleShot(true);
    m_delay->setInterval(kTypingPauseMs);
}

QWidget* TryPage::buildOptions()
{
    m_options = new QWidget(this);
    m_strengthRow = sliderRow(m_options, tr("&Adapter strength"), m_strength, m_strengthText);
    m_thresholdRow = sliderRow(m_options, tr("T&hreshold"), m_threshold, m_thresholdText);
    auto* layout = new QVBoxLayout(m_options);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(2 * kGrid);
    for (QWidget* row :
         std::initializer_list<QWidget*>{m_strengthRow, m_compare, m_thresholdRow, m_generation})
        layout->addWidget(row);
    return m_options;
}

void TryPage::buildLayout()
{
    auto* side = new QWidget;
    auto* sideLayout = new QVBoxLayout(side);
    sideLayout->setContentsMargins(2 * kGrid, 2 * kGrid, kGrid, 2 * kGrid);
    sideLayout->setSpacing(2 * kGrid);
    sideLayout->addWidget(m_source);
    sideLayout->addWidget(m_status);
    sideLayout->addWidget(m_notices);
    sideLayout->addWidget(buildOptions());
    sideLayout->addStretch(1);
    auto* scroll = new QScrollArea(this);
    scroll->setWidget(side);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFixedWidth(38 * kGrid);
    auto* buttons = new QHBoxLayout;
    buttons->setSpacing(kGrid);
    m_stop->setMinimumHeight(m_ask->minimumHeight());
    buttons->addWidget(m_ask);
    buttons->addWidget(m_stop);
    buttons->addStretch(1);
    m_split->addWidget(m_base);
    m_split->addWidget(m_adapted);
    m_split->setChildrenCollapsible(false);
    m_split->setHandleWidth(3 * kGrid);
    auto* main = new QVBoxLayout;
    main->setContentsMargins(2 * kGrid, 2 * kGrid, 2 * kGrid, 2 * kGrid);
    main->setSpacing(kGrid);
    main->addWidget(m_input);
    main->addLayout(buttons);
    main->addSpacing(kGrid);
    main->addWidget(m_split, 1);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addWidget(scroll);
    layout->addLayout(main, 1);
}

void TryPage::connectSignals()
{
    connect(m_source, &SourceCard::chosen, this, &TryPage::requestModel);
    connect(m_input, &TryInput::edited, this, &TryPage::askSoon);
    connect(m_input, &TryInput::submitted, this, &TryPage::ask);
    connect(m_ask, &QPushButton::clicked, this, &TryPage::ask);
    connect(m_stop, &QPushButton::clicked, this, &TryPage::stopRequested);
    connect(m_delay, &QTimer::timeout, this, &TryPage::ask);
    connect(m_strength, &QSlider::valueChanged, this, [this] {
        refreshStrength();
        askAgain();
    });
    connect(m_compare, &QCheckBox::toggled, this, [this] {
        refresh();
        askAgain();
    });
    connect(m_threshold, &QSlider::valueChanged, this, [this](int percent) {
        m_thresholdText->setText(wholePercent(percent));
        m_base->setThreshold(percent / 100.0);
        m_adapted->setThreshold(percent / 100.0);
    });
    m_thresholdText->setText(wholePercent(m_threshold->value()));
}

void TryPage::setRuns(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    m_source->setRuns(runs);
}

void TryPage::setRunStart(const QString& name, const QString& folder)
{
    m_runName = name;
    m_runFolder = folder;
}

void TryPage::setRunState(RunState state)
{
    const bool isPaused = state == RunState::Paused;
    const bool wasLive = m_asked && m_asked->kind == TrySource::Kind::Live;
    if (wasLive && !isPaused) {
        // Its weights move on; a next pause opens it anew.
        m_asked.reset();
        m_model.reset();
        ++m_question.id;
        m_pending = 0;
    }
    m_source->setPausedRun(isPaused ? m_runFolder : QString(), m_runName);
    refresh();
}

void TryPage::setBuiltins(const QStringList& models)
{
    m_source->setBuiltins(models);
}

void TryPage::openFolder(const QString& path)
{
    m_source->addFolder(path);
}

void TryPage::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    requestModel();
}

/// Asks for the chosen model, but not before somebody looks.
void TryPage::requestModel()
{
    if (!m_source->hasSource()) {
        m_asked.reset();
        m_model.reset();
        return refresh();
    }
    if (!isVisible() || m_asked == m_source->source())
        return;
    m_asked = m_source->source();
    m_model.reset();
    ++m_question.id;
    m_pending = 0;
    refresh();
    m_notices->setText({});
    m_status->setText(tr("Opening the model…"));
    emit modelRequested(*m_asked);
}

void TryPage::setModel(const TryModel& model)
{
    if (m_asked != model.source)
        return; // the answer to an earlier question
    m_model = model;
    m_status->setText(taskName(model.task));
    QStringList notices;
    for (const std::string& notice : model.notices)
        notices += qstr(notice);
    m_notices->setText(notices.join(u'\n'), MutedLabel::Tone::Warning);
    m_input->setModel(model);
    m_base->setModel(model);
    m_adapted->setModel(model);
    refresh();
    askSoon();
}

void TryPage::setModelProblem(const QString& what, const QString& hint)
{
    m_model.reset();
    m_status->setText({});
    refresh();
    m_adapted->setProblem(what, hint);
}

QString TryPage::hint() const
{
    if (!m_source->hasSource())
        return tr("A run that has ended, or one that is paused, can be tried here on your own words; so can "
                  "a model folder with or without an adapter.");
    if (!m_model)
        return {};
    if (m_model->task == TaskType::MaskedLm && !m_input->text().trimmed().isEmpty())
        return tr("Write %1 where a word is to be guessed.").arg(qstr(m_model->mask));
    return m_model->task == TaskType::CausalLm ? tr("The continuation appears here, word by word.")
                                               : tr("The answer appears here.");
}

void TryPage::refresh()
{
    const bool isOpen = m_model.has_value();
    const TaskType task = isOpen ? m_model->task : TaskType::SequenceClassification;
    const bool isGenerator = isOpen && task == TaskType::CausalLm;
    const bool hasAdapter = isOpen && m_model->hasAdapter;
    m_strengthRow->setVisible(hasAdapter);
    m_compare->setVisible(hasAdapter);
    m_thresholdRow->setVisible(isOpen && task == TaskType::MultiLabelClassification);
    m_generation->setVisible(isGenerator);
    m_input->setVisible(m_source->hasSource());
    m_input->setEnabled(isOpen);
    m_ask->setVisible(m_source->hasSource());
    m_ask->setText(isGenerator ? tr("&Continue") : tr("A&nswer"));
    m_ask->setEnabled(isOpen && !isGenerating());
    m_stop->setVisible(isGenerator);
    m_stop->setEnabled(isGenerating());
    m_base->setVisible(hasAdapter && m_compare->isChecked());
    if (!isOpen) {
        if (!m_source->hasSource())
            m_status->setText({});
        m_adapted->clear(hint());
        m_base->clear({});
    } else if (m_question.text.empty()) {
        m_adapted->clear(hint());
        m_base->clear(hint());
    }
    refreshStrength();
}

void TryPage::refreshStrength()
{
    const int percent = m_strength->value();
    m_strengthText->setText(wholePercent(percent));
    const bool hasAdapter = m_model && m_model->hasAdapter;
    m_adapted->setTitle(!hasAdapter ? tr("Answer")
                        : percent == kWholeStrength
                            ? tr("With adapter")
                            : tr("With %1 of the adapter").arg(wholePercent(percent)));
}

/// While typing; texts are written on demand only.
void TryPage::askSoon()
{
    if (m_model && m_model->task != TaskType::CausalLm)
        m_delay->start();
}

/// After a setting changed what the answer would be.
void TryPage::askAgain()
{
    if (m_pending > 0 || !m_question.text.empty())
        askSoon();
}

void TryPage::ask()
{
    m_delay->stop();
    if (!m_model)
        return;
    ++m_question.id;
    m_pending = 0;
    if (!m_input->isComplete()) {
        m_question.text.clear();
        return refresh();
    }
    m_question.source = m_model->source;
    m_question.text = m_input->text().toStdString();
    m_question.pair = m_input->pair().toStdString();
    m_question.style = m_input->style();
    m_question.strength = m_strength->value() / 100.0;
    m_question.comparesBase = m_model->hasAdapter && m_compare->isChecked();
    m_question.generation = m_generation->settings();
    m_pending = m_question.comparesBase ? 2 : 1;
    for (AnswerPane* each : {m_base, m_adapted}) {
        if (m_model->task == TaskType::CausalLm)
            each->startText(m_input->prompt());
        else
            each->setWorking();
    }
    refresh();
    emit questionAsked(m_question);
}

void TryPage::setAnswer(quint64 question, TrySide side, const TryAnswer& answer)
{
    if (!isCurrent(question) || !m_model)
        return;
    const bool isInPassage = m_model->task == TaskType::QuestionAnswering;
    pane(side).setAnswer(answer, qstr(isInPassage ? m_question.pair : m_question.text));
    --m_pending;
    refresh();
}

void TryPage::addText(quint64 question, TrySide side, const QString& text)
{
    if (isCurrent(question))
        pane(side).appendText(text);
}

void TryPage::setEnd(quint64 question, TrySide side, const TryEnd& end)
{
    if (!isCurrent(question))
        return;
    pane(side).setEnd(end);
    --m_pending;
    refresh();
}

void TryPage::setProblem(quint64 question, const QString& what, const QString& hint)
{
    if (!isCurrent(question))
        return;
    m_pending = 0;
    refresh();
    m_base->clear({});
    m_adapted->setProblem(what, hint);
}

} // namespace lora::ui
