// The Report page on its own and in the window.
#include "example_values.h"
#include "ui/main_window.h"
#include "ui/pages/compare_page.h"
#include "ui/pages/report_page.h"
#include "ui/report/report_view.h"

#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextDocument>

using namespace lora;
using namespace lora::ui;

class ReportTest : public QObject
{
    Q_OBJECT

private:
    static ReportPage::Runs folders()
    {
        ReportPage::Runs runs;
        for (const auto& run : example::runs()) {
            auto copy = std::make_shared<RunRecord>(*run);
            copy->folder = "/runs/" + copy->id;
            runs.push_back(copy);
        }
        return runs;
    }
    static ReportPreview answerTo(const ReportQuestion& question, const QString& text)
    {
        ReportPreview preview;
        preview.question = question;
        preview.html =
            QStringLiteral("<h2>%1</h2><img src=\"chart-1\"/><img src=\"http://example.com/x\"/>").arg(text);
        preview.charts.emplace_back(QStringLiteral("chart-1"),
                                    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 72 30\">"
                                    "<rect width=\"72\" height=\"30\" fill=\"#ff0000\"/></svg>");
        return preview;
    }
    static QPushButton* button(ReportPage& page, const char* name)
    {
        return page.findChild<QPushButton*>(QLatin1String(name));
    }

private slots:
    void asksForAPreviewOnlyWhileItIsSeen()
    {
        ReportPage page;
        QSignalSpy asked(&page, &ReportPage::previewRequested);
        page.setRuns(folders());
        QTest::qWait(150);
        QCOMPARE(asked.count(), 0);
        page.show();
        QVERIFY(asked.wait(1000));
        const auto question = asked.first().first().value<ReportQuestion>();
        QCOMPARE(question.runFolders.size(), static_cast<qsizetype>(folders().size()));
        QVERIFY(question.runFolders.first().startsWith(QStringLiteral("/runs/")));
    }

    void withoutRunsItSaysWhereTheyAreChosen()
    {
        ReportPage page;
        QSignalSpy asked(&page, &ReportPage::previewRequested);
        page.show();
        QTest::qWait(150);
        QCOMPARE(asked.count(), 0);
        QVERIFY(!button(page, "save-html")->isEnabled());
        QVERIFY(!page.findChild<ReportView*>()->isVisible());
    }

    void answersToEarlierQuestionsAreDropped()
    {
        ReportPage page;
        QSignalSpy asked(&page, &ReportPage::previewRequested);
        page.show();
        page.setRuns(folders());
        QVERIFY(asked.wait(1000));
        const auto early = asked.takeFirst().first().value<ReportQuestion>();
        page.setRuns({folders().front()});
        QVERIFY(asked.wait(1000));
        const auto late = asked.takeFirst().first().value<ReportQuestion>();
        QVERIFY(!(early == late));
        page.setPreview(answerTo(early, QStringLiteral("early")));
        QCOMPARE(page.previewText(), QString());
        page.setPreview(answerTo(late, QStringLiteral("late")));
        QVERIFY(page.previewText().startsWith(QStringLiteral("late")));
        QVERIFY(page.findChild<ReportView*>()->isVisible());
    }

    void chartsAreDrawnAndNothingElseIsLoaded()
    {
        ReportView view;
        const ReportPreview preview = answerTo({}, QStringLiteral("t"));
        view.setReport(preview.html, preview.charts);
        const QVariant chart =
            view.document()->resource(QTextDocument::ImageResource, QUrl(QStringLiteral("chart-1")));
        QCOMPARE(chart.value<QImage>().pixelColor(5, 5), QColor(Qt::red));
        for (const char* other : {"http://example.com/x", "file:///etc/hostname", "chart-2"})
            QVERIFY(view.document()
                        ->resource(QTextDocument::ImageResource, QUrl(QLatin1String(other)))
                        .value<QImage>()
                        .isNull());
    }

    void onlyRunsWithAnAdapterAreOfferedForExport()
    {
        ReportPage page;
        page.setRuns(folders());
        auto* run = page.findChild<ExportRow*>()->findChild<QComboBox*>();
        QVERIFY(run->count() > 0);
        QVERIFY(run->count() < static_cast<int>(folders().size())); // one is full fine-tuning
    }

    void theCheckOfAnExportIsShown()
    {
        ReportPage page;
        page.setRuns(folders());
        page.show();
        const QString folder =
            page.findChild<ExportRow*>()->findChild<QComboBox*>()->currentData().toString();
        page.setExported(folder, QStringLiteral("logits differ by at most 1e-6"));
        bool isShown = false;
        for (const QLabel* label : page.findChildren<QLabel*>())
            isShown |= label->isVisible() && label->text().contains(QStringLiteral("1e-6"));
        QVERIFY(isShown);
    }

    void theWindowShowsTheRunsCheckedOnCompare()
    {
        QTemporaryDir folder;
        QSettings settings(folder.filePath(QStringLiteral("s.ini")), QSettings::IniFormat);
        MainWindow window(settings);
        QSignalSpy asked(&window, &MainWindow::reportRequested);
        window.show();
        const auto runs = folders();
        window.setRuns(runs);
        window.findChild<ComparePage*>()->table().checkOnly(
            {QString::fromStdString(runs[1]->folder.string())});
        window.showPage(MainWindow::Page::Report);
        QTRY_VERIFY(!asked.isEmpty());
        const auto question = asked.last().first().value<ReportQuestion>();
        QCOMPARE(question.runFolders, QStringList{QString::fromStdString(runs[1]->folder.string())});
        window.setReportPreview(answerTo(question, QStringLiteral("shown")));
        QVERIFY(window.findChild<ReportPage*>()->previewText().startsWith(QStringLiteral("shown")));
    }
};

QTEST_MAIN(ReportTest)
#include "report_test.moc"
