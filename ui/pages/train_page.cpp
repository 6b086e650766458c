#include "ui/pages/train_page.h"

#include "ui/format/quantities.h"
#include "ui/plots/time_series_plot.h"
#include "ui/theme/theme.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QSlider>

namespace lora::ui {

namespace {

enum LossSeries { TrainLoss, EvalLoss };

ThemeColor accent()
{
    return &accentColor;
}

/// Okabe-Ito's vermillion: evaluation keeps it on every plot, apart from the accent of training.
ThemeColor evaluation()
{
    return [](const QPalette& palette) {
        return isDark(palette) ? QColor(0xf0, 0x7f, 0x3a) : QColor(0xd5, 0x5e, 0x00);
    };
}

SeriesStyle line(const QString& name, bool isSmoothable)
{
    SeriesStyle style;
    style.name = name;
    style.color = accent();
    style.isSmoothable = isSmoothable;
    style.isLabelled = !name.isEmpty();
    return style;
}

SeriesStyle evaluated(const QString& name)
{
    SeriesStyle style;
    style.name = name;
    style.color = evaluation();
    style.shape = SeriesShape::LineWithMarkers;
    return style;
}

} // namespace

TrainPage::TrainPage(QWidget* parent)
    : QWidget(parent)
{
    createPlots();
    createControls();
    buildLayout();
    connectSignals();
    setRunState(RunState::Idle);
}

void TrainPage::createPlots()
{
    m_loss = new TimeSeriesPlot(tr("Loss"), this);
    m_loss->setEmptyText(
        tr("The loss of every step appears here once a run starts, with the evaluations and the untuned "
           "model's level"));
    m_loss->addSeries(line(tr("train"), true));
    m_loss->addSeries(evaluated(tr("eval")));
    m_metric = new TimeSeriesPlot(tr("Metric"), this);
    m_metric->setEmptyText(tr("The task's metric after every evaluation"));
    m_metric->addSeries(evaluated(tr("eval")));
    m_rate = new TimeSeriesPlot(tr("Learning rate"), this);
    m_rate->setEmptyText(tr("The schedule as it was applied"));
    m_rate->setKeepsZero(true);
    m_rate->addSeries(line({}, false));
    m_gradient = new TimeSeriesPlot(tr("Gradient norm"), this);
    m_gradient->setEmptyText(tr("The gradient's L2 norm before clipping"));
    m_gradient->setKeepsZero(true);
    m_gradient->addSeries(line({}, true));
    m_speed = new TimeSeriesPlot(tr("Tokens per second"), this);
    m_speed->setEmptyText(tr("How fast this machine trains"));
    m_speed->setKeepsZero(true);
    m_speed->setYAxis({}, AxisFormat::Count);
    m_speed->addSeries(line({}, true));
    m_plots = {m_loss, m_metric, m_rate, m_gradient, m_speed};
    for (TimeSeriesPlot* plot : m_plots)
        plot->setXAxis(tr("step"));
}

void TrainPage::createControls()
{
    m_smoothing = new QSlider(Qt::Horizontal, this);
    m_smoothing->setRange(0, 99);
    m_smoothing->setFixedWidth(20 * kGrid);
    m_smoothing->setToolTip(
        tr("Weight of TensorBoard's debiased exponential mean; the raw curve stays behind it"));
    m_smoothing->setAccessibleName(tr("Smoothing"));
    m_smoothingText = new QLabel(this);
    m_smoothingText->setMinimumWidth(
        m_smoothingText->fontMetrics().horizontalAdvance(QStringLiteral("0.99")) + kGrid);
    m_logarithmic = new QCheckBox(tr("&Logarithmic loss"), this);
    m_fit = new QPushButton(tr("Show &everything"), this);
    m_fit->setToolTip(tr("Undo zoom and pan in all plots (double-click or Home does the same)"));
    m_checkpoint = new QPushButton(tr("Save &checkpoint"), this);
    m_checkpoint->setToolTip(tr("Write weights and optimiser state after this step, to resume from"));
    m_latest = new QLabel(this);
    m_latest->setTextFormat(Qt::PlainText);
}

void TrainPage::buildLayout()
{
    auto* controls = new QHBoxLayout;
    controls->setSpacing(kGrid);
    auto* smoothingLabel = new QLabel(tr("&Smoothing"), this);
    smoothingLabel->setBuddy(m_smoothing);
    controls->addWidget(smoothingLabel);
    controls->addWidget(m_smoothing);
    controls->addWidget(m_smoothingText);
    controls->addSpacing(kGrid);
    controls->addWidget(m_logarithmic);
    controls->addSpacing(kGrid);
    controls->addWidget(m_fit);
    controls->addStretch(1);
    controls->addWidget(m_latest);
    controls->addSpacing(kGrid);
    controls->addWidget(m_checkpoint);
    auto* plots = new QGridLayout;
    plots->setSpacing(2 * kGrid);
    plots->addWidget(m_loss, 0, 0, 1, 2);
    plots->addWidget(m_metric, 1, 0);
    plots->addWidget(m_rate, 1, 1);
    plots->addWidget(m_gradient, 2, 0);
    plots->addWidget(m_speed, 2, 1);
    plots->setRowStretch(0, 5);
    plots->setRowStretch(1, 3);
    plots->setRowStretch(2, 3);
    plots->setColumnStretch(0, 1);
    plots->setColumnStretch(1, 1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(2 * kGrid, kGrid, 2 * kGrid, kGrid);
    layout->setSpacing(kGrid);
    layout->addLayout(controls);
    layout->addLayout(plots, 1);
}

void TrainPage::synchronise(TimeSeriesPlot* plot)
{
    connect(plot, &TimeSeriesPlot::visibleRangeChanged, this, [this, plot](const auto& range) {
        for (TimeSeriesPlot* other : m_plots) {
            if (other != plot)
                other->setVisibleRange(range);
        }
    });
    connect(plot, &TimeSeriesPlot::cursorMoved, this, [this](const auto& x) {
        for (TimeSeriesPlot* each : m_plots)
            each->setCursor(x);
    });
    connect(plot, &TimeSeriesPlot::problem, this, &TrainPage::problem);
}

void TrainPage::connectSignals()
{
    for (TimeSeriesPlot* plot : m_plots)
        synchronise(plot);
    connect(m_smoothing, &QSlider::valueChanged, this, [this](int hundredths) {
        m_smoothingText->setText(QString::number(hundredths / 100.0, 'f', 2));
        for (TimeSeriesPlot* plot : m_plots)
            plot->setSmoothing(hundredths / 100.0);
    });
    connect(m_logarithmic, &QCheckBox::toggled, m_loss, &TimeSeriesPlot::setLogarithmic);
    connect(m_loss, &TimeSeriesPlot::logarithmicChanged, m_logarithmic, &QCheckBox::setChecked);
    connect(m_fit, &QPushButton::clicked, this, [this] {
        for (TimeSeriesPlot* plot : m_plots)
            plot->setVisibleRange(std::nullopt);
    });
    connect(m_checkpoint, &QPushButton::clicked, this, &TrainPage::checkpointRequested);
    m_smoothing->setValue(80);
}

void TrainPage::setRunStart(const RunStart& start, const ExperimentConfig&)
{
    m_primaryMetric = start.primaryMetric;
    m_firstStep = m_lastStep = double(start.firstStep);
    for (TimeSeriesPlot* plot : m_plots) {
        plot->clearData();
        plot->setExtent(std::nullopt);
    }
    QString name = metricName(shownMetric());
    if (!name.isEmpty()) {
        name[0] = name[0].toUpper();
        m_metric->setTitle(name);
    }
    m_latest->clear();
}

void TrainPage::addSteps(const std::vector<StepMetrics>& steps)
{
    for (const StepMetrics& step : steps) {
        const double x = double(step.step);
        m_loss->append(TrainLoss, x, step.loss);
        m_rate->append(0, x, step.learningRate);
        m_gradient->append(0, x, step.gradNorm);
        m_speed->append(0, x, step.tokensPerSecond);
    }
    if (!steps.empty())
        extendTo(double(steps.back().step));
}

/// All plots show the steps so far, whatever each has got.
void TrainPage::extendTo(double step)
{
    if (step <= m_lastStep)
        return;
    m_lastStep = step;
    for (TimeSeriesPlot* plot : m_plots)
        plot->setExtent(std::pair(m_firstStep, m_lastStep));
}

/// The loss has a plot of its own; language models' metric besides is its exponential.
std::string TrainPage::shownMetric() const
{
    return m_primaryMetric == "loss" ? "perplexity" : m_primaryMetric;
}

void TrainPage::addEvaluation(const EvalMetrics& metrics)
{
    const double x = double(metrics.step);
    const auto loss = metrics.values.find("loss");
    const auto primary = metrics.values.find(m_primaryMetric);
    const auto shown = metrics.values.find(shownMetric());
    if (loss != metrics.values.end()) {
        m_loss->append(EvalLoss, x, loss->second);
        if (metrics.step == 0)
            m_loss->setLevel(tr("untuned"), loss->second);
    }
    extendTo(x);
    if (shown != metrics.values.end()) {
        m_metric->append(0, x, shown->second);
        if (metrics.step == 0)
            m_metric->setLevel(tr("untuned"), shown->second);
    }
    if (primary == metrics.values.end())
        return;
    m_latest->setText(tr("eval %1 %2 at step %3")
                          .arg(metricName(m_primaryMetric), qNumber(primary->second))
                          .arg(metrics.step));
}

void TrainPage::setRunState(RunState state)
{
    m_checkpoint->setEnabled(state == RunState::Running || state == RunState::Paused);
}

} // namespace lora::ui
