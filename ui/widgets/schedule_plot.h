#pragma once

#include <QWidget>

namespace lora {
struct TrainingConfig;
}

namespace lora::ui {

/// The learning rate over the run as its scheduler will set it: warm-up, then linear, cosine or constant.
class SchedulePlot : public QWidget
{
    Q_OBJECT

public:
    explicit SchedulePlot(QWidget* parent = nullptr);

    void setSchedule(const TrainingConfig& training);
    /// Share of the peak learning rate when `done` of the run is over, as in Hugging Face's get_scheduler.
    static double shareAt(double done, const std::string& type, double warmupRatio);

    QSize sizeHint() const override { return {160, 56}; }
    QSize minimumSizeHint() const override { return {96, 48}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    std::string m_type = "linear";
    double m_warmupRatio = 0;
    double m_learningRate = 0;
};

} // namespace lora::ui
