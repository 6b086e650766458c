// What a test of the article's claims would be, and which field a problem belongs to.
#include "app/session/reproduction_task.h"

#include "tests/app/small_experiment.h"

#include <QtTest>

using namespace lora;
using namespace lora::app;

class ReproductionPlannerTest : public QObject
{
    Q_OBJECT

private:
    test::SmallExperiment m_small;

    ReproductionRequest request() const
    {
        const ExperimentConfig small = m_small.config();
        ReproductionRequest request;
        request.tasks = {"sentiment"};
        request.model = small.model;
        request.train = {{"sentiment", small.data.train}};
        request.eval = {{"sentiment", *small.data.eval}};
        request.rank = 2;
        request.settings = {"data.max_length=16"};
        return request;
    }
    static QString fieldsOf(const ui::PlannedReproduction& plan)
    {
        QStringList fields;
        for (const ConfigIssue& issue : plan.issues)
            fields += QString::fromStdString(issue.field);
        return fields.join(' ');
    }

private slots:
    void runsArePricedAndTheCommandToldAlong()
    {
        ReproductionPlanner planner;
        const ui::PlannedReproduction plan = planner.plan({3, request()});
        QCOMPARE(fieldsOf(plan), QString());
        QCOMPARE(plan.ticket, quint64{3});
        QCOMPARE(plan.lines.size(), std::size_t{7 * 3});
        QVERIFY(plan.command.startsWith("lora-workbench-cli reproduce --tasks sentiment"));
        QCOMPARE(plan.fullLearningRate, usualFullLearningRate);
        for (const ui::SweepLine& line : plan.lines) {
            QVERIFY(line.label.startsWith("sentiment: "));
            QVERIFY(line.cost.seconds > 0 && line.cost.flops > 0);
            QVERIFY(!line.cost.sharesPrefix);
            const bool isFull = line.method.type == MethodType::Full;
            QVERIFY(isFull ? line.cost.computeRatio == 1 : line.cost.computeRatio < 1);
        }
    }

    void aChangedFileIsReadAgain()
    {
        const test::SmallExperiment small;
        ReproductionPlanner planner;
        ReproductionRequest wanted = request();
        wanted.train["sentiment"] = small.config().data.train;
        const double before = planner.plan({1, wanted}).lines.front().cost.flops;
        const auto time = std::filesystem::last_write_time(small.config().data.train);
        small.folder().write("train.tsv",
                             "sentence\tlabel\ngood film\tpositive\nbad film\tnegative\nfine\tpositive\n");
        std::filesystem::last_write_time(small.config().data.train, time + std::chrono::seconds(2));
        const ui::PlannedReproduction after = planner.plan({2, wanted});
        QCOMPARE(fieldsOf(after), QString());
        QVERIFY(after.lines.front().cost.flops < before);
    }

    void aProblemBelongsToItsField()
    {
        ReproductionPlanner planner;
        const auto fields = [&](auto change) {
            ReproductionRequest wanted = request();
            change(wanted);
            const ui::PlannedReproduction plan = planner.plan({1, wanted});
            return plan.lines.empty() ? fieldsOf(plan) : QString("none");
        };
        QCOMPARE(fields([](auto& r) { r.model = "/no/such/model"; }), QString("model"));
        QCOMPARE(fields([](auto& r) { r.train["sentiment"] = "/no/such/train.tsv"; }),
                 QString("train.sentiment"));
        QCOMPARE(fields([](auto& r) { r.eval["sentiment"] = "/no/such/eval.tsv"; }),
                 QString("eval.sentiment"));
        QCOMPARE(fields([](auto& r) { r.settings = {"method.no_such_key=1"}; }), QString("settings"));
        QCOMPARE(fields([](auto&) {}), QString("none"));
    }

    void aFaultyModelIsToldOnceForAllClaims()
    {
        ReproductionPlanner planner;
        ReproductionRequest wanted = request();
        wanted.tasks.clear();
        wanted.model = "/no/such/model";
        QCOMPARE(fieldsOf(planner.plan({1, wanted})), QString("model"));
    }
};

QTEST_GUILESS_MAIN(ReproductionPlannerTest)
#include "reproduction_planner_test.moc"
