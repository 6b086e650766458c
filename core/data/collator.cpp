#include "core/data/collator.h"

#include "core/base/check.h"
#include "core/base/rng.h"

#include <algorithm>
#include <limits>

#include <cmath>
#include <fmt/format.h>

namespace lora {

namespace {

constexpr double hiddenShare = 0.15;
constexpr double maskedShare = 0.8;
constexpr double replacedShare = 0.1;

std::int32_t hiddenId(std::int32_t original, const MaskingFacts& facts, Rng& rng)
{
    const double kind = rng.uniform();
    if (kind < maskedShare)
        return facts.maskId;
    if (kind < maskedShare + replacedShare)
        return static_cast<std::int32_t>(rng.below(static_cast<std::uint64_t>(facts.vocabularySize)));
    return original;
}

} // namespace

Collator::Collator(const TokenizedDataset& dataset, TaskType task, std::uint64_t seed)
    : m_dataset(&dataset)
    , m_task(task)
    , m_seed(seed)
{}

void Collator::pack(std::span<const std::uint32_t> rows, std::int64_t epoch, Batch& out) const
{
    clear(out);
    out.sequenceOffsets.push_back(0);
    const bool hasTokenLabels = m_dataset->masking || std::ranges::any_of(rows, [&](std::uint32_t row) {
                                    return !m_dataset->examples[row].tokenLabels.empty();
                                });
    for (const std::uint32_t row : rows) {
        LORA_ASSERT(row < m_dataset->size());
        const TokenizedExample& example = m_dataset->examples[row];
        out.inputIds.insert(out.inputIds.end(), example.inputIds.begin(), example.inputIds.end());
        out.tokenTypeIds.insert(out.tokenTypeIds.end(), example.tokenTypeIds.begin(),
                                example.tokenTypeIds.end());
        out.tokenTypeIds.resize(out.inputIds.size(), 0);
        out.exampleIndex.push_back(row);
        appendLabels(row, epoch, hasTokenLabels, out);
        out.sequenceOffsets.push_back(static_cast<std::int32_t>(out.inputIds.size()));
    }
}

void Collator::appendLabels(std::uint32_t row, std::int64_t epoch, bool hasTokenLabels, Batch& out) const
{
    const TokenizedExample& example = m_dataset->examples[row];
    const auto position = [](std::int32_t value) { return value < 0 ? ignoredLabel : value; };
    switch (m_task) {
    case TaskType::SequenceClassification:
        out.classLabels.push_back(position(example.classLabel));
        break;
    case TaskType::MultiLabelClassification:
    case TaskType::Regression:
        appendTargets(example, out);
        break;
    case TaskType::QuestionAnswering:
        out.startPositions.push_back(position(example.startPosition));
        out.endPositions.push_back(position(example.endPosition));
        break;
    case TaskType::TokenClassification:
    case TaskType::CausalLm:
    case TaskType::MaskedLm:
        // A batch without any labels says so by having none.
        if (hasTokenLabels)
            appendTokenLabels(row, epoch, out);
        break;
    }
}

void Collator::appendTargets(const TokenizedExample& example, Batch& out) const
{
    // Rows without labels, in a data set that knows no classes, have no targets: as many as the model has
    // outputs are expected otherwise.
    const std::size_t classes =
        m_dataset->labelNames.empty() ? example.targets.size() : m_dataset->labelNames.size();
    const std::size_t width = m_task == TaskType::Regression ? 1 : classes;
    out.targetsPerSequence = static_cast<std::int32_t>(width);
    LORA_ASSERT(example.targets.empty() || example.targets.size() == width);
    if (example.targets.empty())
        out.targets.insert(out.targets.end(), width, std::numeric_limits<float>::quiet_NaN());
    else
        out.targets.insert(out.targets.end(), example.targets.begin(), example.targets.end());
}

void Collator::appendTokenLabels(std::uint32_t row, std::int64_t epoch, Batch& out) const
{
    const TokenizedExample& example = m_dataset->examples[row];
    const std::vector<std::int32_t>& labels = example.tokenLabels;
    // A row of causal language modelling predicts the token behind it.
    const std::size_t shift = m_task == TaskType::CausalLm && !labels.empty() ? 1 : 0;
    out.tokenLabels.insert(out.tokenLabels.end(), labels.begin() + static_cast<std::ptrdiff_t>(shift),
                           labels.end());
    out.tokenLabels.resize(out.inputIds.size(), ignoredLabel);
    if (m_dataset->masking && labels.empty())
        hideTokens(row, epoch, out);
}

void Collator::hideTokens(std::uint32_t row, std::int64_t epoch, Batch& out) const
{
    const TokenizedExample& example = m_dataset->examples[row];
    const std::size_t first = out.inputIds.size() - example.inputIds.size();
    std::array<char, 64> stream; // two numbers fit; a string would come from the heap
    const auto end = fmt::format_to_n(stream.data(), stream.size(), "masking/{}/{}", epoch, row).out;
    Rng rng(m_seed, std::string_view(stream.data(), static_cast<std::size_t>(end - stream.data())));
    thread_local std::vector<std::size_t> candidates; // its storage is used again
    candidates.clear();
    for (std::size_t i = 0; i < example.inputIds.size(); ++i) {
        if (i >= example.isSpecial.size() || !example.isSpecial[i])
            candidates.push_back(first + i);
    }
    bool isAnyHidden = false;
    const auto hide = [&](std::size_t position) {
        out.tokenLabels[position] = out.inputIds[position];
        out.inputIds[position] = hiddenId(out.inputIds[position], *m_dataset->masking, rng);
        isAnyHidden = true;
    };
    for (const std::size_t position : candidates) {
        if (rng.uniform() < hiddenShare)
            hide(position);
    }
    // A short text often has nothing chosen: it would cost its forward pass and teach nothing.
    if (!isAnyHidden && !candidates.empty())
        hide(candidates[rng.below(candidates.size())]);
}

double labelledShare(const TokenizedDataset& dataset, TaskType task)
{
    double labelled = 0;
    if (!isLanguageModelling(task) || dataset.tokens() == 0)
        return 0;
    for (const TokenizedExample& example : dataset.examples) {
        const std::vector<std::int32_t>& labels = example.tokenLabels;
        if (labels.empty() && dataset.masking) {
            const double special =
                static_cast<double>(std::count(example.isSpecial.begin(), example.isSpecial.end(), true));
            const double candidates = static_cast<double>(example.inputIds.size()) - special;
            // Where chance hides none, one is hidden all the same.
            if (candidates > 0)
                labelled += hiddenShare * candidates + std::pow(1 - hiddenShare, candidates);
        } else if (!labels.empty()) {
            const auto first = labels.begin() + (task == TaskType::CausalLm ? 1 : 0);
            labelled +=
                static_cast<double>(labels.end() - first - std::count(first, labels.end(), ignoredLabel));
        }
    }
    return labelled / static_cast<double>(dataset.tokens());
}

} // namespace lora
