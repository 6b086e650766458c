// How numbers stand at the axes of a plot.
#include "ui/plots/plot_canvas.h"

#include "ui/format/quantities.h"

#include <cmath>

namespace lora::ui {

double rankPosition(double rank)
{
    return rank < 1 ? 0 : 1 + std::log2(rank);
}

double rankAt(double position)
{
    return position < 0.5 ? 0 : std::round(std::exp2(position - 1));
}

QString axisText(double value, AxisFormat format)
{
    if (format == AxisFormat::Rank)
        return QString::number(rankAt(value));
    // 0.1 + 0.2 would otherwise print as 2.77e-17 near zero.
    if (std::abs(value) < 1e-14)
        return QStringLiteral("0");
    if (format == AxisFormat::Duration)
        return qDuration(value);
    if (format == AxisFormat::Flops)
        return qFlops(value);
    if (format == AxisFormat::Bytes)
        return qBytes(value);
    if (format == AxisFormat::Count || std::abs(value) >= 10000)
        return qCount(value);
    return QString::number(value, 'g', 4);
}

namespace {

class QuantityTicker : public QCPAxisTicker
{
public:
    explicit QuantityTicker(AxisFormat format)
        : m_format(format)
    {
        // What carries a unit is wide.
        setTickCount(format == AxisFormat::Plain || format == AxisFormat::Count ? 5 : 3);
    }

protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        return axisText(tick, m_format);
    }

private:
    AxisFormat m_format;
};

class QuantityLogTicker : public QCPAxisTickerLog
{
public:
    explicit QuantityLogTicker(AxisFormat format)
        : m_format(format)
    {}

protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        return axisText(tick, m_format);
    }

private:
    AxisFormat m_format;
};

class RankTicker : public QCPAxisTickerFixed
{
public:
    RankTicker() { setTickStep(1); }

protected:
    QString getTickLabel(double tick, const QLocale&, QChar, int) override
    {
        return tick < -0.01 ? QString() : axisText(tick, AxisFormat::Rank);
    }
};

} // namespace

QSharedPointer<QCPAxisTicker> tickerFor(AxisFormat format, bool isLogarithmic, const QCPRange& range)
{
    if (format == AxisFormat::Rank)
        return QSharedPointer<RankTicker>::create();
    if (format == AxisFormat::Index) {
        const auto ticker = QSharedPointer<QCPAxisTickerFixed>::create();
        ticker->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
        return ticker;
    }
    // Less than a decade has no power of ten inside: evenly spaced ticks say more.
    if (isLogarithmic && range.lower > 0 && range.upper / range.lower >= 10)
        return QSharedPointer<QuantityLogTicker>::create(format);
    return QSharedPointer<QuantityTicker>::create(format);
}

} // namespace lora::ui
