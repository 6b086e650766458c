#pragma once

#include <QColor>
#include <QFont>
#include <QIcon>
#include <QPalette>

#include <optional>

namespace lora {
struct MethodConfig;
}

/// Colours, fonts and icons shared by everything that paints. All of them follow the palette, so light and
/// dark need no second set. Series colours are Okabe & Ito's (2008), which people with colour vision
/// deficiencies can tell apart.
namespace lora::ui {

inline constexpr int kGrid = 8; ///< distances are multiples of it, half of it inside a control group

bool isDark(const QPalette& palette);
QColor mixed(const QColor& from, const QColor& to, double share);
QColor mutedText(const QPalette& palette);
QColor faintLine(const QPalette& palette);
QColor trackColor(const QPalette& palette); ///< the empty part of a bar
QColor accentColor(const QPalette& palette);
QColor problemColor(const QPalette& palette);
QColor warningColor(const QPalette& palette);
/// Black or white, whichever reads better on `background`.
QColor textOn(const QColor& background);

/// One perceptually even ramp for quantities (rank, share); `share` in [0, 1].
QColor rampColor(double share, const QPalette& palette);

/// The same colour for a rank on every page: 1, 2, 4, … in Okabe-Ito order; other ranks take that of the
/// nearest power of two.
QColor rankColor(int rank, const QPalette& palette);
/// A run's colour: its rank's, the text colour for full fine-tuning, grey for the head alone.
QColor methodColor(const MethodConfig& method, const QPalette& palette);

QFont smallFont(const QFont& base);
QFont headingFont(const QFont& base);
/// For running text one reads: somewhat larger than labels.
QFont readingFont(const QFont& base);

/// An icon of resources/icons drawn in the palette's text colour, in the accent where checked.
QIcon themedIcon(const QString& name, const QPalette& palette);

QPalette lightPalette();
QPalette darkPalette();

} // namespace lora::ui
