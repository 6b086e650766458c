#include "ui/plots/series_buffer.h"
#include "ui/plots/series_csv.h"
#include "ui/plots/time_series_plot.h"

#include <QElapsedTimer>
#include <QTest>

#include <cmath>
#include <limits>

using namespace lora::ui;

class SeriesBufferTest : public QObject
{
    Q_OBJECT

private slots:
    void smoothingIsTensorBoardsDebiasedMean()
    {
        SeriesBuffer buffer;
        buffer.setSmoothing(0.5);
        for (const double y : {4.0, 2.0, 8.0})
            buffer.append(double(buffer.size()), y);
        // last = 2, 2, 5; divided by 1/2, 3/4, 7/8.
        QCOMPARE(buffer.smoothed()[0].y, 4.0);
        QCOMPARE(buffer.smoothed()[1].y, 2.0 / 0.75);
        QCOMPARE(buffer.smoothed()[2].y, (0.5 * 2 + 0.5 * 8) / 0.875);
    }

    void smoothingSkipsWhatIsNotFinite()
    {
        SeriesBuffer buffer;
        buffer.setSmoothing(0.9);
        buffer.append(0, 1);
        buffer.append(1, std::numeric_limits<double>::quiet_NaN());
        buffer.append(2, 3);
        QCOMPARE(buffer.size(), std::size_t(3));
        QCOMPARE(buffer.smoothed().size(), std::size_t(2));
        QVERIFY(std::isfinite(buffer.smoothed()[1].y));
    }

    void aConstantSeriesStaysAsItIs()
    {
        SeriesBuffer buffer;
        buffer.setSmoothing(0.97);
        for (int i = 0; i < 50; ++i)
            buffer.append(i, 0.1);
        for (const PlotPoint& point : buffer.smoothed())
            QCOMPARE(point.y, 0.1);
    }

    void changingTheWeightEqualsHavingHadItFromTheStart()
    {
        SeriesBuffer early;
        SeriesBuffer late;
        early.setSmoothing(0.8);
        for (int i = 0; i < 100; ++i) {
            early.append(i, std::sin(i));
            late.append(i, std::sin(i));
        }
        late.setSmoothing(0.8);
        QCOMPARE(late.smoothed(), early.smoothed());
    }

    void thinningKeepsEverySpikeAndTheEnds()
    {
        std::vector<PlotPoint> points;
        for (int i = 0; i < 100000; ++i)
            points.push_back({double(i), std::sin(i * 0.001)});
        points[31234].y = 50;
        points[77777].y = -50;
        const auto thin = SeriesBuffer::thinned(points, 0, 99999, 500);
        QVERIFY(thin.size() <= 4 * 500 + 2);
        QCOMPARE(thin.front(), points.front());
        QCOMPARE(thin.back(), points.back());
        const auto has = [&thin](const PlotPoint& point) {
            return std::find(thin.begin(), thin.end(), point) != thin.end();
        };
        QVERIFY(has(points[31234]));
        QVERIFY(has(points[77777]));
        for (std::size_t i = 1; i < thin.size(); ++i)
            QVERIFY(thin[i - 1].x < thin[i].x);
    }

    void thinningOfARangeReachesOnePointBeyondIt()
    {
        std::vector<PlotPoint> points;
        for (int i = 0; i < 100; ++i)
            points.push_back({double(i), double(i)});
        const auto thin = SeriesBuffer::thinned(points, 40.5, 42.5, 100);
        QCOMPARE(thin.front().x, 40.0);
        QVERIFY(thin.back().x >= 43.0);
        QVERIFY(thin.size() <= 6);
    }

    void aStepThatComesTwiceOrLateIsNotTakenBackwards()
    {
        SeriesBuffer buffer;
        buffer.append(5, 1);
        buffer.append(4, 2);
        QCOMPARE(buffer.size(), std::size_t(1));
    }

    void nearestFindsTheCloserNeighbour()
    {
        const std::vector<PlotPoint> points{{0, 1}, {10, 2}, {20, 3}};
        QCOMPARE(SeriesBuffer::nearest(points, 14)->x, 10.0);
        QCOMPARE(SeriesBuffer::nearest(points, 16)->x, 20.0);
        QCOMPARE(SeriesBuffer::nearest(points, 99)->x, 20.0);
        QVERIFY(!SeriesBuffer::nearest({}, 1));
    }

    void csvHasOneRowPerXAndQuotesNames()
    {
        const std::vector<PlotPoint> loss{{1, 0.5}, {2, 0.25}};
        const std::vector<PlotPoint> eval{{2, 0.125}};
        QCOMPARE(seriesCsv(QStringLiteral("step"),
                           {{QStringLiteral("a,b"), &loss}, {QStringLiteral("eval"), &eval}}),
                 QStringLiteral("step,\"a,b\",eval\n1,0.5,\n2,0.25,0.125\n"));
    }

    void aHundredThousandPointsStayFluid()
    {
        TimeSeriesPlot plot(QStringLiteral("Loss"));
        SeriesStyle style;
        style.name = QStringLiteral("train");
        style.isSmoothable = true;
        const int series = plot.addSeries(style);
        plot.setSmoothing(0.9);
        plot.resize(1200, 400);
        plot.show();
        for (int i = 0; i < 100000; ++i)
            plot.append(series, i, std::sin(i * 0.01) + (i % 7) * 0.1);
        plot.replotNow();
        QElapsedTimer timer;
        timer.start();
        for (int i = 0; i < 10; ++i) {
            plot.append(series, 100000 + i, 0.5);
            plot.replotNow();
        }
        // A fifth of a second each would be a slide show; generous, for busy machines.
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
    }

    void theReadOutTellsTheValueUnderTheCursor()
    {
        TimeSeriesPlot plot(QStringLiteral("Loss"));
        plot.setXAxis(QStringLiteral("step"));
        SeriesStyle style;
        style.name = QStringLiteral("train");
        const int series = plot.addSeries(style);
        plot.append(series, 1, 0.75);
        plot.append(series, 2, 0.5);
        QVERIFY(plot.readOut().isEmpty());
        plot.setCursor(2.0);
        QVERIFY(plot.readOut().contains(QStringLiteral("train 0.500")));
        QVERIFY(plot.readOut().contains(QStringLiteral("step 2")));
    }
};

QTEST_MAIN(SeriesBufferTest)
#include "series_buffer_test.moc"
