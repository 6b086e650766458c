#include "app/session/metrics_mailbox.h"

#include <QtTest>

#include <atomic>
#include <thread>

using namespace lora;
using namespace lora::app;

class MetricsMailboxTest : public QObject
{
    Q_OBJECT

private slots:
    void wakesOnceUntilEmptied()
    {
        int wakes = 0;
        MetricsMailbox mailbox(RunId{7}, [&] { ++wakes; });
        for (std::int64_t step = 1; step <= 1000; ++step)
            mailbox.post([&](RunUpdate& update) { update.steps.push_back({step, 0, 0, 0, 0, 0, 0}); });
        QCOMPARE(wakes, 1);
        const RunUpdate update = mailbox.take();
        QCOMPARE(update.steps.size(), std::size_t{1000});
        QVERIFY(update.run == RunId{7});
        mailbox.post([](RunUpdate& next) { next.messages.push_back("later"); });
        QCOMPARE(wakes, 2);
        const RunUpdate next = mailbox.take();
        QVERIFY(next.steps.empty());
        QVERIFY(next.run == RunId{7});
        QCOMPARE(next.messages.size(), std::size_t{1});
    }

    void keepsTheLatestOfWhatReplacesItself()
    {
        MetricsMailbox mailbox(RunId{1}, [] {});
        for (std::int64_t done = 1; done <= 5; ++done)
            mailbox.post([&](RunUpdate& update) { update.progress = {done, 5}; });
        mailbox.post([](RunUpdate& update) { update.isPaused = true; });
        mailbox.post([](RunUpdate& update) { update.isPaused = false; });
        const RunUpdate update = mailbox.take();
        QCOMPARE(update.progress->done, std::int64_t{5});
        QCOMPARE(*update.isPaused, false);
        QVERIFY(!update.outcome);
    }

    void losesNothingBetweenTwoThreads()
    {
        constexpr std::int64_t count = 20000;
        std::atomic<int> wakes = 0;
        MetricsMailbox mailbox(RunId{1}, [&] { ++wakes; });
        std::jthread writer([&] {
            for (std::int64_t step = 1; step <= count; ++step)
                mailbox.post([&](RunUpdate& update) { update.steps.push_back({step, 0, 0, 0, 0, 0, 0}); });
        });
        std::int64_t seen = 0;
        int takes = 0;
        while (seen < count) {
            ++takes;
            for (const StepMetrics& metrics : mailbox.take().steps)
                QCOMPARE(metrics.step, ++seen);
        }
        QVERIFY(wakes <= takes + 1);
    }
};

QTEST_GUILESS_MAIN(MetricsMailboxTest)
#include "metrics_mailbox_test.moc"
