#include "core/train/example_losses.h"

#include "core/nn/losses.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lora {

namespace {

/// The losses of training write gradients over the logits: they get a copy.
Matrix<float> copyOf(ConstMatrix<float> logits, std::vector<float>& storage)
{
    storage.clear();
    for (std::int64_t row = 0; row < logits.rows; ++row)
        storage.insert(storage.end(), logits.row(row), logits.row(row) + logits.cols);
    return {storage.data(), logits.rows, logits.cols};
}

std::span<const std::int32_t> tokenLabelsOf(const Batch& batch, std::size_t sequence)
{
    return std::span(batch.tokenLabels)
        .subspan(static_cast<std::size_t>(batch.sequenceOffsets[sequence]), batch.length(sequence));
}

std::int64_t countLabelled(std::span<const std::int32_t> labels)
{
    return std::ranges::count_if(labels, [](std::int32_t label) { return label != ignoredLabel; });
}

void addSequence(TaskType task, const Batch& batch, std::size_t sequence, ConstMatrix<float> logits,
                 std::vector<float>& storage, ExampleLoss& loss)
{
    const ConstMatrix<float> row = logits.rowRange(static_cast<std::int64_t>(sequence), 1);
    if (task == TaskType::SequenceClassification) {
        const std::span<const std::int32_t> label(&batch.classLabels[sequence], 1);
        loss.sum += crossEntropySum<float>(row, label);
        loss.items += countLabelled(label);
        return;
    }
    const auto width = static_cast<std::size_t>(batch.targetsPerSequence);
    if (static_cast<std::int64_t>(width) != row.cols)
        return; // rows without labels
    const std::span targets(&batch.targets[sequence * width], width);
    const Matrix<float> copy = copyOf(row, storage);
    loss.sum += task == TaskType::Regression ? squaredErrorInPlace<float>(copy, targets, 1.0f)
                                             : binaryCrossEntropyInPlace<float>(copy, targets, 1.0f);
    loss.items += std::ranges::count_if(targets, [](float target) { return !std::isnan(target); });
}

/// Half the loss of the first and half that of the last token.
void addPositions(const Batch& batch, std::size_t sequence, ConstMatrix<float> rows,
                  std::vector<float>& storage, ExampleLoss& loss)
{
    const std::array<std::int32_t, 2> offsets = {0, static_cast<std::int32_t>(rows.rows)};
    const Matrix<float> copy = copyOf(rows, storage);
    const auto lossOf = [&](std::int64_t column, const std::int32_t& position) {
        return positionCrossEntropyInPlace<float>(copy.colRange(column, 1), offsets, {&position, 1}, 1.0f);
    };
    loss.sum += (lossOf(0, batch.startPositions[sequence]) + lossOf(1, batch.endPositions[sequence])) / 2;
    loss.items += countLabelled({&batch.startPositions[sequence], 1});
}

void addItems(std::span<const ItemLoss> items, ExampleLoss& loss)
{
    for (const ItemLoss& item : items) {
        loss.sum += item.loss;
        loss.correct += item.isCorrect ? 1 : 0;
    }
    loss.items += static_cast<std::int64_t>(items.size());
}

} // namespace

void addLosses(TaskType task, const Batch& batch, ConstMatrix<float> logits,
               std::span<const ItemLoss> itemLosses, std::vector<ExampleLoss>& losses)
{
    if (batch.labelledItems() == 0)
        return;
    std::vector<float> storage;
    for (std::size_t s = 0; s < batch.sequences(); ++s) {
        ExampleLoss& loss = losses[batch.exampleIndex[s]];
        if (isSequenceTask(task)) {
            addSequence(task, batch, s, logits, storage, loss);
            continue;
        }
        const auto rowsOf = [&] {
            return logits.rowRange(batch.sequenceOffsets[s], static_cast<std::int64_t>(batch.length(s)));
        };
        if (task == TaskType::QuestionAnswering) {
            addPositions(batch, s, rowsOf(), storage, loss);
        } else if (task == TaskType::TokenClassification) {
            loss.sum += crossEntropySum<float>(rowsOf(), tokenLabelsOf(batch, s));
            loss.items += countLabelled(tokenLabelsOf(batch, s));
        } else {
            const auto labelled = static_cast<std::size_t>(countLabelled(tokenLabelsOf(batch, s)));
            addItems(itemLosses.first(labelled), loss);
            itemLosses = itemLosses.subspan(labelled);
        }
    }
}

} // namespace lora
