#include "example_values.h"
#include "ui/demo_experiment.h"
#include "ui/pages/setup_page.h"
#include "ui/setup/cost_panel.h"
#include "ui/setup/dataset_card.h"
#include "ui/setup/field_binder.h"
#include "ui/setup/layer_map.h"
#include "ui/setup/layers_card.h"
#include "ui/setup/row_marks.h"
#include "ui/setup/task_field.h"
#include "ui/setup/token_strip.h"
#include "ui/try/marked_text.h"
#include "ui/widgets/accent_button.h"
#include "ui/widgets/length_histogram.h"
#include "ui/widgets/rank_slider.h"
#include "ui/widgets/schedule_plot.h"

#include <QComboBox>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QTest>

using namespace lora;
using namespace lora::ui;

class SetupTest : public QObject
{
    Q_OBJECT

private:
    std::unique_ptr<SetupPage> m_page;

    LayerMap& map() { return *m_page->layersCard().map(); }
    const LoraConfig& lora() { return m_page->editor().experiment().method.lora; }
    int rankAt(int row, int column) { return map().ranks()[map().grid().moduleAt(row, column)]; }
    void click(const QPoint& point, Qt::KeyboardModifiers modifiers = {})
    {
        QTest::mouseClick(&map(), Qt::LeftButton, modifiers, point);
    }

    void edit(const std::function<void(ExperimentConfig&)>& change)
    {
        m_page->editor().edit(QStringLiteral("edit"), change);
    }
    QString taskText(TaskType task)
    {
        const QComboBox& tasks = *m_page->datasetCard().taskField().choices();
        return tasks.itemText(tasks.findData(int(task)));
    }
    bool isTaskEnabled(TaskType task)
    {
        const QComboBox& tasks = *m_page->datasetCard().taskField().choices();
        return qobject_cast<QStandardItemModel*>(tasks.model())->item(tasks.findData(int(task)))->isEnabled();
    }
    QComboBox& columnChoice(const QString& name)
    {
        for (auto* combo : m_page->datasetCard().findChildren<QComboBox*>()) {
            if (combo->accessibleName() == name)
                return *combo;
        }
        qFatal("no such column");
    }

private slots:
    void init()
    {
        m_page = std::make_unique<SetupPage>();
        m_page->editor().reset(demoExperiment(), {});
        m_page->setModelSummary(example::bert(4));
        m_page->setDatasetPreview(example::sentiment());
        m_page->resize(1200, 800);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_page.get()));
    }

    void cleanup() { m_page.reset(); }

    // Rows: 0 classifier, 1 pooler, 2 to 5 blocks 3 to 0. Columns: query, key, value, attention output, two
    // of the feed-forward.
    void aClickAdaptsACellAndAnotherFreesIt()
    {
        QCOMPARE(rankAt(2, 1), 0);
        click(map().cellCenter(2, 1));
        QCOMPARE(rankAt(2, 1), 8);
        QCOMPARE(decodeTargets(map().grid().modules(), lora()), map().ranks());
        click(map().cellCenter(2, 1));
        QCOMPARE(rankAt(2, 1), 0);
        QCOMPARE(std::get<std::vector<std::string>>(lora().targetModules),
                 (std::vector<std::string>{"query", "value"}));
    }

    void aDragPaintsAndIsOneUndoStep()
    {
        const int before = m_page->editor().undoStack().count();
        QTest::mousePress(&map(), Qt::LeftButton, {}, map().cellCenter(2, 5));
        for (int row = 3; row <= 5; ++row)
            QTest::mouseMove(&map(), map().cellCenter(row, 5));
        QTest::mouseRelease(&map(), Qt::LeftButton, {}, map().cellCenter(5, 5));
        for (int row = 2; row <= 5; ++row)
            QCOMPARE(rankAt(row, 5), 8);
        QCOMPARE(m_page->editor().undoStack().count(), before + 1);
        m_page->editor().undoStack().undo();
        QCOMPARE(rankAt(3, 5), 0);
        QCOMPARE(m_page->editor().experiment(), demoExperiment());
    }

    void shiftTogglesARange()
    {
        click(map().cellCenter(2, 3));
        click(map().cellCenter(3, 5), Qt::ShiftModifier);
        for (int row = 2; row <= 3; ++row) {
            for (int column = 3; column <= 5; ++column)
                QCOMPARE(rankAt(row, column), 8);
        }
        QCOMPARE(rankAt(4, 4), 0);
    }

    void headersToggleRowsAndColumns()
    {
        click(map().columnHeaderCenter(1));
        for (int row = 2; row <= 5; ++row)
            QCOMPARE(rankAt(row, 1), 8);
        click(map().rowHeaderCenter(5));
        for (int column = 0; column < 6; ++column)
            QCOMPARE(rankAt(5, column), 8);
        click(map().rowHeaderCenter(5));
        for (int column = 0; column < 6; ++column)
            QCOMPARE(rankAt(5, column), 0);
    }

    void theHeadCannotBeAdapted()
    {
        const auto before = map().ranks();
        click(map().cellCenter(0, 0));
        QCOMPARE(map().ranks(), before);
        click(map().cellCenter(1, 0)); // the pooler is in the demo's modules_to_save
        QCOMPARE(map().ranks(), before);
        QVERIFY(map().describe(1, 0).contains(QStringLiteral("modules_to_save")));
        QVERIFY(map().describe(0, 0).contains(QStringLiteral("task head")));
        m_page->editor().edit(QStringLiteral("x"),
                              [](ExperimentConfig& e) { e.method.lora.modulesToSave = {}; });
        click(map().cellCenter(1, 0));
        QCOMPARE(rankAt(1, 0), 8);
    }

    void aLanguageModelsOutputLayerIsATargetOfItsOwn()
    {
        edit([](ExperimentConfig& e) { e.model = "/models/gpt2"; });
        m_page->setModelSummary(example::gpt2(2));
        QCOMPARE(map().grid().fusedIn(0), 3);
        QCOMPARE(map().grid().fusedIn(1), 1);
        click(map().cellCenter(0, 0));
        QCOMPARE(rankAt(0, 0), 8);
        QVERIFY(map().describe(0, 0).contains(QStringLiteral("word embeddings")));
        m_page->layersCard().map()->applyPreset(TargetPreset::OutputLayer, QStringLiteral("output layer"));
        QCOMPARE(std::get<std::vector<std::string>>(lora().targetModules),
                 (std::vector<std::string>{"lm_head"}));
        QCOMPARE(map().backwardStopRow(), 1);
    }

    void aFusedCellIsWiderThanTheOthers()
    {
        edit([](ExperimentConfig& e) { e.model = "/models/gpt2"; });
        m_page->setModelSummary(example::gpt2(2));
        const int fused = map().columnHeaderCenter(1).x() - map().columnHeaderCenter(0).x();
        const int plain = map().columnHeaderCenter(2).x() - map().columnHeaderCenter(1).x();
        QVERIFY2(fused > plain * 3 / 2, qPrintable(QStringLiteral("%1 %2").arg(fused).arg(plain)));
    }

    void layersThatShareWeightsAreOneRow()
    {
        edit([](ExperimentConfig& e) { e.model = "/models/albert"; });
        m_page->setModelSummary(example::shared());
        QCOMPARE(map().grid().blockCount(), 1);
        QVERIFY(map().describe(2, 0).contains(QStringLiteral("12 layers")));
    }

    void aLongModelFitsTheWidthAndStaysReadable()
    {
        edit([](ExperimentConfig& e) { e.model = "/models/llama"; });
        m_page->setModelSummary(example::llama(32));
        QTest::qWait(20);
        const int row = map().rowHeaderCenter(3).y() - map().rowHeaderCenter(2).y();
        QVERIFY2(row >= map().fontMetrics().height(), qPrintable(QString::number(row)));
        for (const auto* scroll : m_page->findChildren<QScrollArea*>())
            QVERIFY(!scroll->isVisible() || scroll->horizontalScrollBar()->maximum() == 0);
    }

    void aModelOfAnotherFamilyIsGivenTargetsAndATaskItHas()
    {
        m_page->editor().edit(QStringLiteral("task"),
                              [](ExperimentConfig& e) { e.task = TaskType::MaskedLm; });
        edit([](ExperimentConfig& e) { e.model = "/models/llama"; });
        const int before = m_page->editor().undoStack().count();
        m_page->setModelSummary(example::llama(2));
        const ExperimentConfig& experiment = m_page->editor().experiment();
        QCOMPARE(std::get<std::vector<std::string>>(lora().targetModules),
                 (std::vector<std::string>{"q_proj", "v_proj"}));
        QVERIFY(lora().modulesToSave.empty());
        QVERIFY(experiment.task == TaskType::SequenceClassification);
        QCOMPARE(m_page->editor().undoStack().count(), before + 1);
    }

    void aModelThatIsChosenBeforeAnythingElseIsGivenTargetsToo()
    {
        m_page->editor().reset(demoExperiment(), {});
        m_page->editor().edit(QStringLiteral("model"),
                              [](ExperimentConfig& e) { e.model = "/models/llama"; });
        m_page->setModelSummary(example::llama(2));
        QCOMPARE(std::get<std::vector<std::string>>(lora().targetModules),
                 (std::vector<std::string>{"q_proj", "v_proj"}));
        QVERIFY(lora().modulesToSave.empty());
    }

    void anExperimentThatIsOpenedIsNotChanged()
    {
        ExperimentConfig experiment = demoExperiment();
        experiment.model = "/models/llama";
        m_page->editor().reset(experiment, {});
        m_page->setModelSummary(example::llama(2));
        QCOMPARE(m_page->editor().experiment(), experiment);
        QVERIFY(hasErrors(m_page->editor().issues()));
    }

    void theTasksThatFitModelAndRowsComeFirstTheOthersSayWhy()
    {
        edit([](ExperimentConfig& e) { e.data.train = "/data/questions.json"; });
        m_page->setDatasetPreview(example::questions());
        QComboBox& tasks = *m_page->datasetCard().taskField().choices();
        QCOMPARE(tasks.count(), 7);
        QCOMPARE(tasks.itemText(0), QStringLiteral("question answering"));
        QVERIFY(taskText(TaskType::CausalLm).contains(QStringLiteral("not with a bert model")));
        QVERIFY(!isTaskEnabled(TaskType::CausalLm));
        QVERIFY(taskText(TaskType::Regression).contains(QStringLiteral("needs a column of labels")));
        QVERIFY(isTaskEnabled(TaskType::Regression));
    }

    void rowsOfAnotherTaskAreSuggestedAndOneClickTakesIt()
    {
        m_page->setDatasetPreview(example::questions());
        TaskField& field = m_page->datasetCard().taskField();
        QVERIFY(field.suggestion() == TaskType::QuestionAnswering);
        QVERIFY(field.suggestionButton()->isVisible());
        QTest::mouseClick(field.suggestionButton(), Qt::LeftButton);
        QVERIFY(m_page->editor().experiment().task == TaskType::QuestionAnswering);
        QVERIFY(!field.suggestion());
        QVERIFY(!field.suggestionButton()->isVisible());
    }

    void aTaskTheModelCannotDoIsAnErrorThatSaysSo()
    {
        m_page->editor().edit(QStringLiteral("x"), [](ExperimentConfig& e) { e.task = TaskType::CausalLm; });
        const auto& issues = m_page->editor().issues();
        const auto found = std::find_if(issues.begin(), issues.end(),
                                        [](const ConfigIssue& issue) { return issue.field == "task"; });
        QVERIFY(found != issues.end());
        QVERIFY(found->text.find("bert") != std::string::npos);
    }

    void columnsAreCalledWhatTheTaskCallsThem()
    {
        edit([](ExperimentConfig& e) { e.task = TaskType::QuestionAnswering; });
        m_page->setDatasetPreview(example::questions());
        QCOMPARE(columnChoice(QStringLiteral("Question")).currentText(), QStringLiteral("question"));
        QCOMPARE(columnChoice(QStringLiteral("Context")).currentText(), QStringLiteral("context"));
        QVERIFY(columnChoice(QStringLiteral("Context")).isVisible());
        edit([](ExperimentConfig& e) { e.task = TaskType::TokenClassification; });
        m_page->setDatasetPreview(example::entities());
        QCOMPARE(columnChoice(QStringLiteral("Tags")).currentText(), QStringLiteral("ner_tags"));
        edit([](ExperimentConfig& e) { e.task = TaskType::MaskedLm; });
        QVERIFY(!columnChoice(QStringLiteral("Label")).isVisible());
    }

    void aRowOfWordsAndTagsIsReadAsASentenceWithItsEntities()
    {
        edit([](ExperimentConfig& e) { e.task = TaskType::TokenClassification; });
        m_page->setDatasetPreview(example::entities());
        const MarkedText& row = m_page->datasetCard().markedRow();
        QVERIFY(row.isVisible());
        QCOMPARE(row.toPlainText().replace(QChar(QChar::Nbsp), u' '),
                 QStringLiteral("Ada Lovelace PER met Charles Babbage PER in London LOC ."));
        DatasetPreview lists = example::entities();
        lists.rows[0] = {"[\"New York\", \"is\"]", "[\"B-LOC\", \"O\"]"};
        QCOMPARE(marksOfRow(lists, 0, TaskType::TokenClassification).marks.front().end, 8);
        lists.rows[0] = {"one two", "O"};
        QVERIFY(marksOfRow(lists, 0, TaskType::TokenClassification).text.isEmpty());
    }

    void aRowOfAQuestionShowsItsAnswerInThePassage()
    {
        DatasetPreview data = example::questions();
        const auto markedText = [&](const std::string& answers) {
            data.rows[0][3] = answers;
            const RowMarks marks = marksOfRow(data, 0, TaskType::QuestionAnswering);
            return marks.marks.empty()
                       ? QString()
                       : marks.text.mid(marks.marks[0].begin, marks.marks[0].end - marks.marks[0].begin);
        };
        QCOMPARE(markedText("Ada Lovelace"), QStringLiteral("Ada Lovelace"));
        QCOMPARE(markedText("{\"text\": [\"1843\"], \"answer_start\": [62]}"), QStringLiteral("1843"));
        QCOMPARE(markedText("[{\"text\": \"1843\", \"answer_start\": 62}]"), QStringLiteral("1843"));
        QCOMPARE(markedText("[]"), QString());
        QCOMPARE(markedText("Charles"), QString());
    }

    void theMetricThatJudgesIsOneOfTheTask()
    {
        QComboBox* metric = nullptr;
        for (auto* combo : m_page->findChildren<QComboBox*>()) {
            if (combo->accessibleName() == QStringLiteral("Judge by"))
                metric = combo;
        }
        QVERIFY(metric);
        QCOMPARE(metric->currentText(), QStringLiteral("accuracy"));
        edit([](ExperimentConfig& e) { e.task = TaskType::Regression; });
        QCOMPARE(metric->currentText(), QStringLiteral("pearson"));
        metric->setCurrentIndex(1);
        emit metric->activated(1);
        QCOMPARE(*m_page->editor().experiment().training.metricForBestModel, std::string("spearmanr"));
    }

    void whatTheProgramBringsIsOffered()
    {
        m_page->setBuiltins({QStringLiteral("builtin:encoder"), QStringLiteral("builtin:decoder")},
                            {QStringLiteral("builtin:qa")});
        bool hasDecoder = false;
        bool hasQuestions = false;
        for (auto* combo : m_page->findChildren<QComboBox*>()) {
            hasDecoder |= combo->findData(QStringLiteral("builtin:decoder")) >= 0;
            hasQuestions |= combo->findData(QStringLiteral("builtin:qa")) >= 0;
        }
        QVERIFY(hasDecoder);
        QVERIFY(hasQuestions);
    }

    void paintingAnotherRankMakesARankPattern()
    {
        m_page->layersCard().findChild<QSpinBox*>()->setValue(2);
        click(map().cellCenter(2, 0));
        QCOMPARE(rankAt(2, 0), 2);
        QCOMPARE(lora().rankPattern.size(), std::size_t(1));
        QCOMPARE(lora().r, 8);
        QCOMPARE(rankAt(3, 0), 8);
    }

    void theKeyboardDoesWhatTheMouseDoes()
    {
        map().setFocus();
        for (const auto key : {Qt::Key_Down, Qt::Key_Down, Qt::Key_Right})
            QTest::keyClick(&map(), key);
        QTest::keyClick(&map(), Qt::Key_Space);
        QCOMPARE(rankAt(2, 1), 8);
        QVERIFY(map().accessibleDescription().contains(QStringLiteral("layer.3.attention.self.key")));
        QTest::keyClick(&map(), Qt::Key_Down, Qt::ShiftModifier);
        QTest::keyClick(&map(), Qt::Key_Delete);
        QCOMPARE(rankAt(2, 1), 0);
    }

    void backwardStopsBelowTheLowestAdaptedBlock()
    {
        QCOMPARE(map().backwardStopRow(), 6);
        map().applyPreset(TargetPreset::TopQuarter, QStringLiteral("top"));
        QCOMPARE(map().backwardStopRow(), 3);
        QCOMPARE(*lora().layersToTransform, std::vector<int>{3});
        m_page->editor().edit(QStringLiteral("bias"),
                              [](ExperimentConfig& e) { e.method.lora.bias = "all"; });
        QCOMPARE(map().backwardStopRow(), 6);
        m_page->editor().edit(QStringLiteral("head"),
                              [](ExperimentConfig& e) { e.method.type = MethodType::Head; });
        QCOMPARE(map().backwardStopRow(), 2); // the pooler is trained too
        m_page->editor().edit(QStringLiteral("head"),
                              [](ExperimentConfig& e) { e.method.lora.modulesToSave = {}; });
        QCOMPARE(map().backwardStopRow(), 1);
    }

    void draggingTheLineMovesTheLowestAdaptedBlock()
    {
        const QPoint start(map().cellCenter(1, 0).x() * 2 + 20, map().backwardLineCenter().y());
        QTest::mousePress(&map(), Qt::LeftButton, {}, start);
        QTest::mouseMove(&map(), QPoint(start.x(), map().cellCenter(3, 0).y() + 12));
        QTest::mouseRelease(&map(), Qt::LeftButton, {}, start);
        QCOMPARE(map().backwardStopRow(), 4);
        QCOMPARE(*lora().layersToTransform, (std::vector<int>{2, 3}));
    }

    void undoAndRedoBringBackEveryField()
    {
        ExperimentEditor& editor = m_page->editor();
        auto* slider = m_page->findChild<RankSlider*>();
        slider->slider()->setValue(4);
        QCOMPARE(lora().r, 16);
        QCOMPARE(rankAt(2, 0), 16);
        editor.undoStack().undo();
        QCOMPARE(lora().r, 8);
        QCOMPARE(slider->rank(), 8);
        editor.undoStack().redo();
        QCOMPARE(slider->rank(), 16);
    }

    void anEditWithoutEffectIsNoStep()
    {
        m_page->editor().edit(QStringLiteral("none"), [](ExperimentConfig&) {});
        QCOMPARE(m_page->editor().undoStack().count(), 0);
    }

    void startIsDisabledWhileAnErrorStandsAndSaysWhy()
    {
        auto* start = m_page->costPanel().findChild<AccentButton*>();
        QVERIFY(start->isEnabled());
        m_page->editor().edit(QStringLiteral("long"), [](ExperimentConfig& e) { e.data.maxLength = 129; });
        QVERIFY(!start->isEnabled());
        QVERIFY(m_page->costPanel().blockingReason().contains(QStringLiteral("data.max_length")));
        m_page->editor().undoStack().undo();
        QVERIFY(start->isEnabled());
        m_page->editor().edit(QStringLiteral("none"), [](ExperimentConfig& e) {
            e.method.lora.targetModules = std::vector<std::string>{"nothing_like_it"};
        });
        QVERIFY(!start->isEnabled());
        m_page->editor().undoStack().undo();
        m_page->setDatasetProblem(QStringLiteral("train.tsv line 7 has 3 columns, expected 2"), {});
        QVERIFY(!start->isEnabled());
        m_page->setDatasetPreview(example::sentiment());
        QVERIFY(start->isEnabled());
        m_page->costPanel().setRunState(RunState::Running);
        QVERIFY(!start->isEnabled());
    }

    void theCostPanelSaysWhatIsSavedAndWhatIsEstimated()
    {
        CostPanel& panel = m_page->costPanel();
        panel.setReport(example::cost());
        const QString text = panel.text();
        QVERIFY(text.contains(QStringLiteral("Trainable parameters: −98.8 %, 24.8 k of 2.12 M")) ||
                text.contains(QStringLiteral("Trainable parameters: −99 %, 24.8 k of 2.12 M")));
        QVERIFY(text.contains(QStringLiteral("Compute per epoch: −36 %, 231 GFLOP of 360 GFLOP")));
        QVERIFY(text.contains(QStringLiteral("Memory: ≈ −28 %")));
        QVERIFY(text.contains(QStringLiteral("Time per epoch: ≈ −41 %")));
        QVERIFY(text.contains(QStringLiteral("no weight gradients −33 %")));
        QVERIFY(text.contains(QStringLiteral("adapters +3 %")));
        QVERIFY(text.contains(QStringLiteral("left to compute 64.2 %")));
        QVERIFY(text.contains(QStringLiteral("Adapter file 98.9 KiB")));
        panel.clearReport(QStringLiteral("No data yet."));
        QCOMPARE(panel.text(), QStringLiteral("No data yet."));
    }

    void theHistogramTellsTheTruncatedShareAndIsDragged()
    {
        LengthHistogram histogram;
        std::vector<std::int64_t> counts(101, 0);
        counts[10] = 75;
        counts[100] = 25;
        histogram.setCounts(counts);
        histogram.setLimit(64);
        histogram.setCutoff(100);
        QCOMPARE(histogram.truncatedShare(), 0.0);
        histogram.setCutoff(99);
        QCOMPARE(histogram.truncatedShare(), 0.25);
        QSignalSpy spy(&histogram, &LengthHistogram::cutoffDragged);
        histogram.resize(400, 100);
        QTest::mousePress(&histogram, Qt::LeftButton, {}, QPoint(80, 50));
        QVERIFY(histogram.cutoff() < 40);
        QTest::mouseMove(&histogram, QPoint(390, 50));
        QCOMPARE(histogram.cutoff(), 64);
        QTest::keyClick(&histogram, Qt::Key_Left);
        QCOMPARE(histogram.cutoff(), 63);
        QVERIFY(spy.size() >= 2);
    }

    void theScheduleIsHuggingFaces()
    {
        QCOMPARE(SchedulePlot::shareAt(0.05, "linear", 0.1), 0.5);
        QCOMPARE(SchedulePlot::shareAt(0.55, "linear", 0.1), 0.5);
        QCOMPARE(SchedulePlot::shareAt(1.0, "cosine", 0.0), 0.0);
        QCOMPARE(SchedulePlot::shareAt(0.0, "constant", 0.5), 1.0);
        QCOMPARE(SchedulePlot::shareAt(0.9, "constant_with_warmup", 0.1), 1.0);
    }

    void theLearningRateBoxStepsThroughOneTwoFive()
    {
        ScientificBox box;
        box.setValue(5e-4);
        QCOMPARE(box.text(), QStringLiteral("0.0005"));
        box.stepBy(1);
        QCOMPARE(box.text(), QStringLiteral("0.001"));
        box.stepBy(-2);
        QCOMPARE(box.text(), QStringLiteral("0.0002"));
    }

    void truncatedTokensAreStruckOutButTheLastSpecialOne()
    {
        TokenStrip strip;
        strip.setTokens({"[CLS]", "a", "b", "c", "<d>", "[SEP]"});
        strip.setCutoff(4);
        const QString html = strip.html();
        QCOMPARE(html.count(QStringLiteral("line-through")), 2);
        QVERIFY(html.contains(QStringLiteral("&lt;d&gt;")));
    }

    void editingOneColumnWritesOutTheInferredOthers()
    {
        DatasetPreview preview = example::sentiment();
        preview.columns.push_back("title");
        m_page->setDatasetPreview(preview);
        QComboBox* text = nullptr;
        for (auto* combo : m_page->datasetCard().findChildren<QComboBox*>()) {
            if (combo->accessibleName() == QStringLiteral("Text"))
                text = combo;
        }
        QVERIFY(text);
        QCOMPARE(text->currentText(), QStringLiteral("sentence"));
        text->setCurrentIndex(2);
        emit text->activated(2);
        const ColumnMapping& columns = m_page->editor().experiment().data.columns;
        QCOMPARE(*columns.text, std::string("title"));
        QCOMPARE(*columns.label, std::string("label"));
    }
};

QTEST_MAIN(SetupTest)
#include "setup_test.moc"
