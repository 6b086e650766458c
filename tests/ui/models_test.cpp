#include "example_values.h"
#include "ui/models/dataset_preview_model.h"
#include "ui/models/run_table_model.h"
#include "ui/pages/run_bars.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QFont>
#include <QSignalSpy>
#include <QTest>

using namespace lora;
using namespace lora::ui;

class ModelsTest : public QObject
{
    Q_OBJECT

private:
    static QString cell(const QAbstractItemModel& model, int row, int column)
    {
        return model.index(row, column).data().toString();
    }

private slots:
    void datasetPreviewModelKeepsTheModelContract()
    {
        DatasetPreviewModel model;
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setPreview(example::sentiment());
        QCOMPARE(model.rowCount(), 40);
        QCOMPARE(model.headerData(0, Qt::Horizontal, Qt::DisplayRole).toString(),
                 QStringLiteral("sentence (text)"));
        QCOMPARE(model.headerData(0, Qt::Vertical, Qt::DisplayRole).toString(), QStringLiteral("2"));
        model.setPreview({});
        QCOMPARE(model.rowCount(), 0);
    }

    void variantsOfLoraAreCalledByTheirNames()
    {
        MethodConfig method;
        QCOMPARE(methodLabel(method), QStringLiteral("LoRA"));
        method.lora.loraplusLrRatio = 16;
        QCOMPARE(methodLabel(method), QStringLiteral("LoRA+"));
        method.lora.loraplusLrRatio.reset();
        method.lora.useDora = true;
        QCOMPARE(methodLabel(method), QStringLiteral("DoRA"));
        method.lora.useRslora = true;
        QCOMPARE(methodLabel(method), QStringLiteral("LoRA, mixed"));
        method.lora.useDora = false;
        QCOMPARE(methodLabel(method), QStringLiteral("rsLoRA"));
        method.type = MethodType::Head;
        method.lora.bias = "all";
        QCOMPARE(methodLabel(method), QStringLiteral("BitFit"));
    }

    void aRowWithTooFewCellsShowsEmptyOnes()
    {
        DatasetPreview preview = example::sentiment();
        preview.rows[3].resize(1);
        DatasetPreviewModel model;
        model.setPreview(preview);
        QCOMPARE(cell(model, 3, 1), QString());
    }

    void runTableModelKeepsTheModelContract()
    {
        RunTableModel model;
        RunFilterModel filtered;
        filtered.setSourceModel(&model);
        QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QAbstractItemModelTester filterTester(&filtered,
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.setRuns(example::runs());
        QCOMPARE(model.rowCount(), 5);
        filtered.setWords(QStringLiteral("r=16"));
        QCOMPARE(filtered.rowCount(), 1);
        model.setRuns({});
        QCOMPARE(model.rowCount(), 0);
    }

    void numbersSortAsNumbers()
    {
        RunTableModel model;
        RunFilterModel filtered;
        filtered.setSourceModel(&model);
        model.setRuns(example::runs());
        filtered.sort(RunTableModel::Trainable, Qt::AscendingOrder);
        QCOMPARE(cell(filtered, 0, RunTableModel::Name), QStringLiteral("demo r=1"));
        QCOMPARE(cell(filtered, 4, RunTableModel::Name), QStringLiteral("demo full"));
        filtered.sort(RunTableModel::Result, Qt::DescendingOrder);
        QCOMPARE(cell(filtered, 0, RunTableModel::Name), QStringLiteral("demo full"));
    }

    void settingsThatDifferAmongCheckedRunsStandOut()
    {
        RunTableModel model;
        model.setRuns(example::runs());
        const auto isBold = [&model](int column) {
            return model.index(0, column).data(Qt::FontRole).value<QFont>().bold();
        };
        QVERIFY(isBold(RunTableModel::Rank));
        QVERIFY(!isBold(RunTableModel::LearningRate));
        for (int row = 0; row < 4; ++row)
            model.setChecked(row, false);
        QCOMPARE(model.checkedRuns().size(), std::size_t(1));
        QVERIFY(!isBold(RunTableModel::Rank));
    }

    void checkedRunsStayCheckedWhenTheListIsReadAgain()
    {
        RunTableModel model;
        model.setRuns(example::runs());
        model.setChecked(1, false);
        QSignalSpy spy(&model, &RunTableModel::checkedChanged);
        model.setRuns(example::runs());
        QCOMPARE(spy.size(), 1);
        QCOMPARE(model.checkedRuns().size(), std::size_t(4));
    }

    void barsCompareWithAMeasuredFullRunWhereThereIsOne()
    {
        const auto sets = runBars(example::runs(true), QApplication::palette());
        QCOMPARE(sets[1].rows.size(), std::size_t(5));
        for (const BarRow& row : sets[1].rows)
            QVERIFY(!row.isEstimated);
        QCOMPARE(sets[1].rows[0].text, QStringLiteral("−36 %"));
        QVERIFY(sets[1].rows[0].toolTip.contains(QStringLiteral("measured")));
        QCOMPARE(sets[3].rows.size(), std::size_t(5));
    }

    void withoutOneTheLedgerGivesAnEstimateAndSaysSo()
    {
        const auto sets = runBars(example::runs(false), QApplication::palette());
        const BarRow& baseline = sets[1].rows.back();
        QVERIFY(baseline.isEstimated);
        QVERIFY(baseline.text.startsWith(QStringLiteral("≈")));
        QVERIFY(sets[1].rows[0].text.startsWith(QStringLiteral("≈")));
        // Memory and time of full fine-tuning are in no ledger: no percentage is claimed.
        QVERIFY(!sets[2].rows.back().isEstimated);
        QVERIFY(!sets[2].rows[0].text.contains(u'%'));
    }

    void aRunWithoutResultsIsShownAsSuch()
    {
        auto record = std::make_shared<RunRecord>();
        record->id = "broken";
        record->folder = "/runs/broken";
        record->summary.outcome = "running";
        RunTableModel model;
        model.setRuns({record});
        QCOMPARE(cell(model, 0, RunTableModel::Name), QStringLiteral("broken"));
        QCOMPARE(cell(model, 0, RunTableModel::Result), QStringLiteral("–"));
        QCOMPARE(cell(model, 0, RunTableModel::Compute), QStringLiteral("–"));
    }
};

QTEST_MAIN(ModelsTest)
#include "models_test.moc"
