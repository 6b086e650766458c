#pragma once

#include "core/base/quantity_text.h"

#include <QString>

#include <string>
#include <vector>

/// Quantities as text for widgets: core/base/quantity_text.h with Qt's string type, and nothing of its own.
namespace lora::ui {

inline QString qstr(const std::string& text)
{
    return QString::fromStdString(text);
}
inline QString qCount(double count)
{
    return qstr(lora::countText(count));
}
inline QString qBytes(double bytes)
{
    return qstr(lora::bytesText(bytes));
}
inline QString qDuration(double seconds)
{
    return qstr(lora::durationText(seconds));
}
inline QString qFlops(double flops)
{
    return qstr(lora::flopsText(flops));
}
inline QString qChange(double ratio)
{
    return qstr(lora::changeText(ratio));
}
inline QString qPercent(double fraction)
{
    return qstr(lora::percentText(fraction));
}
inline QString qNumber(double value, int digits = 3)
{
    return qstr(lora::significantText(value, digits));
}

/// "builtin:encoder" -> "Built-in encoder"; a path -> its last part.
QString sourceName(const std::string& pathOrBuiltin);
/// "matthews_correlation" -> "matthews correlation".
QString metricName(const std::string& key);

} // namespace lora::ui
