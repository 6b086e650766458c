#include "ui/setup/token_strip.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QEvent>
#include <QLabel>
#include <QVBoxLayout>

namespace lora::ui {

TokenStrip::TokenStrip(QWidget* parent)
    : QWidget(parent)
    , m_label(new QLabel(this))
{
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::RichText);
    m_label->setFont(smallFont(font()));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_label);
    setAccessibleName(tr("What the model sees"));
    hide();
}

void TokenStrip::setTokens(const std::vector<std::string>& tokens)
{
    m_tokens = tokens;
    refresh();
}

void TokenStrip::setCutoff(int maxLength)
{
    m_cutoff = maxLength;
    refresh();
}

QString TokenStrip::html() const
{
    const auto span = [](const QColor& color, const QString& text, bool isStruck) {
        return QStringLiteral("<span style=\"color:%1%2\">%3</span>")
            .arg(color.name(), isStruck ? QStringLiteral(";text-decoration:line-through") : QString(),
                 text.toHtmlEscaped());
    };
    constexpr std::size_t kShown = 160;
    QStringList parts;
    // The closing special token survives truncation, so one content token more is lost.
    const int size = static_cast<int>(m_tokens.size());
    const bool isTruncated = size > m_cutoff;
    for (int i = 0; i < std::min<int>(size, kShown); ++i) {
        const QString token = qstr(m_tokens[static_cast<std::size_t>(i)]);
        const bool isSpecial = (token.startsWith(u'[') && token.endsWith(u']') && token.size() > 2) ||
                               (token.startsWith(u'<') && token.endsWith(u'>') && token.size() > 2);
        const bool isCut = isTruncated && i >= m_cutoff - 1 && i + 1 < size;
        const QColor color = isCut
                                 ? warningColor(palette())
                                 : (isSpecial ? mutedText(palette()) : palette().color(QPalette::WindowText));
        parts += span(color, token, isCut);
    }
    if (size > static_cast<int>(kShown))
        parts += QStringLiteral("…");
    return parts.join(QStringLiteral(" "));
}

void TokenStrip::refresh()
{
    setVisible(!m_tokens.empty());
    if (m_tokens.empty())
        return;
    const QString heading = tr("The model sees %1 tokens of this row:")
                                .arg(std::min<int>(m_cutoff, static_cast<int>(m_tokens.size())));
    m_label->setText(QStringLiteral("<span style=\"color:%1\">%2</span> %3")
                         .arg(mutedText(palette()).name(), heading.toHtmlEscaped(), html()));
}

void TokenStrip::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        refresh();
}

} // namespace lora::ui
