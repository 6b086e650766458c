#include "tests/training/tiny_run.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::int64_t> allocations{0};
std::atomic<bool> isCounting{false};

void* counted(std::size_t bytes, std::size_t alignment)
{
    if (isCounting)
        ++allocations;
    const std::size_t rounded = (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
    if (void* memory = std::aligned_alloc(alignment, rounded))
        return memory;
    throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t bytes)
{
    return counted(bytes, alignof(std::max_align_t));
}
void* operator new(std::size_t bytes, std::align_val_t alignment)
{
    return counted(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept
{
    std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept
{
    std::free(memory);
}

namespace lora::test {
namespace {

/// Allocations of everything between construction and `count`.
class HeapWatch
{
public:
    HeapWatch()
    {
        allocations = 0;
        isCounting = true;
    }
    ~HeapWatch() { isCounting = false; }
    std::int64_t count() const { return allocations; }
};

struct HeapCase
{
    std::string name;
    std::string family;
    TaskType task = TaskType::SequenceClassification;
    MethodConfig method;
    bool isCached = false;
};

TokenizedDataset rowsFor(TaskType task, const TinyBert& tiny)
{
    TokenizedDataset rows = learnableDataset(64, 3, tiny);
    for (TokenizedExample& example : rows.examples) {
        if (task == TaskType::MaskedLm)
            example.isSpecial.assign(example.inputIds.size(), false);
        if (task == TaskType::CausalLm || task == TaskType::TokenClassification)
            for (const std::int32_t id : example.inputIds)
                example.tokenLabels.push_back(task == TaskType::CausalLm ? id : id % 3);
        if (task == TaskType::QuestionAnswering)
            example.startPosition = example.endPosition = 1;
        if (task == TaskType::Regression)
            example.targets = {0.5f};
    }
    if (task == TaskType::MaskedLm)
        rows.masking = MaskingFacts{4, static_cast<std::int32_t>(tiny.vocabulary)};
    return rows;
}

std::int64_t labelsOf(TaskType task)
{
    if (isLanguageModelling(task))
        return 0;
    return task == TaskType::Regression ? 1 : task == TaskType::QuestionAnswering ? 2 : 3;
}

MethodConfig topLayer()
{
    MethodConfig method = loraMethod();
    method.lora.layersToTransform = std::vector<int>{1};
    return method;
}

std::vector<HeapCase> cases()
{
    const MethodConfig full{.type = MethodType::Full, .lora = {}};
    const MethodConfig head{.type = MethodType::Head, .lora = {}};
    return {{"fullEncoder", "bert", TaskType::SequenceClassification, full},
            {"loraEncoder", "bert", TaskType::SequenceClassification, loraMethod()},
            {"headOfEncoder", "bert", TaskType::SequenceClassification, head},
            {"cachedEncoder", "bert", TaskType::SequenceClassification, topLayer(), true},
            {"cachedHead", "bert", TaskType::SequenceClassification, head, true},
            {"maskedLm", "bert", TaskType::MaskedLm, loraMethod()},
            {"tokens", "roberta", TaskType::TokenClassification, loraMethod()},
            {"questions", "bert", TaskType::QuestionAnswering, loraMethod()},
            {"regression", "distilbert", TaskType::Regression, loraMethod()},
            {"shared", "albert", TaskType::SequenceClassification, loraMethod()},
            {"gpt2", "gpt2", TaskType::CausalLm, loraMethod()},
            {"fullGpt2", "gpt2", TaskType::CausalLm, full},
            {"llama", "llama", TaskType::CausalLm, loraMethod()},
            {"cachedLlama", "llama", TaskType::CausalLm, topLayer(), true}};
}

class SteadyHeap : public testing::TestWithParam<HeapCase>
{
protected:
    TinyBert tiny()
    {
        TinyBert tiny{.hidden = 24, .layers = 2, .heads = 4, .intermediate = 48};
        tiny.family = GetParam().family;
        tiny.dropout = GetParam().isCached ? 0 : 0.1;
        return tiny;
    }
};

/// The second epoch meets the batches of the first: whatever it still takes from the heap, every step takes.
TEST_P(SteadyHeap, AStepTakesNothing)
{
    const auto& [name, family, task, method, isCached] = GetParam();
    const auto model = tinyModel<float>(tiny(), task, labelsOf(task));
    const auto trainable = applyMethod(*model, method, 1);
    const TokenizedDataset rows = rowsFor(task, tiny());
    DataLoader loader(rows, task, {.batchSize = 8, .accumulationSteps = 2, .isShuffled = false, .seed = 1});
    for (const int workers : {1, 2}) {
        WorkerPool pool(workers);
        TrainingStep<float> step(*model, trainable, pool, {}, 1);
        PrefixCache cache(memoryBudget());
        TrainingControl control;
        PrefixResult prefix;
        if (isCached) {
            const int layer = model->trunk().lowestTrainable();
            prefix = cache.obtain({*model, rows, 1, layer}, pool, control, {});
            step.startFrom(&prefix.states->rows());
        }
        std::vector<Batch> group;
        // What is hidden, and so how much a head takes, differs between epochs: several to see the most.
        const std::int64_t epochs = rows.masking ? 40 : 2;
        for (std::int64_t i = 0; i < epochs * loader.stepsPerEpoch(); ++i) {
            loader.load(i, group);
            step.run(group, 1e-3, static_cast<std::uint64_t>(i));
        }
        std::int64_t taken = 0;
        const std::int64_t first = epochs * loader.stepsPerEpoch();
        for (std::int64_t i = first; i < first + loader.stepsPerEpoch(); ++i) {
            const HeapWatch watch;
            loader.load(i, group);
            step.run(group, 1e-3, static_cast<std::uint64_t>(i));
            taken += watch.count();
        }
        EXPECT_EQ(taken, 0) << workers << " workers";
    }
}

/// Per evaluation there is a result to make; per batch there is nothing but the answers of tasks that have
/// one for each row.
TEST_P(SteadyHeap, AnEvaluationTakesNoMoreForMoreBatches)
{
    const auto& [name, family, task, method, isCached] = GetParam();
    if (task != TaskType::SequenceClassification && !isLanguageModelling(task))
        return;
    const auto model = tinyModel<float>(tiny(), task, labelsOf(task));
    applyMethod(*model, method, 1);
    WorkerPool pool(2);
    const TokenizedDataset few = rowsFor(task, tiny());
    TokenizedDataset many = few;
    for (int i = 0; i < 63; ++i)
        many.examples.insert(many.examples.end(), few.examples.begin(), few.examples.end());
    const auto taken = [&](const TokenizedDataset& rows) {
        Evaluator evaluator(*model, rows, pool, 1);
        evaluator.run();
        const HeapWatch watch;
        evaluator.run();
        return watch.count();
    };
    EXPECT_LE(taken(many), taken(few) + 16); // growing vectors double
}

INSTANTIATE_TEST_SUITE_P(Cases, SteadyHeap, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

TEST(HeapWatch, SeesAllocations)
{
    const HeapWatch watch;
    const auto number = std::make_unique<int>(1);
    const std::vector<double> numbers(100);
    struct alignas(64) Wide
    {
        char bytes[64];
    };
    const auto wide = std::make_unique<Wide>();
    EXPECT_EQ(watch.count(), 3);
}

} // namespace
} // namespace lora::test
