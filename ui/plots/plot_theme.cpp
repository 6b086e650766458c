#include "ui/plots/plot_theme.h"

#include "ui/theme/theme.h"

namespace lora::ui {

PlotTheme PlotTheme::from(const QPalette& palette, const QFont& base)
{
    const QColor window = palette.color(QPalette::Window);
    const QColor text = palette.color(QPalette::WindowText);
    PlotTheme theme;
    theme.background = window;
    theme.text = text;
    theme.muted = mutedText(palette);
    theme.grid = mixed(window, text, 0.10);
    theme.axis = mixed(window, text, 0.30);
    theme.font = smallFont(base);
    theme.titleFont = base;
    theme.titleFont.setBold(true);
    return theme;
}

} // namespace lora::ui
