#pragma once

#include <QColor>
#include <QFont>
#include <QPalette>

#include <functional>

namespace lora::ui {

/// A colour that is asked again whenever the palette changes.
using ThemeColor = std::function<QColor(const QPalette&)>;

/// What a plot needs to know about the palette.
struct PlotTheme
{
    QColor background;
    QColor text;
    QColor muted;
    QColor grid;
    QColor axis;
    QFont font;
    QFont titleFont;

    static PlotTheme from(const QPalette& palette, const QFont& base);
};

} // namespace lora::ui
