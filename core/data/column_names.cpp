#include "core/data/column_names.h"

#include <algorithm>
#include <array>

namespace lora {

namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array<std::string_view, 22> textNames{
    "text",  "sentence",    "review",  "review_text", "reviewtext", "content", "document", "comment",
    "tweet", "message",     "body",    "phrase",      "utterance",  "query",   "question", "input",
    "title", "description", "summary", "headline",    "premise",    "sms"};

constexpr std::array<std::string_view, 20> labelNames{"label",  "labels", "class",  "category",   "sentiment",
                                                      "target", "topic",  "intent", "polarity",   "emotion",
                                                      "rating", "stars",  "gold",   "gold_label", "y",
                                                      "tag",    "coarse", "answer", "score",      "output"};

constexpr std::array<Pair, 17> pairNames{{{"sentence1", "sentence2"},
                                          {"sentence_1", "sentence_2"},
                                          {"text1", "text2"},
                                          {"text_1", "text_2"},
                                          {"text_a", "text_b"},
                                          {"sentence_a", "sentence_b"},
                                          {"text", "text_pair"},
                                          {"premise", "hypothesis"},
                                          {"question1", "question2"},
                                          {"#1 string", "#2 string"},
                                          {"question", "sentence"},
                                          {"question", "passage"},
                                          {"question", "context"},
                                          {"query", "document"},
                                          {"query", "passage"},
                                          {"claim", "evidence"},
                                          {"s1", "s2"}}};

constexpr std::array<std::string_view, 5> otherNames{"id", "idx", "index", "guid", "date"};

} // namespace

std::span<const std::string_view> textColumnNames()
{
    return textNames;
}

std::span<const std::string_view> labelColumnNames()
{
    return labelNames;
}

std::span<const Pair> pairColumnNames()
{
    return pairNames;
}

bool isCommonColumnName(std::string_view name)
{
    const auto isIn = [&](const auto& names) { return std::ranges::find(names, name) != names.end(); };
    return isIn(textNames) || isIn(labelNames) || isIn(otherNames) ||
           std::ranges::any_of(pairNames,
                               [&](const Pair& pair) { return pair.first == name || pair.second == name; });
}

} // namespace lora
