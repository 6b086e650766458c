#include "ui/try/answer_pane.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"
#include "ui/try/generated_text.h"
#include "ui/try/marked_text.h"
#include "ui/widgets/bar_chart.h"
#include "ui/widgets/card.h"

#include <QEvent>
#include <QLabel>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace lora::ui {

AnswerPane::AnswerPane(QWidget* parent)
    : QWidget(parent)
{
    createWidgets();
    buildLayout();
    clear({});
}

void AnswerPane::createWidgets()
{
    m_title = new QLabel(this);
    m_title->setFont(headingFont(font()));
    m_status = new QLabel(this);
    applyStatusColor();
    m_headline = new QLabel(this);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.5);
    m_headline->setFont(large);
    m_headline->setTextFormat(Qt::PlainText);
    m_headline->setWordWrap(true);
    m_headline->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_pages = new QStackedWidget(this);
    m_message = new MutedLabel({}, this);
    m_bars = new BarChart(this);
    m_barsPage = new QScrollArea(this);
    m_markedPage = new QWidget(this);
    m_marked = new MarkedText(m_markedPage);
    m_legend = new QLabel(m_markedPage);
    m_legend->setTextFormat(Qt::RichText);
    m_legend->setWordWrap(true);
    m_generated = new GeneratedText(this);
}

void AnswerPane::applyStatusColor()
{
    QPalette colors = palette();
    colors.setColor(QPalette::WindowText, mutedText(colors));
    m_status->setPalette(colors);
}

void AnswerPane::buildLayout()
{
    auto* barsBody = new QWidget;
    auto* barsLayout = new QVBoxLayout(barsBody);
    barsLayout->setContentsMargins(0, 0, kGrid, 0);
    barsLayout->addWidget(m_bars);
    barsLayout->addStretch(1);
    m_barsPage->setWidget(barsBody);
    m_barsPage->setWidgetResizable(true);
    m_barsPage->setFrameShape(QFrame::NoFrame);
    m_barsPage->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    auto* marked = new QVBoxLayout(m_markedPage);
    marked->setContentsMargins(0, 0, 0, 0);
    marked->setSpacing(kGrid);
    marked->addWidget(m_legend);
    marked->addWidget(m_marked, 1);
    auto* messagePage = new QWidget(this);
    auto* message = new QVBoxLayout(messagePage);
    message->setContentsMargins(0, 0, 0, 0);
    message->addWidget(m_message);
    message->addStretch(1);
    m_pages->addWidget(messagePage);
    for (QWidget* page : std::initializer_list<QWidget*>{m_barsPage, m_markedPage, m_generated})
        m_pages->addWidget(page);
    auto* heading = new QHBoxLayout;
    heading->setSpacing(kGrid);
    heading->addWidget(m_title);
    heading->addStretch(1);
    heading->addWidget(m_status);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid);
    layout->addLayout(heading);
    layout->addWidget(m_headline);
    layout->addWidget(m_pages, 1);
}

void AnswerPane::setTitle(const QString& title)
{
    m_title->setText(title);
    setAccessibleName(title);
    m_generated->setAccessibleName(tr("%1: text").arg(title));
    m_marked->setAccessibleName(tr("%1: marked text").arg(title));
    m_bars->setAccessibleName(tr("%1: probabilities").arg(title));
}

void AnswerPane::setModel(const TryModel& model)
{
    m_model = model;
    m_answer = {};
}

void AnswerPane::show(QWidget* page)
{
    m_pages->setCurrentWidget(page);
}

void AnswerPane::clear(const QString& hint)
{
    m_headline->hide();
    m_status->clear();
    m_message->setText(hint);
    m_pages->setCurrentIndex(0);
}

void AnswerPane::setWorking()
{
    // What is there stays until its successor comes: nothing flickers while typing.
    m_status->setText(tr("working…"));
    if (m_pages->currentIndex() == 0)
        m_message->setText(tr("The model is working…"));
}

void AnswerPane::setProblem(const QString& what, const QString& hint)
{
    clear({});
    m_message->setText(hint.isEmpty() ? what : what + u'\n' + hint, MutedLabel::Tone::Problem);
}

void AnswerPane::setAnswer(const TryAnswer& answer, const QString& text)
{
    m_answer = answer;
    m_status->setText(qDuration(answer.seconds));
    m_headline->hide();
    switch (m_model.task) {
    case TaskType::SequenceClassification:
    case TaskType::MultiLabelClassification:
        return showBars();
    case TaskType::Regression:
        m_headline->setText(qNumber(answer.value.value_or(0), 4));
        m_headline->show();
        m_message->setText({});
        return m_pages->setCurrentIndex(0);
    case TaskType::TokenClassification:
    case TaskType::QuestionAnswering:
        return showMarks(text);
    case TaskType::MaskedLm:
        return showFills();
    case TaskType::CausalLm:
        break; // comes as a text
    }
}

void AnswerPane::setThreshold(double threshold)
{
    m_threshold = threshold;
    if (m_model.task == TaskType::MultiLabelClassification && !m_answer.labels.empty())
        showBars();
}

void AnswerPane::showBars()
{
    const bool isMultiLabel = m_model.task == TaskType::MultiLabelClassification;
    const auto best =
        std::max_element(m_answer.labels.begin(), m_answer.labels.end(),
                         [](const ScoredText& a, const ScoredText& b) { return a.score < b.score; });
    const QColor chosen = accentColor(palette());
    const QColor other = mixed(chosen, palette().color(QPalette::Window), 0.6);
    std::vector<BarRow> rows;
    QStringList names;
    for (auto label = m_answer.labels.begin(); label != m_answer.labels.end(); ++label) {
        const bool isChosen = isMultiLabel ? label->score >= m_threshold : label == best;
        if (isChosen)
            names += qstr(label->text);
        rows.push_back({qstr(label->text), label->score, qPercent(label->score),
                        tr("%1: probability %2").arg(qstr(label->text), qNumber(label->score, 4)),
                        isChosen ? chosen : other});
    }
    m_bars->setFullScale(1);
    m_bars->setMark(isMultiLabel ? std::optional(m_threshold) : std::nullopt);
    m_bars->setRows(std::move(rows));
    m_headline->setText(names.isEmpty() ? tr("no label") : names.join(QStringLiteral(", ")));
    m_headline->show();
    show(m_barsPage);
}

void AnswerPane::showFills()
{
    std::vector<BarRow> rows;
    QStringList best;
    const bool isSeveral = m_answer.maskFills.size() > 1;
    for (std::size_t mask = 0; mask < m_answer.maskFills.size(); ++mask) {
        bool isFirst = true;
        for (const ScoredText& fill : m_answer.maskFills[mask]) {
            const QString name =
                isSeveral ? tr("%1. %2").arg(mask + 1).arg(qstr(fill.text)) : qstr(fill.text);
            if (isFirst)
                best += qstr(fill.text).trimmed();
            const QColor color = isFirst
                                     ? accentColor(palette())
                                     : mixed(accentColor(palette()), palette().color(QPalette::Window), 0.6);
            rows.push_back({name, fill.score, qPercent(fill.score),
                            tr("probability %1").arg(qNumber(fill.score, 4)), color});
            isFirst = false;
        }
    }
    if (rows.empty())
        return clear(tr("Write %1 where a word is to be guessed.").arg(qstr(m_model.mask)));
    m_bars->setFullScale(1);
    m_bars->setMark(std::nullopt);
    m_bars->setRows(std::move(rows));
    m_headline->setText(best.join(QStringLiteral(" · ")));
    m_headline->show();
    show(m_barsPage);
}

void AnswerPane::showMarks(const QString& text)
{
    const bool isAnswer = m_model.task == TaskType::QuestionAnswering;
    m_marked->setMarks(text, m_answer.marks, isAnswer ? std::vector<QString>{} : entityKinds(m_model.labels));
    m_legend->setVisible(!isAnswer);
    if (isAnswer) {
        const bool isFound = !m_answer.marks.empty();
        const TextMark mark = isFound ? m_answer.marks.front() : TextMark{};
        m_headline->setText(isFound ? text.mid(mark.begin, mark.end - mark.begin)
                                    : tr("The passage has no answer."));
        m_headline->show();
        if (isFound)
            m_status->setText(tr("score %1 · %2").arg(qNumber(mark.score), qDuration(m_answer.seconds)));
    } else {
        showLegend();
    }
    show(m_markedPage);
}

void AnswerPane::showLegend()
{
    const std::vector<QString> kinds = entityKinds(m_model.labels);
    QStringList parts;
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
        const auto count =
            std::count_if(m_answer.marks.begin(), m_answer.marks.end(),
                          [&](const TextMark& m) { return entityKind(m.label) == kinds[kind]; });
        const QColor color = entityColor(static_cast<int>(kind), palette());
        parts += QStringLiteral("<span style=\"background:%1;color:%2\">&nbsp;%3&nbsp;</span>&nbsp;%4")
                     .arg(color.name(), textOn(color).name(), kinds[kind].toHtmlEscaped())
                     .arg(count);
    }
    m_legend->setText(parts.join(QStringLiteral("&ensp; ")));
}

void AnswerPane::startText(const QString& prompt)
{
    m_headline->hide();
    m_generated->setPrompt(prompt);
    m_status->setText(tr("writing…"));
    show(m_generated);
}

void AnswerPane::appendText(const QString& text)
{
    m_generated->append(text);
}

void AnswerPane::setEnd(const TryEnd& end)
{
    QString reason;
    switch (end.reason) {
    case TryEnd::Reason::StopToken:
        reason = tr("ended by itself");
        break;
    case TryEnd::Reason::Length:
        reason = tr("length reached");
        break;
    case TryEnd::Reason::Context:
        reason = tr("context is full");
        break;
    case TryEnd::Reason::Cancelled:
        reason = tr("stopped");
        break;
    }
    const double speed = end.seconds > 0 ? end.tokens / end.seconds : 0;
    m_status->setText(tr("%1 tokens, %2 per second · %3").arg(end.tokens).arg(qNumber(speed), reason));
}

QString AnswerPane::message() const
{
    return m_pages->currentIndex() == 0 ? m_message->text() : QString();
}

QString AnswerPane::status() const
{
    return m_status->text();
}

QString AnswerPane::headline() const
{
    return m_headline->isHidden() ? QString() : m_headline->text();
}

void AnswerPane::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange)
        return;
    applyStatusColor();
    if (m_pages->currentIndex() == 0)
        return;
    // Colours are part of the rows: made again.
    if (m_pages->currentWidget() == m_barsPage)
        m_model.task == TaskType::MaskedLm ? showFills() : showBars();
    else if (m_pages->currentWidget() == m_markedPage && m_model.task == TaskType::TokenClassification)
        showLegend();
}

} // namespace lora::ui
