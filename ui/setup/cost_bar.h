#pragma once

#include <QString>
#include <QWidget>

namespace lora::ui {

struct CostBarValues
{
    QString label;
    double value = 0;
    double baseline = 0; ///< full fine-tuning: the whole width
    QString (*format)(double) = nullptr;
    bool isEstimate = false;
    QString note; ///< one more line of the tooltip
};

/// One quantity against full fine-tuning: the track's width is full fine-tuning, the bar is this
/// configuration.
class CostBar : public QWidget
{
    Q_OBJECT

public:
    explicit CostBar(QWidget* parent = nullptr);

    void setValues(const CostBarValues& values);
    QString text() const; ///< "Memory: ≈ −41 %, 1.20 GiB of 2.03 GiB"

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString changeLabel() const;
    QString absoluteLabel() const;

    CostBarValues m_values;
};

} // namespace lora::ui
