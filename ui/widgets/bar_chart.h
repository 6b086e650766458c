#pragma once

#include <QColor>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace lora::ui {

struct BarRow
{
    QString label;
    double value = 0;
    QString text; ///< what stands at the bar's end
    QString toolTip;
    QColor color;
    bool isEstimated = false; ///< drawn hatched
};

/// Horizontal bars from zero on one linear scale, each labelled directly.
class BarChart : public QWidget
{
    Q_OBJECT

public:
    explicit BarChart(QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setRows(std::vector<BarRow> rows);
    const std::vector<BarRow>& rows() const { return m_rows; }
    void setEmptyText(const QString& text);
    /// What a full bar means, for example 1 for probabilities; 0: the largest value.
    void setFullScale(double value);
    /// A line across all bars, for example a threshold.
    void setMark(std::optional<double> value);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent* event) override;
    bool event(QEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    int rowHeight() const;
    int titleHeight() const;
    int labelWidth() const;
    void paintRow(QPainter& painter, const BarRow& row, const QRect& area, double scale) const;

    QString m_title;
    QString m_emptyText;
    std::vector<BarRow> m_rows;
    double m_fullScale = 0;
    std::optional<double> m_mark;
};

} // namespace lora::ui
