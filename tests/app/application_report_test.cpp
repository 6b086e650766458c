// Reports through the whole program: previewed, saved in every form, an adapter exported with its check.
#include "app/application.h"

#include "app/report_pdf.h"
#include "core/export/export_record.h"
#include "core/io/atomic_file.h"
#include "tests/app/small_experiment.h"
#include "ui/main_window.h"
#include "ui/models/run_table_model.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/report_page.h"

#include <QSettings>
#include <QtTest>

using namespace lora;
using namespace lora::app;
using lora::ui::MainWindow;

namespace {

constexpr int patience = 60000; ///< milliseconds; sanitizers are slow

}

class ApplicationReportTest : public QObject
{
    Q_OBJECT

private:
    test::TemporaryFolder m_home;
    test::SmallExperiment m_experiment;

private slots:
    void initTestCase()
    {
        TrainingObserver nobody;
        TrainingControl control;
        runExperiment({m_experiment.config(1), m_home / "runs" / "small"}, nobody, control);
    }

    void aRunIsPreviewedSavedAndExported()
    {
        QSettings settings(QString::fromStdString((m_home / "s.ini").string()), QSettings::IniFormat);
        MainWindow window(settings);
        Application application(window, DataFolders::inside(m_home.path()));
        QSignalSpy runs(&application, &Application::runsShown);
        window.show();
        QVERIFY(runs.wait(patience));
        const QString run = QString::fromStdString((m_home / "runs" / "small").string());
        window.findChild<ui::ComparePage*>()->table().checkOnly({run});
        window.showPage(MainWindow::Page::Report);
        auto* page = window.findChild<ui::ReportPage*>();
        QTRY_VERIFY_WITH_TIMEOUT(page->previewText().contains(QStringLiteral("train.tsv")), patience);
        QVERIFY(page->previewText().contains(QStringLiteral("Exports and the check they passed")));
        QVERIFY(page->previewText().contains(QStringLiteral("positive 60")));

        for (const char* ending : {"html", "md", "csv", "pdf"}) {
            const auto file = m_home / (std::string("report.") + ending);
            emit page->saveRequested({.runFolders = {run}}, QString::fromStdString(file.string()));
            QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::exists(file), patience);
        }
        QVERIFY(readFile(m_home / "report.html").ends_with("</html>\n"));
        QVERIFY(readFile(m_home / "report.pdf").starts_with("%PDF-"));
        QVERIFY(readFile(m_home / "report.pdf").size() > 10000); // with its charts

        const auto target = m_home / "exported";
        emit page->exportRequested(run, QString::fromStdString(target.string()));
        QTRY_VERIFY_WITH_TIMEOUT(readExports(run.toStdString()).size() == 2, patience);
        QTRY_VERIFY_WITH_TIMEOUT(page->previewText().contains(QStringLiteral("exported")), patience);
    }

    void aRunThatIsGoneIsAProblemAndNoCrash()
    {
        ReportDesk desk(writeReportPdf);
        QSignalSpy unavailable(&desk, &ReportDesk::unavailable);
        QSignalSpy failed(&desk, &ReportDesk::failed);
        const ui::ReportQuestion gone{.runFolders = {QStringLiteral("/no/such/run")}};
        desk.request(gone);
        desk.save(gone, QStringLiteral("/no/such/report.html"));
        QTRY_COMPARE_WITH_TIMEOUT(unavailable.count(), 1, patience);
        QTRY_COMPARE_WITH_TIMEOUT(failed.count(), 1, patience);
    }
};

QTEST_MAIN(ApplicationReportTest)
#include "application_report_test.moc"
