#include "ui/try/try_input.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace lora::ui {

TryInput::TryInput(QWidget* parent)
    : QWidget(parent)
    , m_style(new QComboBox(this))
    , m_styleLabel(new QLabel(tr("&Written as"), this))
    , m_textLabel(new QLabel(this))
    , m_pairLabel(new QLabel(this))
    , m_text(new QPlainTextEdit(this))
    , m_pair(new QPlainTextEdit(this))
    , m_insertMask(new QPushButton(this))
{
    auto* heading = new QHBoxLayout;
    heading->addWidget(m_textLabel);
    heading->addStretch(1);
    heading->addWidget(m_insertMask);
    heading->addWidget(m_styleLabel);
    heading->addWidget(m_style);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid / 2);
    layout->addLayout(heading);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_pairLabel);
    layout->addWidget(m_pair, 1);
    for (QPlainTextEdit* field : {m_text, m_pair}) {
        field->setTabChangesFocus(true);
        field->installEventFilter(this);
        connect(field, &QPlainTextEdit::textChanged, this, &TryInput::edited);
    }
    m_textLabel->setBuddy(m_text);
    m_pairLabel->setBuddy(m_pair);
    createStyles();
    connect(m_insertMask, &QPushButton::clicked, this, [this] {
        m_text->insertPlainText(qstr(m_model.mask));
        m_text->setFocus();
    });
    setModel({});
}

void TryInput::createStyles()
{
    const std::tuple<QString, PromptStyle, QString> styles[] = {
        {tr("Plain"), PromptStyle::Plain, tr("As it stands; the model goes on from its last word")},
        {tr("Instruction"), PromptStyle::Instruction,
         tr("In the frame of Stanford Alpaca, as data with instruction columns is trained on")},
        {tr("Chat"), PromptStyle::Chat, tr("As one message of a user, in the model's chat format")}};
    for (const auto& [name, style, why] : styles) {
        m_style->addItem(name, static_cast<int>(style));
        m_style->setItemData(m_style->count() - 1, why, Qt::ToolTipRole);
    }
    m_styleLabel->setBuddy(m_style);
    m_style->setAccessibleName(tr("Written as"));
    m_style->setToolTip(tr("A model answers best when it is asked in the way it was trained"));
    connect(m_style, &QComboBox::currentIndexChanged, this, [this] {
        refreshPrompt();
        emit edited();
    });
}

PromptStyle TryInput::style() const
{
    return m_model.task == TaskType::CausalLm ? static_cast<PromptStyle>(m_style->currentData().toInt())
                                              : PromptStyle::Plain;
}

void TryInput::refreshPrompt()
{
    switch (style()) {
    case PromptStyle::Plain:
        setFields(tr("&Prompt"), tr("The beginning of a text, which the model continues"), {}, {});
        break;
    case PromptStyle::Instruction:
        setFields(tr("&Instruction"), tr("What the model is to do"), tr("Input, &if there is any"),
                  tr("What the instruction is about; may stay empty"));
        break;
    case PromptStyle::Chat:
        setFields(tr("&Message"), tr("What the model is to reply to"), {}, {});
        break;
    }
    setLines(m_text, style() == PromptStyle::Instruction ? 3 : 7);
    setLines(m_pair, 3);
}

void TryInput::setFields(const QString& text, const QString& textHint, const QString& pair,
                         const QString& pairHint)
{
    m_textLabel->setText(text);
    m_text->setPlaceholderText(textHint);
    m_text->setAccessibleName(QString(text).remove(u'&'));
    m_pairLabel->setText(pair);
    m_pair->setPlaceholderText(pairHint);
    m_pair->setAccessibleName(QString(pair).remove(u'&'));
    m_pairLabel->setVisible(!pair.isEmpty());
    m_pair->setVisible(!pair.isEmpty());
}

void TryInput::setLines(QPlainTextEdit* field, int lines)
{
    const int frame = 2 * field->frameWidth() + 2 * static_cast<int>(field->document()->documentMargin());
    field->setFixedHeight(lines * field->fontMetrics().lineSpacing() + frame + 2);
}

void TryInput::setModel(const TryModel& model)
{
    m_model = model;
    const QString follows = tr("The answer follows as you type");
    switch (model.task) {
    case TaskType::SequenceClassification:
    case TaskType::MultiLabelClassification:
    case TaskType::Regression:
        setFields(tr("&Text"), follows, tr("&Second text"), tr("Only if the model compares two texts"));
        break;
    case TaskType::TokenClassification:
        setFields(tr("&Text"), follows, {}, {});
        break;
    case TaskType::QuestionAnswering:
        setFields(tr("&Question"), tr("What is asked"), tr("&Passage"),
                  tr("The text the answer is looked for in"));
        break;
    case TaskType::CausalLm:
        break; // by its style, below
    case TaskType::MaskedLm:
        setFields(tr("&Text"), tr("A text with %1 where a word is to be guessed").arg(qstr(model.mask)), {},
                  {});
        break;
    }
    // As many lines as such a text has; the rest of the page is the answers'.
    const bool isQuestion = model.task == TaskType::QuestionAnswering;
    const bool isLong = model.task == TaskType::TokenClassification;
    setLines(m_text, isQuestion ? 2 : isLong ? 7 : 4);
    setLines(m_pair, isQuestion ? 7 : 3);
    const bool isPrompt = model.task == TaskType::CausalLm;
    m_style->setVisible(isPrompt);
    m_styleLabel->setVisible(isPrompt);
    if (isPrompt)
        refreshPrompt();
    m_insertMask->setVisible(model.task == TaskType::MaskedLm && !model.mask.empty());
    m_insertMask->setText(tr("Insert %1").arg(qstr(model.mask)));
    m_insertMask->setToolTip(tr("Puts the mask token where the cursor is"));
}

QString TryInput::text() const
{
    return m_text->toPlainText();
}

QString TryInput::pair() const
{
    return m_pair->isHidden() ? QString() : m_pair->toPlainText();
}

QString TryInput::prompt() const
{
    if (style() == PromptStyle::Plain)
        return text();
    // What comes is a text of its own.
    const QString lines = pair().trimmed().isEmpty() ? text() : text() + u'\n' + pair();
    return lines + QStringLiteral("\n\n");
}

void TryInput::setTexts(const QString& text, const QString& pair)
{
    m_text->setPlainText(text);
    m_pair->setPlainText(pair);
}

bool TryInput::isComplete() const
{
    if (text().trimmed().isEmpty())
        return false;
    if (m_model.task == TaskType::QuestionAnswering)
        return !pair().trimmed().isEmpty();
    return m_model.task != TaskType::MaskedLm || text().contains(qstr(m_model.mask));
}

bool TryInput::eventFilter(QObject* watched, QEvent* event)
{
    const bool isClaim = event->type() == QEvent::ShortcutOverride; // the window starts a run with it
    if (isClaim || event->type() == QEvent::KeyPress) {
        const auto* key = static_cast<QKeyEvent*>(event);
        const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
        if (isReturn && (key->modifiers() & Qt::ControlModifier)) {
            isClaim ? event->accept() : submitted();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace lora::ui
