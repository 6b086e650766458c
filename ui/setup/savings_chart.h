#pragma once

#include "core/cost/cost_report.h"

#include <QWidget>

#include <vector>

namespace lora::ui {

/// Where the compute goes that full fine-tuning spends and this configuration does not: a waterfall from 100
/// %.
class SavingsChart : public QWidget
{
    Q_OBJECT

public:
    explicit SavingsChart(QWidget* parent = nullptr);

    void setSavings(const std::vector<SavingSource>& savings);
    QString text() const;

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    struct Step
    {
        QString label;
        QString value;
        double from;
        double to;
        bool isTotal;
    };
    std::vector<Step> steps() const;
    int rowHeight() const;

    std::vector<SavingSource> m_savings;
};

} // namespace lora::ui
