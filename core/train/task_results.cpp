#include "core/train/task_results.h"

#include "core/train/answer_metrics.h"
#include "core/train/entity_metrics.h"
#include "core/train/score_metrics.h"
#include "core/train/task_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace lora {

namespace {

using Metrics = std::map<std::string, double>;

std::span<const float> rowOf(ConstMatrix<float> logits, std::int64_t row)
{
    return {logits.row(row), static_cast<std::size_t>(logits.cols)};
}

/// Sum of exp(logit - largest).
double partition(std::span<const float> logits, float largest)
{
    double sum = 0;
    for (const float logit : logits)
        sum += std::exp(static_cast<double>(logit) - largest);
    return sum;
}

void storeTags(std::uint32_t example, ConstMatrix<float> logits, EvaluationResult& result)
{
    for (std::int64_t t = 0; t < logits.rows; ++t) {
        const auto row = rowOf(logits, t);
        const std::int32_t tag = argMax<float>(row);
        result.tags[example].push_back(tag);
        result.tagProbabilities[example].push_back(
            static_cast<float>(1 / partition(row, row[static_cast<std::size_t>(tag)])));
    }
}

void storeCandidates(std::uint32_t example, ConstMatrix<float> logits, std::size_t wanted,
                     EvaluationResult& result)
{
    const std::size_t count = std::min(wanted, static_cast<std::size_t>(logits.cols));
    std::vector<std::int32_t> ids(static_cast<std::size_t>(logits.cols));
    for (std::int64_t t = 0; t < logits.rows; ++t) {
        const auto row = rowOf(logits, t);
        std::iota(ids.begin(), ids.end(), 0);
        const auto isBetter = [&](std::int32_t a, std::int32_t b) {
            const float left = row[static_cast<std::size_t>(a)];
            const float right = row[static_cast<std::size_t>(b)];
            return left != right ? left > right : a < b;
        };
        std::partial_sort(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count), ids.end(), isBetter);
        const float largest = row[static_cast<std::size_t>(ids[0])];
        const double sum = partition(row, largest);
        for (std::size_t i = 0; i < count; ++i) {
            const double weight =
                std::exp(static_cast<double>(row[static_cast<std::size_t>(ids[i])]) - largest);
            result.candidates[example].emplace_back(ids[i], static_cast<float>(weight / sum));
        }
    }
}

/// A tag for each labelled token of an example, by name.
std::pair<std::vector<std::string>, std::vector<std::string>>
tagNames(const TokenizedExample& example, const std::vector<std::int32_t>& predicted,
         const std::vector<std::string>& names)
{
    std::pair<std::vector<std::string>, std::vector<std::string>> tags;
    const auto nameOf = [&](std::int32_t id) {
        const auto i = static_cast<std::size_t>(id);
        return i < names.size() ? names[i] : std::to_string(id);
    };
    for (std::size_t t = 0; t < example.tokenLabels.size() && t < predicted.size(); ++t) {
        if (example.tokenLabels[t] == ignoredLabel)
            continue;
        tags.first.push_back(nameOf(example.tokenLabels[t]));
        tags.second.push_back(nameOf(predicted[t]));
    }
    return tags;
}

Metrics classMetrics(const TokenizedDataset& dataset, std::size_t classes, const EvaluationResult& result,
                     OutcomeCollector& outcomes)
{
    ConfusionMatrix confusion(static_cast<std::int64_t>(classes));
    for (std::size_t row = 0; row < dataset.size(); ++row) {
        const std::int32_t label = dataset.examples[row].classLabel;
        if (label < 0)
            continue;
        confusion.add(label, result.predictions[row]);
        outcomes.add(row, {{"label", label}, {"predicted", result.predictions[row]}});
    }
    if (confusion.total() == 0)
        return {};
    return {{"accuracy", confusion.accuracy()},
            {"f1", confusion.f1()},
            {"matthews_correlation", confusion.matthewsCorrelation()}};
}

Metrics labelMetrics(const TokenizedDataset& dataset, const EvaluationResult& result,
                     OutcomeCollector& outcomes)
{
    std::optional<LabelCounter> counter;
    for (std::size_t row = 0; row < dataset.size(); ++row) {
        const std::vector<float>& targets = dataset.examples[row].targets;
        if (targets.empty())
            continue;
        if (!counter)
            counter.emplace(targets.size());
        std::vector<bool> truth, predicted;
        for (std::size_t label = 0; label < targets.size(); ++label) {
            truth.push_back(targets[label] > 0.5f);
            predicted.push_back(result.values[row][label] >= 0); // probability of at least one half
        }
        counter->add(truth, predicted);
        double both = 0;
        for (std::size_t label = 0; label < truth.size(); ++label)
            both += truth[label] && predicted[label] ? 1 : 0;
        outcomes.add(row, {{"both", both},
                           {"truth", static_cast<double>(std::ranges::count(truth, true))},
                           {"predicted", static_cast<double>(std::ranges::count(predicted, true))},
                           {"exact", truth == predicted ? 1 : 0}});
    }
    if (!counter)
        return {};
    return {{"f1", counter->f1()}, {"f1_macro", counter->f1Macro()}, {"accuracy", counter->accuracy()}};
}

Metrics scoreMetrics(const TokenizedDataset& dataset, const EvaluationResult& result,
                     OutcomeCollector& outcomes)
{
    std::vector<double> truth, predicted;
    for (std::size_t row = 0; row < dataset.size(); ++row) {
        if (dataset.examples[row].targets.empty())
            continue;
        truth.push_back(dataset.examples[row].targets[0]);
        predicted.push_back(result.values[row][0]);
        outcomes.add(row, {{"target", truth.back()}, {"value", predicted.back()}});
    }
    if (truth.empty())
        return {};
    return {{"pearson", pearsonCorrelation(truth, predicted)},
            {"spearmanr", spearmanCorrelation(truth, predicted)},
            {"mse", meanSquaredError(truth, predicted)},
            {"mae", meanAbsoluteError(truth, predicted)}};
}

Metrics entityMetrics(const TokenizedDataset& dataset, const std::vector<std::string>& names,
                      const EvaluationResult& result, OutcomeCollector& outcomes)
{
    EntityCounter counter;
    for (std::size_t row = 0; row < dataset.size(); ++row) {
        const auto [truth, predicted] = tagNames(dataset.examples[row], result.tags[row], names);
        if (truth.empty())
            continue;
        EntityCounter own;
        own.add(truth, predicted);
        outcomes.add(row, {{"both", static_cast<double>(own.both())},
                           {"truth", static_cast<double>(own.truth())},
                           {"predicted", static_cast<double>(own.predicted())},
                           {"tags", static_cast<double>(own.tags())},
                           {"right_tags", static_cast<double>(own.rightTags())}});
        counter += own;
    }
    if (counter.tags() == 0)
        return {};
    return {{"f1", counter.f1()},
            {"precision", counter.precision()},
            {"recall", counter.recall()},
            {"accuracy", counter.accuracy()}};
}

/// Rows of token ids have no text to compare: their tokens stand for words.
std::pair<double, double> tokenScores(const TokenizedExample& example, const WindowAnswer& answer)
{
    const std::int32_t both =
        std::min(answer.last, example.endPosition) - std::max(answer.first, example.startPosition) + 1;
    const std::int32_t sum = answer.last - answer.first + 1 + example.endPosition - example.startPosition + 1;
    const bool isExact = answer.first == example.startPosition && answer.last == example.endPosition;
    return {isExact ? 1.0 : 0.0, both > 0 ? 2.0 * both / sum : 0.0};
}

Metrics answerMetrics(const TokenizedDataset& dataset, const EvaluationResult& result,
                      OutcomeCollector& outcomes)
{
    double exact = 0;
    double f1 = 0;
    std::int64_t count = 0;
    const auto add = [&](std::size_t unit, double isExact, double overlap) {
        exact += isExact;
        f1 += overlap;
        ++count;
        outcomes.add(unit, {{"exact_match", isExact}, {"f1", overlap}});
    };
    const bool isText = !dataset.sources.empty();
    if (isText) {
        const auto answers = rowAnswers(dataset, result.answers, hasUnanswerable(dataset));
        std::vector<bool> isPresent(answers.size());
        for (const TokenizedExample& example : dataset.examples)
            isPresent[example.row] = true;
        for (std::size_t row = 0; row < answers.size(); ++row) {
            const SourceRow& source = dataset.sources[row];
            if (!source.isLabelled || !isPresent[row])
                continue;
            const TextSpan span = answers[row].span;
            const std::string_view text =
                std::string_view(source.text).substr(span.begin, span.end - span.begin);
            add(row, exactMatch(text, source.answers), answerF1(text, source.answers));
        }
    }
    for (std::size_t e = 0; e < dataset.size() && !isText; ++e) {
        if (dataset.examples[e].startPosition < 0)
            continue;
        const auto [isExact, overlap] = tokenScores(dataset.examples[e], result.answers[e]);
        add(e, isExact, overlap);
    }
    if (count == 0)
        return {};
    return {{"exact_match", exact / static_cast<double>(count)}, {"f1", f1 / static_cast<double>(count)}};
}

} // namespace

EvaluationResult emptyResult(TaskType task, const TokenizedDataset& dataset, const ResultWishes& wishes)
{
    EvaluationResult result;
    const std::size_t size = dataset.size();
    if (wishes.keepsLogits)
        result.logits.resize(size);
    if (wishes.keepsOutcomes)
        result.losses.resize(size);
    if (task == TaskType::SequenceClassification)
        result.predictions.assign(size, -1);
    else if (isSequenceTask(task))
        result.values.resize(size);
    if (task == TaskType::TokenClassification) {
        result.tags.resize(size);
        result.tagProbabilities.resize(size);
    }
    if (task == TaskType::QuestionAnswering)
        result.answers.resize(size);
    if (isLanguageModelling(task) && wishes.candidates > 0)
        result.candidates.resize(size);
    return result;
}

void storeBatch(TaskType task, const TokenizedDataset& dataset, const Batch& batch, ConstMatrix<float> logits,
                const ResultWishes& wishes, EvaluationResult& result)
{
    // With labels a language model's head tells its loss alone.
    if (isLanguageModelling(task) && !batch.tokenLabels.empty())
        return;
    for (std::size_t s = 0; s < batch.sequences(); ++s) {
        const std::uint32_t example = batch.exampleIndex[s];
        const ConstMatrix<float> rows =
            isSequenceTask(task)
                ? logits.rowRange(static_cast<std::int64_t>(s), 1)
                : logits.rowRange(batch.sequenceOffsets[s], static_cast<std::int64_t>(batch.length(s)));
        if (wishes.keepsLogits) {
            for (std::int64_t r = 0; r < rows.rows; ++r)
                result.logits[example].insert(result.logits[example].end(), rows.row(r),
                                              rows.row(r) + rows.cols);
        }
        if (task == TaskType::SequenceClassification)
            result.predictions[example] = argMax<float>(rowOf(rows, 0));
        else if (isSequenceTask(task))
            result.values[example].assign(rows.row(0), rows.row(0) + rows.cols);
        else if (task == TaskType::TokenClassification)
            storeTags(example, rows, result);
        else if (task == TaskType::QuestionAnswering)
            result.answers[example] = bestAnswer(dataset.examples[example], rows);
        else if (wishes.candidates > 0)
            storeCandidates(example, rows, wishes.candidates, result);
    }
}

Metrics taskMetrics(TaskType task, const TokenizedDataset& dataset,
                    const std::vector<std::string>& labelNames, const EvaluationResult& result,
                    OutcomeCollector& outcomes)
{
    switch (task) {
    case TaskType::SequenceClassification:
        return classMetrics(dataset, labelNames.size(), result, outcomes);
    case TaskType::MultiLabelClassification:
        return labelMetrics(dataset, result, outcomes);
    case TaskType::Regression:
        return scoreMetrics(dataset, result, outcomes);
    case TaskType::TokenClassification:
        return entityMetrics(dataset, labelNames, result, outcomes);
    case TaskType::QuestionAnswering:
        return answerMetrics(dataset, result, outcomes);
    case TaskType::CausalLm:
    case TaskType::MaskedLm:
        // The metrics follow from the loss.
        for (std::size_t example = 0; example < result.losses.size(); ++example)
            if (result.losses[example].items > 0)
                outcomes.add(example, {{"correct", static_cast<double>(result.losses[example].correct)}});
        break;
    }
    return {};
}

} // namespace lora
