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

constexpr std::array<std::string_view, 3> tokenNames{"tokens", "words", "token"};
constexpr std::array<std::string_view, 6> tagNames{"ner_tags", "tags",     "ner",
                                                   "labels",   "entities", "pos_tags"};
constexpr std::array<std::string_view, 2> questionNames{"question", "query"};
constexpr std::array<std::string_view, 4> contextNames{"context", "passage", "document", "paragraph"};
constexpr std::array<std::string_view, 4> answerNames{"answers", "answer", "answer_text", "text"};
constexpr std::array<std::string_view, 3> answerStartNames{"answer_start", "answer_starts", "start"};
constexpr std::array<std::string_view, 3> messageNames{"messages", "conversations", "conversation"};
constexpr std::array<std::string_view, 6> documentNames{"text",     "content", "story",
                                                        "document", "body",    "sentence"};
constexpr std::array<Pair, 10> completionNames{{{"instruction", "output"},
                                                {"instruction", "response"},
                                                {"prompt", "completion"},
                                                {"prompt", "response"},
                                                {"prompt", "output"},
                                                {"prompt", "chosen"},
                                                {"question", "answer"},
                                                {"question", "response"},
                                                {"query", "response"},
                                                {"input", "output"}}};
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

std::span<const std::string_view> tokenColumnNames()
{
    return tokenNames;
}

std::span<const std::string_view> tagColumnNames()
{
    return tagNames;
}

std::span<const std::string_view> questionColumnNames()
{
    return questionNames;
}

std::span<const std::string_view> contextColumnNames()
{
    return contextNames;
}

std::span<const std::string_view> answerColumnNames()
{
    return answerNames;
}

std::span<const std::string_view> answerStartColumnNames()
{
    return answerStartNames;
}

std::span<const std::string_view> messageColumnNames()
{
    return messageNames;
}

std::span<const std::string_view> documentColumnNames()
{
    return documentNames;
}

std::span<const Pair> completionColumnNames()
{
    return completionNames;
}

bool isCommonColumnName(std::string_view name)
{
    const auto isIn = [&](const auto& names) { return std::ranges::find(names, name) != names.end(); };
    const auto isInPairs = [&](const auto& pairs) {
        return std::ranges::any_of(
            pairs, [&](const Pair& pair) { return pair.first == name || pair.second == name; });
    };
    return isIn(textNames) || isIn(labelNames) || isIn(otherNames) || isIn(tokenNames) || isIn(tagNames) ||
           isIn(contextNames) || isIn(answerNames) || isIn(answerStartNames) || isIn(messageNames) ||
           isInPairs(pairNames) || isInPairs(completionNames);
}

} // namespace lora
