#pragma once

#include <QWidget>

#include <cstdint>
#include <vector>

namespace lora::ui {

/// Token lengths of the training rows with a cut-off (max_length) that is dragged or moved by arrow keys;
/// tells the share of rows it truncates.
class LengthHistogram : public QWidget
{
    Q_OBJECT

public:
    explicit LengthHistogram(QWidget* parent = nullptr);

    /// `counts[n]` = rows of n tokens, special tokens included.
    void setCounts(std::vector<std::int64_t> counts);
    void setCutoff(int tokens);
    /// The model's positions: the cut-off cannot be dragged beyond.
    void setLimit(int tokens);
    int cutoff() const { return m_cutoff; }
    double truncatedShare() const;
    QString summaryText() const;

    QSize sizeHint() const override { return {320, 112}; }
    QSize minimumSizeHint() const override { return {160, 96}; }

signals:
    void cutoffDragged(int tokens);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    QRect plotArea() const;
    int lastToken() const; ///< the axis' right end
    double xOf(double tokens) const;
    int tokensAt(double x) const;
    void drag(int tokens);
    void paintBars(QPainter& painter, const QRect& area) const;
    void paintAxis(QPainter& painter, const QRect& area) const;

    std::vector<std::int64_t> m_counts;
    int m_cutoff = 128;
    int m_limit = 512;
    int m_frozenEnd = 0; ///< axis end while dragging, so that the scale holds still under the hand
};

} // namespace lora::ui
