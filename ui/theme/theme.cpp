#include "ui/theme/theme.h"

#include "core/config/experiment_config.h"

#include <QFile>
#include <QPainter>
#include <QSvgRenderer>

#include <array>
#include <cmath>

namespace lora::ui {

bool isDark(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightnessF() < palette.color(QPalette::WindowText).lightnessF();
}

QColor mixed(const QColor& from, const QColor& to, double share)
{
    const auto part = [share](float a, float b) { return static_cast<float>(a + (b - a) * share); };
    return QColor::fromRgbF(part(from.redF(), to.redF()), part(from.greenF(), to.greenF()),
                            part(from.blueF(), to.blueF()));
}

QColor mutedText(const QPalette& palette)
{
    return mixed(palette.color(QPalette::WindowText), palette.color(QPalette::Window), 0.38);
}

QColor faintLine(const QPalette& palette)
{
    return mixed(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.14);
}

QColor trackColor(const QPalette& palette)
{
    return mixed(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.09);
}

QColor accentColor(const QPalette& palette)
{
    return palette.color(QPalette::Active, QPalette::Highlight);
}

QColor problemColor(const QPalette& palette)
{
    return isDark(palette) ? QColor(0xff, 0x8a, 0x70) : QColor(0xb3, 0x35, 0x12);
}

QColor warningColor(const QPalette& palette)
{
    return isDark(palette) ? QColor(0xf0, 0xb9, 0x4b) : QColor(0x8a, 0x5a, 0x00);
}

QColor textOn(const QColor& background)
{
    const auto linear = [](double c) {
        return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    const double luminance = 0.2126 * linear(background.redF()) + 0.7152 * linear(background.greenF()) +
                             0.0722 * linear(background.blueF());
    return luminance > 0.22 ? QColor(0x14, 0x18, 0x1c) : QColor(Qt::white);
}

QColor rampColor(double share, const QPalette& palette)
{
    // Five stops of one blue with evenly falling lightness; between them plain mixing is even enough.
    static constexpr std::array<QRgb, 5> kLight{0xffdcebf7, 0xffadd0ea, 0xff72aedb, 0xff3a86c2, 0xff115d9a};
    static constexpr std::array<QRgb, 5> kDark{0xff24384a, 0xff2b5576, 0xff3777a5, 0xff559dcf, 0xff8fc6ee};
    const auto& stops = isDark(palette) ? kDark : kLight;
    const double position = std::clamp(share, 0.0, 1.0) * 4;
    const int lower = std::min(3, static_cast<int>(position));
    return mixed(QColor(stops[lower]), QColor(stops[lower + 1]), position - lower);
}

QColor rankColor(int rank, const QPalette& palette)
{
    static constexpr std::array<QRgb, 7> kColors{0xffe69f00, 0xff56b4e9, 0xff009e73, 0xff0072b2,
                                                 0xffd55e00, 0xffcc79a7, 0xfff0e442};
    const int index = static_cast<int>(std::lround(std::log2(std::max(1, rank))));
    const QColor color(kColors[std::min(index, 6)]);
    // Okabe-Ito's blue sinks into a dark window, its yellow into a light one.
    if (isDark(palette))
        return index == 3 ? QColor(0x4a, 0x7d, 0xe8) : color;
    return index >= 6 ? color.darker(130) : color;
}

QColor methodColor(const MethodConfig& method, const QPalette& palette)
{
    switch (method.type) {
    case MethodType::Full:
        return palette.color(QPalette::Active, QPalette::WindowText);
    case MethodType::Head:
        return mixed(palette.color(QPalette::WindowText), palette.color(QPalette::Window), 0.45);
    case MethodType::Lora:
        break;
    }
    return rankColor(method.lora.r, palette);
}

QFont smallFont(const QFont& base)
{
    QFont font = base;
    if (base.pointSizeF() > 0)
        font.setPointSizeF(base.pointSizeF() * 0.88);
    else
        font.setPixelSize(static_cast<int>(base.pixelSize() * 0.88));
    return font;
}

QFont readingFont(const QFont& base)
{
    QFont font = base;
    if (base.pointSizeF() > 0)
        font.setPointSizeF(base.pointSizeF() * 1.15);
    else
        font.setPixelSize(static_cast<int>(base.pixelSize() * 1.15));
    return font;
}

QFont headingFont(const QFont& base)
{
    QFont font = base;
    font.setBold(true);
    if (base.pointSizeF() > 0)
        font.setPointSizeF(base.pointSizeF() * 1.1);
    else
        font.setPixelSize(static_cast<int>(base.pixelSize() * 1.1));
    return font;
}

namespace {

QPixmap drawnIcon(const QByteArray& svg, const QColor& color, int size)
{
    QSvgRenderer renderer(QByteArray(svg).replace("#000000", color.name().toLatin1()));
    QPixmap pixmap(size, size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter);
    return pixmap;
}

QPalette paletteOf(const QColor& window, const QColor& base, const QColor& text, const QColor& accent)
{
    QPalette palette(mixed(window, text, 0.03), window);
    const QColor disabled = mixed(text, window, 0.55);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, mixed(base, text, 0.03));
    for (const auto role :
         {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText}) {
        palette.setColor(role, text);
        palette.setColor(QPalette::Disabled, role, disabled);
    }
    palette.setColor(QPalette::ToolTipBase, mixed(window, text, 0.06));
    palette.setColor(QPalette::PlaceholderText, mixed(text, window, 0.45));
    palette.setColor(QPalette::Highlight, accent);
    palette.setColor(QPalette::HighlightedText, textOn(accent));
    palette.setColor(QPalette::Disabled, QPalette::Highlight, mixed(window, text, 0.2));
    palette.setColor(QPalette::Link, accent);
    palette.setColor(QPalette::LinkVisited, accent);
    return palette;
}

} // namespace

QIcon themedIcon(const QString& name, const QPalette& palette)
{
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray svg = file.readAll();
    const QColor normal = mixed(palette.color(QPalette::Active, QPalette::WindowText),
                                palette.color(QPalette::Active, QPalette::Window), 0.15);
    QIcon icon;
    for (const int size : {16, 24, 32, 48}) {
        icon.addPixmap(drawnIcon(svg, normal, size), QIcon::Normal, QIcon::Off);
        icon.addPixmap(drawnIcon(svg, accentColor(palette), size), QIcon::Normal, QIcon::On);
        const QColor disabled = palette.color(QPalette::Disabled, QPalette::WindowText);
        icon.addPixmap(drawnIcon(svg, disabled, size), QIcon::Disabled, QIcon::Off);
    }
    return icon;
}

QPalette lightPalette()
{
    return paletteOf(QColor(0xf7, 0xf7, 0xf8), Qt::white, QColor(0x1b, 0x1f, 0x24), QColor(0x1f, 0x6f, 0xb8));
}

QPalette darkPalette()
{
    return paletteOf(QColor(0x22, 0x25, 0x29), QColor(0x1a, 0x1c, 0x1f), QColor(0xe4, 0xe6, 0xe9),
                     QColor(0x3d, 0x8f, 0xd6));
}

} // namespace lora::ui
