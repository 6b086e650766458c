#pragma once

#include "ui/plots/plot_theme.h"
#include "ui/plots/series_buffer.h"

#include <QString>
#include <QWidget>

#include <memory>
#include <optional>

class QMenu;

namespace lora::ui {

enum class SeriesShape { Line, LineWithMarkers, Markers, Ring };
enum class AxisFormat {
    Plain,
    Duration,
    Flops,
    Count,
    Bytes,
    Index, ///< 1, 2, 3, …
    Rank   ///< positions of ranks, see rankPosition
};

/// Where a rank stands on an axis of ranks: 0 (no adapters) at 0, 1, 2, 4, … one apart.
double rankPosition(double rank);
double rankAt(double position);

struct SeriesStyle
{
    QString name; ///< label at the line's end, column of the CSV
    ThemeColor color;
    SeriesShape shape = SeriesShape::Line;
    Qt::PenStyle dash = Qt::SolidLine;
    double width = 1.8;
    bool isSmoothable = false;
    bool isLabelled = true; ///< direct label at the line's end
    int marker = 0;         ///< repeats what colour says; shapes in a fixed order
};

/// Curves over a common x with direct labels, a cursor with a read-out, zoom and pan along x (y fits what is
/// visible), logarithmic y, smoothing, and a context menu for pictures and data. Any number of points stays
/// fluid: what is drawn is thinned to the plot's width, at most 20 times a second. The only class that knows
/// QCustomPlot.
class TimeSeriesPlot : public QWidget
{
    Q_OBJECT

public:
    explicit TimeSeriesPlot(const QString& title, QWidget* parent = nullptr);
    ~TimeSeriesPlot() override;

    void setTitle(const QString& title);
    void setXAxis(const QString& name, AxisFormat format = AxisFormat::Plain);
    void setYAxis(const QString& unit, AxisFormat format = AxisFormat::Plain);
    void setEmptyText(const QString& text);
    void setKeepsZero(bool keepsZero); ///< y starts at 0
    void setXLogarithmic(bool isLogarithmic);

    int addSeries(SeriesStyle style);
    void setSeriesName(int series, const QString& name);
    void append(int series, double x, double y);
    /// The interval around a point: bands beside lines, whiskers at markers alone. x ascending.
    void appendInterval(int series, double x, double low, double high);
    /// A thin labelled horizontal line, for example the untuned model; same name = moved.
    void setLevel(const QString& name, double y);
    void clearData();   ///< keeps the series, drops points, levels and zoom
    void clearSeries(); ///< drops everything
    const SeriesBuffer& series(int series) const;
    int seriesCount() const;
    bool isEmpty() const;

    void setSmoothing(double weight);
    void setLogarithmic(bool isLogarithmic);
    bool isLogarithmic() const;
    /// Unset: shows everything and follows new points.
    void setVisibleRange(std::optional<std::pair<double, double>> range);
    /// What "everything" covers along x, so that plots of one run share their axis; unset: the data.
    void setExtent(std::optional<std::pair<double, double>> extent);
    void setCursor(std::optional<double> x);
    QString readOut() const;
    QString csv() const;
    /// Replots now instead of within 50 ms; for pictures and tests.
    void replotNow();

    QSize sizeHint() const override { return {360, 200}; }
    QSize minimumSizeHint() const override { return {200, 120}; }

signals:
    void visibleRangeChanged(std::optional<std::pair<double, double>> range);
    void cursorMoved(std::optional<double> x);
    void logarithmicChanged(bool isLogarithmic);
    void problem(const QString& what, const QString& hint);

protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    class Canvas;

    void scheduleReplot();
    void addSaveActions(QMenu& menu);
    void save(const QString& suffix, const QString& filter);
    bool writeFile(const QString& file, const QString& suffix);
    void stepCursor(int direction);

    std::unique_ptr<Canvas> m_canvas;
};

} // namespace lora::ui
