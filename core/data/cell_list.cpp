#include "core/data/cell_list.h"

#include "core/data/cell_text.h"

#include <algorithm>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

Json parsed(std::string_view cell)
{
    return Json::parse(cell, nullptr, false);
}

std::optional<std::int64_t> startOf(const Json& value)
{
    if (!value.is_number_integer() || value.get<std::int64_t>() < 0)
        throw std::invalid_argument("answer_start: expected whole numbers from 0");
    return value.get<std::int64_t>();
}

std::string answerText(const Json& value)
{
    if (!value.is_string())
        throw std::invalid_argument("answers: expected texts");
    return value.get<std::string>();
}

Answer answerOf(const Json& entry)
{
    if (entry.is_string())
        return {entry.get<std::string>(), std::nullopt};
    if (!entry.is_object() || !entry.contains("text"))
        throw std::invalid_argument("answers: expected {\"text\", \"answer_start\"}");
    Answer answer{answerText(entry["text"]), std::nullopt};
    if (const auto start = entry.find("answer_start"); start != entry.end() && !start->is_null())
        answer.start = startOf(*start);
    return answer;
}

/// {"text": [...], "answer_start": [...]}, or with one of each instead of lists.
std::vector<Answer> fromColumns(const Json& object)
{
    const auto texts = object.find("text");
    if (texts == object.end())
        throw std::invalid_argument("answers: expected \"text\"");
    const auto starts = object.find("answer_start");
    if (!texts->is_array())
        return {answerOf(object)};
    if (starts != object.end() && (!starts->is_array() || starts->size() != texts->size()))
        throw std::invalid_argument("answers: expected as many answer_start as text");
    std::vector<Answer> answers;
    for (std::size_t i = 0; i < texts->size(); ++i)
        answers.push_back(
            {answerText((*texts)[i]), starts == object.end() ? std::nullopt : startOf((*starts)[i])});
    return answers;
}

std::vector<Answer> fromText(std::string_view cell, std::string_view startCell)
{
    if (isBlank(cell))
        return {};
    Answer answer{std::string(cell), std::nullopt};
    const std::string start(trimmed(startCell));
    if (start.empty())
        return {answer};
    if (!isInteger(start) || start.starts_with('-'))
        throw std::invalid_argument("answer_start: expected a whole number from 0, found \"" + start + "\"");
    answer.start = std::stoll(start);
    return {answer};
}

} // namespace

std::optional<std::vector<std::string>> jsonListOf(std::string_view cell)
{
    if (!trimmed(cell).starts_with('['))
        return std::nullopt;
    const Json list = parsed(cell);
    if (!list.is_array())
        return std::nullopt;
    std::vector<std::string> entries;
    for (const Json& each : list) {
        if (!each.is_string() && !each.is_number())
            return std::nullopt;
        entries.push_back(each.is_string() ? each.get<std::string>() : each.dump());
    }
    return entries;
}

std::vector<std::string> wordListOf(std::string_view cell)
{
    if (auto list = jsonListOf(cell))
        return std::move(*list);
    constexpr std::string_view space = " \t\r\n\f\v";
    std::vector<std::string> words;
    for (std::size_t begin = cell.find_first_not_of(space); begin != std::string_view::npos;) {
        const std::size_t end = std::min(cell.find_first_of(space, begin), cell.size());
        words.emplace_back(cell.substr(begin, end - begin));
        begin = cell.find_first_not_of(space, end);
    }
    return words;
}

std::vector<std::string> labelListOf(std::string_view cell)
{
    std::vector<std::string> labels;
    const auto add = [&](std::string_view name) {
        const std::string label(trimmed(name));
        if (!label.empty() && std::ranges::find(labels, label) == labels.end())
            labels.push_back(label);
    };
    if (const auto list = jsonListOf(cell)) {
        for (const std::string& name : *list)
            add(name);
        return labels;
    }
    char separator = ',';
    for (const char each : {'|', ';'}) {
        if (separator == ',' && cell.find(each) != std::string_view::npos)
            separator = each;
    }
    while (!cell.empty()) {
        const std::size_t end = std::min(cell.find(separator), cell.size());
        add(cell.substr(0, end));
        cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return labels;
}

std::vector<Answer> answersOf(std::string_view cell, std::string_view startCell)
{
    const std::string_view text = trimmed(cell);
    if (!text.starts_with('{') && !text.starts_with('['))
        return fromText(cell, startCell);
    const Json value = parsed(text);
    if (value.is_object())
        return fromColumns(value);
    if (!value.is_array())
        return fromText(cell, startCell); // a text that begins with a bracket
    std::vector<Answer> answers;
    for (const Json& each : value)
        answers.push_back(answerOf(each));
    return answers;
}

} // namespace lora
