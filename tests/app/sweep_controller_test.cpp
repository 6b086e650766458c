// The runs of a sweep through the controller: order, states, stops and what is left afterwards.
#include "app/session/training_controller.h"

#include "core/base/error.h"
#include "core/runs/run_reader.h"
#include "tests/app/slow_run.h"
#include "tests/support/temporary_folder.h"

#include <QtTest>

using namespace lora;
using namespace lora::app;
using lora::ui::RunState;

class SweepControllerTest : public QObject
{
    Q_OBJECT

private:
    test::TemporaryFolder m_folder;
    int m_sweeps = 0;

    SweepTask task(int runs)
    {
        SweepPlan plan;
        plan.name = "thread test";
        for (int run = 0; run < runs; ++run) {
            PlannedRun& planned = plan.runs.emplace_back();
            planned.label = "r=" + std::to_string(run + 1);
            planned.experiment.name = planned.label;
            planned.experiment.model = "builtin:encoder";
            planned.experiment.data.train = "builtin:sentiment";
            planned.experiment.method.lora.r = run + 1;
        }
        const auto parent = m_folder / ("runs-" + std::to_string(++m_sweeps));
        SweepTask task;
        task.sweep = std::make_shared<const Sweep>(createSweep(parent, plan, {"train", "eval"}));
        for (int run = 0; run < runs; ++run)
            task.runs.push_back(static_cast<std::size_t>(run));
        return task;
    }

    /// What a window would have seen, in order.
    struct Witness
    {
        std::vector<RunState> states;
        QStringList events;
        std::vector<ui::SweepOutcome> ends;
        std::size_t steps = 0;

        explicit Witness(TrainingController& controller)
        {
            connect(&controller, &TrainingController::stateChanged,
                    [this](RunState state) { states.push_back(state); });
            connect(&controller, &TrainingController::sweepAdvanced, [this](const ui::SweepPosition& at) {
                events += QStringLiteral("run %1 of %2 %3").arg(at.run).arg(at.count).arg(at.label);
            });
            connect(&controller, &TrainingController::started,
                    [this](const RunStart&, const ExperimentConfig& experiment) {
                        events += "started " + QString::fromStdString(experiment.name);
                    });
            connect(&controller, &TrainingController::stepsArrived,
                    [this](const std::vector<StepMetrics>& news) { steps += news.size(); });
            connect(&controller, &TrainingController::ended, [this](const RunOutcome& outcome) {
                events += QString("ended ") + toString(outcome.status);
            });
            connect(&controller, &TrainingController::sweepEnded, [this](const ui::SweepOutcome& outcome) {
                events += "sweep ended";
                ends.push_back(outcome);
            });
        }
    };

private slots:
    void severalSweepsAreMadeOneAfterTheOtherAndToldAsOne()
    {
        TrainingController controller(test::SlowRun(20));
        Witness seen(controller);
        SweepTask first = task(2), done = task(2), last = task(3);
        first.reproduction = done.reproduction = last.reproduction = "/reproductions/one";
        done.runs.clear();
        last.runs.erase(last.runs.begin());
        last.title = "text classification";
        QVERIFY(controller.startSweeps({first, done, last}));
        QTRY_COMPARE(seen.ends.size(), std::size_t{1});
        const QStringList begun = seen.events.filter(QRegularExpression("^run "));
        QCOMPARE(begun,
                 (QStringList{"run 1 of 2 r=1", "run 2 of 2 r=2", "run 2 of 3 r=2", "run 3 of 3 r=3"}));
        QCOMPARE(seen.ends.front().status, RunStatus::Completed);
        QCOMPARE(seen.ends.front().reproduction, QString("/reproductions/one"));
        QCOMPARE(seen.ends.front().done, 7);
        QCOMPARE(seen.ends.front().count, 7);
        QCOMPARE(seen.ends.front().runFolders.size(), 7);
        QVERIFY(!controller.startSweeps({done}));
    }

    void runsFollowOneAnotherInOrder()
    {
        TrainingController controller(test::SlowRun(20));
        Witness seen(controller);
        const SweepTask sweep = task(3);
        QVERIFY(controller.startSweep(sweep));
        QVERIFY(!controller.startSweep(sweep));
        QVERIFY(!controller.start({}));
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QCOMPARE(seen.events,
                 QStringList({"run 1 of 3 r=1", "started r=1", "ended completed", "run 2 of 3 r=2",
                              "started r=2", "ended completed", "run 3 of 3 r=3", "started r=3",
                              "ended completed", "sweep ended"}));
        using enum RunState;
        QVERIFY(
            (seen.states == std::vector{Preparing, Running, Preparing, Running, Preparing, Running, Idle}));
        QCOMPARE(seen.steps, std::size_t{60});
        QVERIFY(seen.ends.at(0).status == RunStatus::Completed);
        QCOMPARE(seen.ends[0].done, 3);
        QCOMPARE(seen.ends[0].runFolders.size(), 3);
        for (std::size_t run = 0; run < 3; ++run)
            QVERIFY(stateOf(*sweep.sweep, run) == PlannedRunState::Done);
    }

    void aStopEndsTheSweepAndKeepsWhatIsDone()
    {
        TrainingController controller(
            [](const RunRequest& request, TrainingObserver& observer, TrainingControl& control) {
                const std::int64_t steps = request.experiment.method.lora.r == 1 ? 10 : 1'000'000;
                return test::SlowRun(steps)(request, observer, control);
            });
        Witness seen(controller);
        const SweepTask sweep = task(3);
        controller.startSweep(sweep);
        QTRY_VERIFY(seen.events.contains("started r=2"));
        controller.pause();
        QTRY_VERIFY(controller.state() == RunState::Paused);
        controller.stop();
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QVERIFY(seen.ends.at(0).status == RunStatus::Stopped);
        QCOMPARE(seen.ends[0].done, 1);
        QVERIFY(stateOf(*sweep.sweep, 0) == PlannedRunState::Done);
        QVERIFY(stateOf(*sweep.sweep, 1) == PlannedRunState::Begun);
        QVERIFY(stateOf(*sweep.sweep, 2) == PlannedRunState::Waiting);
    }

    void theRunsLeftAreMadeAndCountedFromWhereTheyWere()
    {
        TrainingController controller(test::SlowRun(10));
        Witness seen(controller);
        SweepTask sweep = task(3);
        sweep.runs = {2};
        controller.startSweep(sweep);
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QCOMPARE(seen.events.at(0), QString("run 3 of 3 r=3"));
        QCOMPARE(seen.ends.at(0).done, 3);
        QVERIFY(seen.ends[0].status == RunStatus::Completed);
        sweep.runs.clear();
        QVERIFY(!controller.startSweep(sweep));
        QVERIFY(controller.state() == RunState::Idle);
    }

    void aDivergedRunIsAResultAFailedOneEndsTheSweep()
    {
        TrainingController controller(
            [](const RunRequest& request, TrainingObserver&, TrainingControl&) -> RunOutcome {
                RunOutcome outcome;
                if (request.experiment.method.lora.r == 1)
                    outcome.status = RunStatus::Diverged;
                if (request.experiment.method.lora.r == 3)
                    throw Error(ErrorKind::BadInput, "no rows", "give some");
                return outcome;
            });
        Witness seen(controller);
        controller.startSweep(task(4));
        QTRY_VERIFY(controller.state() == RunState::Idle);
        QCOMPARE(seen.events.count("ended failed"), 1);
        QVERIFY(!seen.events.contains("run 4 of 4 r=4"));
        QVERIFY(seen.ends.at(0).status == RunStatus::Failed);
        QCOMPARE(seen.ends[0].diverged, 1);
        QCOMPARE(seen.ends[0].done, 2);
    }

    void destroyingMidSweepLeavesWholeFolders()
    {
        const SweepTask sweep = task(2);
        {
            TrainingController controller(test::SlowRun(1'000'000));
            Witness seen(controller);
            controller.startSweep(sweep);
            QTRY_VERIFY(seen.steps > 0);
        }
        QCOMPARE(readRun(sweep.sweep->runFolder(0))->summary.outcome, std::string("stopped"));
        QVERIFY(stateOf(*sweep.sweep, 1) == PlannedRunState::Waiting);
    }
};

QTEST_GUILESS_MAIN(SweepControllerTest)
#include "sweep_controller_test.moc"
