#include "app/session/training_controller.h"

#include "core/base/error.h"
#include "core/runs/run_reader.h"
#include "tests/app/slow_run.h"
#include "tests/support/temporary_folder.h"

#include <QtTest>

#include <future>
#include <set>

using namespace lora;
using namespace lora::app;
using lora::ui::RunState;

class TrainingControllerTest : public QObject
{
    Q_OBJECT

private:
    test::TemporaryFolder m_folder;
    int m_runs = 0;

    RunRequest request()
    {
        RunRequest request;
        request.experiment.name = "thread test";
        request.experiment.model = "builtin:encoder";
        request.experiment.data.train = "builtin:sentiment";
        request.runFolder = m_folder / ("run-" + std::to_string(++m_runs));
        return request;
    }

    /// What a window would have seen.
    struct Witness
    {
        std::vector<RunState> states;
        std::vector<StepMetrics> steps;
        std::vector<EvalMetrics> evaluations;
        std::vector<RunOutcome> outcomes;
        int starts = 0;
        int deliveries = 0;

        explicit Witness(TrainingController& controller)
        {
            connect(&controller, &TrainingController::stateChanged,
                    [this](RunState state) { states.push_back(state); });
            connect(&controller, &TrainingController::started, [this] { ++starts; });
            connect(&controller, &TrainingController::stepsArrived,
                    [this](const std::vector<StepMetrics>& news) {
                        ++deliveries;
                        steps.insert(steps.end(), news.begin(), news.end());
                    });
            connect(&controller, &TrainingController::evaluationArrived,
                    [this](const EvalMetrics& metrics) { evaluations.push_back(metrics); });
            connect(&controller, &TrainingController::ended,
                    [this](const RunOutcome& outcome) { outcomes.push_back(outcome); });
        }
    };

private slots:
    void aRunGoesThroughItsStatesAndLosesNoNumber()
    {
        TrainingController controller(test::SlowRun(200));
        Witness seen(controller);
        const RunRequest run = request();
        QVERIFY(controller.start(run));
        QVERIFY(!controller.start(request()));
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QVERIFY((seen.states == std::vector{RunState::Preparing, RunState::Running, RunState::Idle}));
        QCOMPARE(seen.starts, 1);
        QCOMPARE(seen.steps.size(), std::size_t{200});
        for (std::size_t index = 0; index < seen.steps.size(); ++index)
            QCOMPARE(seen.steps[index].step, static_cast<std::int64_t>(index) + 1);
        QCOMPARE(seen.evaluations.size(), std::size_t{20});
        QVERIFY(seen.outcomes.at(0).status == RunStatus::Completed);
        QCOMPARE(readRun(run.runFolder)->steps.size(), std::size_t{200});
    }

    void newsArriveAtMostTwentyTimesASecond()
    {
        TrainingController controller(test::SlowRun(600));
        Witness seen(controller);
        QElapsedTimer clock;
        clock.start();
        controller.start(request());
        QTRY_VERIFY_WITH_TIMEOUT(controller.state() == RunState::Idle, 30000);
        QCOMPARE(seen.steps.size(), std::size_t{600});
        // Timers may be a millisecond early.
        QVERIFY(seen.deliveries <= clock.elapsed() / 48 + 2);
    }

    void pausesResumesAndStopsWithinAStep()
    {
        TrainingController controller(test::SlowRun(1'000'000));
        Witness seen(controller);
        const RunRequest run = request();
        controller.start(run);
        QTRY_VERIFY(seen.steps.size() > 5);
        controller.pause();
        QTRY_VERIFY(controller.state() == RunState::Paused);
        const std::size_t before = seen.steps.size();
        QTest::qWait(120);
        QCOMPARE(seen.steps.size(), before);
        controller.resume();
        QTRY_VERIFY(controller.state() == RunState::Running);
        QTRY_VERIFY(seen.steps.size() > before + 5);
        controller.stop();
        QVERIFY(controller.state() == RunState::Stopping);
        controller.pause();
        controller.resume();
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QVERIFY(seen.outcomes.at(0).status == RunStatus::Stopped);
        QCOMPARE(readRun(run.runFolder)->summary.outcome, std::string("stopped"));
    }

    void stopsWhilePaused()
    {
        TrainingController controller(test::SlowRun(1'000'000));
        Witness seen(controller);
        controller.start(request());
        QTRY_VERIFY(controller.state() == RunState::Running);
        controller.pause();
        QTRY_VERIFY(controller.state() == RunState::Paused);
        controller.stop();
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QVERIFY(seen.outcomes.at(0).status == RunStatus::Stopped);
    }

    void aPauseTakenBackAtOnceLeavesTheRunGoing()
    {
        TrainingController controller(test::SlowRun(1'000'000));
        Witness seen(controller);
        controller.start(request());
        QTRY_VERIFY(controller.state() == RunState::Running);
        for (int round = 0; round < 20; ++round) {
            controller.pause();
            controller.resume();
        }
        const std::size_t before = seen.steps.size();
        QTRY_VERIFY(seen.steps.size() > before + 20);
        QVERIFY(controller.state() == RunState::Running);
    }

    void aCheckpointRequestReachesTheTraining()
    {
        TrainingController controller(test::SlowRun(1'000'000));
        QStringList messages;
        connect(&controller, &TrainingController::messageArrived,
                [&](const QString& text) { messages << text; });
        controller.start(request());
        QTRY_VERIFY(controller.state() == RunState::Running);
        controller.requestCheckpoint();
        QTRY_COMPARE(messages.size(), 1);
        QVERIFY(messages[0].startsWith("checkpoint after step"));
    }

    void destroyingMidTrainingLeavesAWholeFolder()
    {
        const RunRequest run = request();
        {
            TrainingController controller(test::SlowRun(1'000'000));
            Witness seen(controller);
            controller.start(run);
            QTRY_VERIFY(!seen.steps.empty());
        }
        const auto record = readRun(run.runFolder);
        QCOMPARE(record->summary.outcome, std::string("stopped"));
        QCOMPARE(record->summary.steps, static_cast<std::int64_t>(record->steps.size()));
        QVERIFY(!record->steps.empty());
    }

    void messagesOfAnotherRunAreDropped()
    {
        TrainingController controller(test::SlowRun(1'000'000));
        Witness seen(controller);
        controller.start(request());
        QTRY_VERIFY(controller.state() == RunState::Running);
        RunUpdate stale;
        stale.run = RunId{static_cast<std::uint64_t>(controller.runId()) + 1};
        stale.steps = {{777777777, 0, 0, 0, 0, 0, 0}};
        stale.isPaused = true;
        stale.outcome = RunOutcome{};
        controller.receive(stale);
        QVERIFY(controller.state() == RunState::Running);
        QVERIFY(seen.outcomes.empty());
        QVERIFY(seen.steps.empty() || seen.steps.back().step != 777777777);
        stale.run = controller.runId();
        controller.stop();
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QCOMPARE(seen.outcomes.size(), std::size_t{1});
        controller.receive(stale);
        QCOMPARE(seen.outcomes.size(), std::size_t{1});
    }

    void runsInCloseSuccessionKeepTheirNewsApart()
    {
        TrainingController controller([](const RunRequest&, TrainingObserver& observer, TrainingControl&) {
            observer.onStart({1, 0, 1, 1, "accuracy"});
            observer.onStep({1, 1, 1, 1, 1, 1, 1});
            return RunOutcome{};
        });
        Witness seen(controller);
        std::set<RunId> ids;
        for (int run = 0; run < 30; ++run) {
            QVERIFY(controller.start(request()));
            ids.insert(controller.runId());
            QTRY_VERIFY(controller.state() == RunState::Idle);
        }
        QCOMPARE(ids.size(), std::size_t{30});
        QCOMPARE(seen.starts, 30);
        QCOMPARE(seen.steps.size(), std::size_t{30});
        QCOMPARE(seen.outcomes.size(), std::size_t{30});
    }

    void aRunThatThrowsEndsAsFailedWithItsReason()
    {
        TrainingController controller(
            [](const RunRequest&, TrainingObserver&, TrainingControl&) -> RunOutcome {
                throw Error(ErrorKind::BadInput, "rows.tsv, line 3: no label", "give every row a label");
            });
        Witness seen(controller);
        controller.start(request());
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QVERIFY((seen.states == std::vector{RunState::Preparing, RunState::Idle}));
        QVERIFY(seen.outcomes.at(0).status == RunStatus::Failed);
        QCOMPARE(seen.outcomes.at(0).message, std::string("rows.tsv, line 3: no label"));
        QCOMPARE(seen.outcomes.at(0).hint, std::string("give every row a label"));
    }

    void stoppingWhilePreparingIsHonoured()
    {
        std::promise<void> mayLoad;
        TrainingController controller(
            [&](const RunRequest&, TrainingObserver&, TrainingControl& control) -> RunOutcome {
                mayLoad.get_future().wait();
                RunOutcome outcome;
                outcome.status = control.isStopRequested() ? RunStatus::Stopped : RunStatus::Completed;
                return outcome;
            });
        Witness seen(controller);
        controller.start(request());
        controller.stop();
        QVERIFY(controller.state() == RunState::Stopping);
        mayLoad.set_value();
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QVERIFY(seen.outcomes.at(0).status == RunStatus::Stopped);
    }
};

QTEST_GUILESS_MAIN(TrainingControllerTest)
#include "training_controller_test.moc"
