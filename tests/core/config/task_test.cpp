#include "core/config/task.h"

#include "core/config/column_aliases.h"

#include <gtest/gtest.h>

namespace lora {
namespace {

TEST(Task, NamesReadBackAsTheSameTask)
{
    for (const TaskType task : allTasks())
        EXPECT_EQ(taskFromString(toString(task)), task);
    EXPECT_EQ(taskFromString("summarisation"), std::nullopt);
}

TEST(Task, EveryTaskHasTheLossAmongItsMetrics)
{
    for (const TaskType task : allTasks())
        EXPECT_NE(std::ranges::find(metricNames(task), "loss"), metricNames(task).end()) << toString(task);
}

TEST(Task, LossesAndErrorsAreBetterWhenSmallerScoresWhenLarger)
{
    for (const char* metric : {"loss", "eval_loss", "perplexity", "mse", "eval_mae"})
        EXPECT_TRUE(isLowerBetter(metric)) << metric;
    for (const char* metric : {"accuracy", "eval_f1", "pearson", "exact_match", "matthews_correlation"})
        EXPECT_FALSE(isLowerBetter(metric)) << metric;
}

TEST(Task, ColumnsHaveTheTasksOwnNames)
{
    EXPECT_EQ(columnNameFor(TaskType::QuestionAnswering, "text_pair"), "context");
    EXPECT_EQ(columnNameFor(TaskType::SequenceClassification, "text_pair"), "text_pair");
}

} // namespace
} // namespace lora
