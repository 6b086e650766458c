#include "app/session/task_fits.h"

#include "core/data/dataset_reader.h"

#include <QtTest>

using namespace lora;
using namespace lora::app;

class TaskFitsTest : public QObject
{
    Q_OBJECT

private:
    static std::vector<ui::TaskFit> fitsOf(const std::string& text, const std::string& name)
    {
        return taskFits(parseTable(text, name));
    }
    static std::string nameOf(TaskType task) { return std::string(toString(task)); }
    static std::string best(const std::string& text, const std::string& name)
    {
        return nameOf(fitsOf(text, name).front().task);
    }

private slots:
    void textsWithFewLabelsAreClassification()
    {
        const std::string text =
            "text\tlabel\ngood film\tpos\nbad film\tneg\nfine plot\tpos\nawful plot\tneg\n";
        QCOMPARE(best(text, "a.tsv"), nameOf(TaskType::SequenceClassification));
        for (const ui::TaskFit& fit : fitsOf(text, "a.tsv")) {
            if (fit.task == TaskType::QuestionAnswering)
                QCOMPARE(fit.whyNot, std::string("needs question, context and answers"));
            if (fit.task == TaskType::MaskedLm)
                QVERIFY(fit.whyNot.empty());
        }
    }

    void pairsWithFractionsAreRegression()
    {
        QCOMPARE(
            best(
                "sentence1\tsentence2\tscore\na b\tc d\t3.5\ne f\tg h\t1.25\ni j\tk l\t0.5\nm n\to p\t4.75\n",
                "sts.tsv"),
            nameOf(TaskType::Regression));
    }

    void listsOfLabelsAreMultiLabel()
    {
        QCOMPARE(best("{\"text\":\"a b c\",\"labels\":[\"x\",\"y\"]}\n{\"text\":\"d e f\",\"labels\":[]}\n",
                      "m.jsonl"),
                 nameOf(TaskType::MultiLabelClassification));
    }

    void wordsWithTagsAreTokenClassification()
    {
        QCOMPARE(best("{\"tokens\":[\"Ada\",\"met\"],\"ner_tags\":[\"B-PER\",\"O\"]}\n", "n.jsonl"),
                 nameOf(TaskType::TokenClassification));
        QCOMPARE(best("Ada\tB-PER\nmet\tO\n\nLondon\tB-LOC\nis\tO\n", "n.conll"),
                 nameOf(TaskType::TokenClassification));
    }

    void questionsWithPassagesAreQuestionAnswering()
    {
        QCOMPARE(best("{\"question\":\"Who?\",\"context\":\"It was Ada.\",\"answers\":{\"text\":[\"Ada\"],"
                      "\"answer_start\":[7]}}\n",
                      "q.jsonl"),
                 nameOf(TaskType::QuestionAnswering));
    }

    void promptsAndChatsAreTextGeneration()
    {
        QCOMPARE(best("{\"prompt\":\"Name a fruit.\",\"completion\":\"A banana.\"}\n", "p.jsonl"),
                 nameOf(TaskType::CausalLm));
        QCOMPARE(best("{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}\n", "c.jsonl"),
                 nameOf(TaskType::CausalLm));
    }

    void everyTaskIsNamedOnce() { QCOMPARE(fitsOf("a b c\nd e f\n", "plain.txt").size(), allTasks().size()); }
};

QTEST_GUILESS_MAIN(TaskFitsTest)
#include "task_fits_test.moc"
