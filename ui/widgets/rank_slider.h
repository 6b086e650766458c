#pragma once

#include <QWidget>

class QSlider;
class QSpinBox;

namespace lora::ui {

/// A rank: the slider snaps to powers of two from 1 to 128, the box beside it takes any number.
class RankSlider : public QWidget
{
    Q_OBJECT

public:
    static constexpr int kLargestPower = 7;

    explicit RankSlider(QWidget* parent = nullptr);

    int rank() const;
    void setRank(int rank); ///< does not emit
    QSlider* slider() const { return m_slider; }
    QSpinBox* box() const { return m_box; }

signals:
    void rankEdited(int rank);

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QSlider* m_slider;
    QSpinBox* m_box;
};

} // namespace lora::ui
