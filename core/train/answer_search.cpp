#include "core/train/answer_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace lora {

namespace {

constexpr std::size_t mostCandidates = 20;
constexpr std::int32_t longestAnswer = 30;

using Tokens = std::vector<std::int32_t>;

/// Tokens an answer may begin or end with.
Tokens allowedTokens(const TokenizedExample& example, std::int64_t rows)
{
    Tokens tokens;
    for (std::int64_t t = 0; t < rows; ++t) {
        const auto i = static_cast<std::size_t>(t);
        if (example.spans.empty() || example.spans[i].end > example.spans[i].begin)
            tokens.push_back(static_cast<std::int32_t>(t));
    }
    return tokens;
}

Tokens bestTokens(Tokens tokens, ConstMatrix<float> logits, std::int64_t column)
{
    const std::size_t kept = std::min(tokens.size(), mostCandidates);
    std::partial_sort(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(kept), tokens.end(),
                      [&](std::int32_t a, std::int32_t b) {
                          const float left = logits.row(a)[column];
                          const float right = logits.row(b)[column];
                          return left != right ? left > right : a < b;
                      });
    tokens.resize(kept);
    return tokens;
}

/// log of the sum of exp over the tokens and the first of all.
double logSum(const Tokens& tokens, ConstMatrix<float> logits, std::int64_t column)
{
    double largest = logits.row(0)[column];
    for (const std::int32_t t : tokens)
        largest = std::max<double>(largest, logits.row(t)[column]);
    double sum = tokens.empty() || tokens.front() != 0 ? std::exp(logits.row(0)[column] - largest) : 0;
    for (const std::int32_t t : tokens)
        sum += std::exp(logits.row(t)[column] - largest);
    return largest + std::log(sum);
}

} // namespace

WindowAnswer bestAnswer(const TokenizedExample& example, ConstMatrix<float> logits)
{
    WindowAnswer answer;
    answer.score = -std::numeric_limits<double>::infinity();
    if (logits.rows == 0)
        return answer;
    const Tokens tokens = allowedTokens(example, logits.rows);
    const double norm = logSum(tokens, logits, 0) + logSum(tokens, logits, 1);
    answer.nullScore = static_cast<double>(logits.row(0)[0]) + logits.row(0)[1];
    answer.nullProbability = std::exp(answer.nullScore - norm);
    const Tokens ends = bestTokens(tokens, logits, 1);
    for (const std::int32_t first : bestTokens(tokens, logits, 0)) {
        for (const std::int32_t last : ends) {
            const double score = static_cast<double>(logits.row(first)[0]) + logits.row(last)[1];
            if (last >= first && last - first < longestAnswer && score > answer.score) {
                answer.first = first;
                answer.last = last;
                answer.score = score;
            }
        }
    }
    answer.probability = answer.first >= 0 ? std::exp(answer.score - norm) : 0;
    return answer;
}

std::vector<RowAnswer> rowAnswers(const TokenizedDataset& dataset, const std::vector<WindowAnswer>& windows,
                                  bool allowsNone)
{
    const bool isText = !dataset.sources.empty();
    const std::size_t rows = isText ? dataset.sources.size() : dataset.size();
    constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
    std::vector<std::size_t> best(rows, none), leastNull(rows, none);
    for (std::size_t e = 0; e < dataset.size(); ++e) {
        const std::size_t row = isText ? dataset.examples[e].row : e;
        if (leastNull[row] == none || windows[e].nullScore < windows[leastNull[row]].nullScore)
            leastNull[row] = e;
        const bool isBetter = best[row] == none || windows[e].score > windows[best[row]].score;
        if (windows[e].first >= 0 && isBetter)
            best[row] = e;
    }
    std::vector<RowAnswer> answers(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        RowAnswer& answer = answers[row];
        if (leastNull[row] == none)
            continue; // none of its windows is in this data set
        const bool isNone =
            best[row] == none || (allowsNone && windows[leastNull[row]].nullScore > windows[best[row]].score);
        answer.isNone = isNone;
        answer.example = isNone ? leastNull[row] : best[row];
        const WindowAnswer& window = windows[answer.example];
        answer.probability = isNone ? window.nullProbability : window.probability;
        const TokenizedExample& example = dataset.examples[answer.example];
        if (!isNone && !example.spans.empty())
            answer.span = {example.spans[static_cast<std::size_t>(window.first)].begin,
                           example.spans[static_cast<std::size_t>(window.last)].end};
    }
    return answers;
}

bool hasUnanswerable(const TokenizedDataset& dataset)
{
    return std::ranges::any_of(
        dataset.sources, [](const SourceRow& source) { return source.isLabelled && source.answers.empty(); });
}

} // namespace lora
