#include "app/session/background_jobs.h"

#include <QtTest>

#include <atomic>
#include <future>

using namespace lora;
using namespace lora::app;

class BackgroundJobsTest : public QObject
{
    Q_OBJECT

private:
    static void neverFails(const QString& what, const QString&) { QFAIL(qPrintable(what)); }

private slots:
    void worksElsewhereAndDeliversHere()
    {
        JobLane lane(JobLane::Policy::LatestWins);
        std::thread::id worker, receiver;
        lane.post<int>(
            [&] {
                worker = std::this_thread::get_id();
                return 42;
            },
            [&](int result) {
                receiver = std::this_thread::get_id();
                QCOMPARE(result, 42);
            },
            neverFails);
        QVERIFY(lane.isBusy());
        QTRY_VERIFY(receiver == std::this_thread::get_id());
        QVERIFY(worker != receiver);
        QVERIFY(!lane.isBusy());
    }

    void anErrorBecomesAProblem()
    {
        JobLane lane(JobLane::Policy::LatestWins);
        QString problem;
        lane.post<int>([]() -> int { throw Error(ErrorKind::BadInput, "no such column", "name another"); },
                       [](int) { QFAIL("there is no result"); },
                       [&](const QString& what, const QString& hint) { problem = what + "; " + hint; });
        QTRY_COMPARE(problem, QString("no such column; name another"));
    }

    void latestWinsDropsTheStaleResultAndSkipsWhatWasReplaced()
    {
        JobLane lane(JobLane::Policy::LatestWins);
        std::promise<void> isStarted, mayEnd;
        std::atomic<int> worked = 0;
        std::vector<int> delivered;
        lane.post<int>(
            [&] {
                ++worked;
                isStarted.set_value();
                mayEnd.get_future().wait();
                return 0;
            },
            [&](int result) { delivered.push_back(result); }, neverFails);
        isStarted.get_future().wait();
        for (int number = 1; number <= 5; ++number)
            lane.post<int>(
                [&worked, number] {
                    ++worked;
                    return number;
                },
                [&](int result) { delivered.push_back(result); }, neverFails);
        mayEnd.set_value();
        QTRY_COMPARE(delivered, std::vector<int>{5});
        QTest::qWait(20);
        QCOMPARE(delivered, std::vector<int>{5});
        QCOMPARE(worked.load(), 2);
    }

    void inOrderDoesEverything()
    {
        JobLane lane(JobLane::Policy::InOrder);
        std::vector<int> delivered;
        for (int number = 1; number <= 5; ++number)
            lane.post<int>([number] { return number; }, [&](int result) { delivered.push_back(result); },
                           neverFails);
        QTRY_COMPARE(delivered, (std::vector<int>{1, 2, 3, 4, 5}));
    }

    void cancelledWorkDeliversNothing()
    {
        JobLane lane(JobLane::Policy::InOrder);
        std::promise<void> mayEnd;
        bool isDelivered = false;
        lane.post<int>(
            [&] {
                mayEnd.get_future().wait();
                return 1;
            },
            [&](int) { isDelivered = true; }, neverFails);
        lane.cancel();
        mayEnd.set_value();
        bool isNextDelivered = false;
        lane.post<int>([] { return 2; }, [&](int) { isNextDelivered = true; }, neverFails);
        QTRY_VERIFY(isNextDelivered);
        QVERIFY(!isDelivered);
    }

    void destroyingWaitsForTheWorkAndDeliversNothing()
    {
        std::atomic<bool> hasEnded = false;
        bool isDelivered = false;
        {
            JobLane lane(JobLane::Policy::LatestWins);
            std::promise<void> isStarted;
            lane.post<int>(
                [&] {
                    isStarted.set_value();
                    std::this_thread::sleep_for(std::chrono::milliseconds(30));
                    hasEnded = true;
                    return 1;
                },
                [&](int) { isDelivered = true; }, neverFails);
            isStarted.get_future().wait();
        }
        QVERIFY(hasEnded);
        QTest::qWait(20);
        QVERIFY(!isDelivered);
    }
};

QTEST_GUILESS_MAIN(BackgroundJobsTest)
#include "background_jobs_test.moc"
