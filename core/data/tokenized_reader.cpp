#include "core/data/tokenized_reader.h"

#include "core/base/error.h"
#include "core/data/batch.h"
#include "core/data/dataset_reader.h"
#include "core/data/json_rows.h"
#include "core/io/mapped_file.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::int32_t mostClasses = 10000;

/// One row of the file, its fields checked as they are read.
class TokenRow
{
public:
    TokenRow(const std::string& source, std::uint32_t line, const Json& object)
        : m_source(source)
        , m_line(line)
        , m_object(object)
    {}

    [[noreturn]] void fail(const std::string& what) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}, line {}: {}", m_source, m_line, what),
                    "Rows are {\"input_ids\": [ids…], \"labels\": class or [labels…]}.");
    }

    const Json* find(const char* key) const
    {
        const auto found = m_object.find(key);
        return found == m_object.end() || found->is_null() ? nullptr : &*found;
    }

    std::int32_t integer(const Json& value, const char* key, std::int64_t low) const
    {
        const bool isLarge = value.is_number_unsigned() && value.get<std::uint64_t>() > 0x7FFFFFFFu;
        if (!value.is_number_integer() || isLarge || value.get<std::int64_t>() < low)
            fail(fmt::format("{}: expected whole numbers of at least {}, found {}", key, low,
                             shortText(value)));
        return static_cast<std::int32_t>(value.get<std::int64_t>());
    }

    std::vector<std::int32_t> list(const Json& value, const char* key, std::int64_t low) const
    {
        if (!value.is_array())
            fail(fmt::format("{}: expected a list of whole numbers, found {}", key, shortText(value)));
        std::vector<std::int32_t> numbers;
        numbers.reserve(value.size());
        for (const Json& each : value)
            numbers.push_back(integer(each, key, low));
        return numbers;
    }

    /// A list that goes with input_ids, or nothing.
    std::vector<std::int32_t> parallelList(const char* key, std::int64_t low, std::size_t length) const
    {
        const Json* value = find(key);
        if (!value)
            return {};
        std::vector<std::int32_t> numbers = list(*value, key, low);
        if (numbers.size() != length)
            fail(fmt::format("{}: expected {} entries as in input_ids, found {}", key, length,
                             numbers.size()));
        return numbers;
    }

    static std::string shortText(const Json& value)
    {
        std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
        if (text.size() > 40) {
            text.resize(40);
            text += "…";
        }
        return text;
    }

private:
    const std::string& m_source;
    std::uint32_t m_line;
    const Json& m_object;
};

void readClass(const TokenRow& row, const Json& labels, TokenizedExample& example)
{
    if (labels.is_array())
        row.fail("labels: expected one number (a class) for sequence-classification, found a list");
    const std::int32_t label = row.integer(labels, "labels", ignoredLabel);
    if (label < 0 && label != ignoredLabel)
        row.fail(
            fmt::format("labels: expected a class from 0 (or {} for none), found {}", ignoredLabel, label));
    if (label >= mostClasses)
        row.fail(fmt::format("labels: expected a class below {}, found {}", mostClasses, label));
    example.classLabel = std::max(label, -1);
}

/// One number, or a list with one (regression); a list of 0 and 1 (multi-label).
void readTargets(const TokenRow& row, const Json& labels, TaskType task, TokenizedExample& example)
{
    const bool isList = labels.is_array();
    if (task == TaskType::MultiLabelClassification && !isList)
        row.fail("labels: expected a list of 0 and 1, one for each label, found " +
                 TokenRow::shortText(labels));
    const Json list = isList ? labels : Json::array({labels});
    if (list.empty() || (task == TaskType::Regression && list.size() != 1) || list.size() > mostClasses)
        row.fail("labels: expected one number, found " + TokenRow::shortText(labels));
    for (const Json& each : list) {
        const double value = each.is_number() ? each.get<double>() : HUGE_VAL;
        if (!std::isfinite(value) || std::abs(value) > std::numeric_limits<float>::max())
            row.fail("labels: expected numbers, found " + TokenRow::shortText(each));
        if (task == TaskType::MultiLabelClassification && value != 0 && value != 1)
            row.fail("labels: expected 0 or 1 for each label, found " + TokenRow::shortText(each));
        example.targets.push_back(static_cast<float>(value));
    }
}

/// A number, or a list with one, as some tools write it.
std::int32_t readPosition(const TokenRow& row, const char* key, std::size_t length)
{
    const Json* value = row.find(key);
    if (!value)
        row.fail(fmt::format("no {}", key));
    const std::int32_t position =
        row.integer(value->is_array() && value->size() == 1 ? value->front() : *value, key, 0);
    if (static_cast<std::size_t>(position) >= length)
        row.fail(fmt::format("{}: expected a token from 0 to {}, found {}", key, length - 1, position));
    return position;
}

void readPositions(const TokenRow& row, bool isRequired, TokenizedExample& example)
{
    if (!isRequired && (!row.find("start_positions") || !row.find("end_positions")))
        return;
    const std::size_t length = example.inputIds.size();
    example.startPosition = readPosition(row, "start_positions", length);
    example.endPosition = readPosition(row, "end_positions", length);
}

void readLabels(const TokenRow& row, const TokenizedReadOptions& options, TokenizedExample& example)
{
    if (options.task == TaskType::QuestionAnswering)
        return readPositions(row, options.areLabelsRequired, example);
    const Json* labels = row.find("labels") ? row.find("labels") : row.find("label");
    if (!labels && options.task == TaskType::CausalLm && options.areLabelsRequired) {
        example.tokenLabels = example.inputIds; // every token is to be predicted
        return;
    }
    if (!labels) {
        if (options.areLabelsRequired)
            row.fail("no labels");
        return;
    }
    if (options.task == TaskType::SequenceClassification)
        return readClass(row, *labels, example);
    if (isSequenceTask(options.task))
        return readTargets(row, *labels, options.task, example);
    if (!labels->is_array())
        row.fail(fmt::format("labels: expected a list with one label a token for {}, found {}",
                             toString(options.task), TokenRow::shortText(*labels)));
    example.tokenLabels = row.list(*labels, "labels", ignoredLabel);
    if (example.tokenLabels.size() != example.inputIds.size())
        row.fail(fmt::format("labels: expected {} entries as in input_ids, found {}", example.inputIds.size(),
                             example.tokenLabels.size()));
    for (const std::int32_t label : example.tokenLabels) {
        if (label < 0 && label != ignoredLabel)
            row.fail(fmt::format("labels: expected {} or {}, found {}",
                                 isLanguageModelling(options.task) ? "token ids" : "classes", ignoredLabel,
                                 label));
        if (!isLanguageModelling(options.task) && label >= mostClasses)
            row.fail(fmt::format("labels: expected classes below {}, found {}", mostClasses, label));
    }
}

void dropMasked(const std::vector<std::int32_t>& mask, std::vector<std::int32_t>& values)
{
    std::size_t kept = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (mask[i] != 0)
            values[kept++] = values[i];
    }
    values.resize(kept);
}

/// Answers are counted in what is left after padding (on either side) is gone.
void dropBeforePositions(const TokenRow& row, const std::vector<std::int32_t>& mask,
                         TokenizedExample& example)
{
    for (std::int32_t* position : {&example.startPosition, &example.endPosition}) {
        if (*position < 0)
            continue;
        const auto end = mask.begin() + *position;
        if (*end == 0)
            row.fail("start_positions, end_positions: expected tokens that attention_mask keeps");
        *position -= static_cast<std::int32_t>(std::count(mask.begin(), end, 0));
    }
}

TokenizedExample readRow(const TokenRow& row, std::uint32_t line, const TokenizedReadOptions& options)
{
    const Json* ids = row.find("input_ids");
    if (!ids)
        row.fail("no input_ids");
    TokenizedExample example;
    example.line = line;
    example.inputIds = row.list(*ids, "input_ids", 0);
    const std::size_t length = example.inputIds.size();
    example.tokenTypeIds = row.parallelList("token_type_ids", 0, length);
    example.tokenTypeIds.resize(length, 0);
    readLabels(row, options, example);
    const std::vector<std::int32_t> mask = row.parallelList("attention_mask", 0, length);
    if (!mask.empty()) {
        dropMasked(mask, example.inputIds);
        dropMasked(mask, example.tokenTypeIds);
        if (!example.tokenLabels.empty())
            dropMasked(mask, example.tokenLabels);
        dropBeforePositions(row, mask, example);
    }
    if (example.inputIds.empty())
        row.fail("input_ids: zero tokens");
    return example;
}

/// Every row of a multi-label set has as many entries as the others, or as the model has labels.
void checkWidths(const TokenizedReadOptions& options, const TokenizedDataset& dataset)
{
    std::size_t width = options.knownLabels.value_or(0);
    for (const TokenizedExample& example : dataset.examples) {
        if (example.targets.empty())
            continue;
        if (width == 0)
            width = example.targets.size();
        if (example.targets.size() != width)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}, line {}: labels: expected {} entries, found {}", dataset.source,
                                    example.line, width, example.targets.size()),
                        "Give every row one entry for each label.");
    }
}

void nameClasses(const TokenizedReadOptions& options, TokenizedDataset& dataset)
{
    const bool isTokens = options.task == TaskType::TokenClassification;
    if (options.task == TaskType::MultiLabelClassification)
        checkWidths(options, dataset);
    else if (options.task != TaskType::SequenceClassification && !isTokens)
        return;
    std::size_t classes = options.knownLabels.value_or(0);
    for (const TokenizedExample& example : dataset.examples) {
        const std::int32_t largest = isTokens && !example.tokenLabels.empty()
                                         ? std::ranges::max(example.tokenLabels)
                                         : example.classLabel;
        const std::size_t needed =
            std::max(static_cast<std::size_t>(std::max(largest, -1) + 1), example.targets.size());
        if (options.knownLabels && needed > *options.knownLabels)
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{}, line {}: the label {} is not in the training data; known labels: 0 to {}",
                            dataset.source, example.line, needed - 1, *options.knownLabels - 1),
                "Correct the label, remove the row, or add rows with it to the training data.");
        classes = std::max(classes, needed);
    }
    for (std::size_t i = 0; i < classes; ++i)
        dataset.labelNames.push_back(std::to_string(i));
}

void forEachRow(std::string_view bytes, const std::string& source, const JsonRowVisitor& visit)
{
    const DataFormat format = detectFormat(bytes, source);
    const std::string_view text = bytes.starts_with("\xEF\xBB\xBF") ? bytes.substr(3) : bytes;
    format == DataFormat::JsonArray ? forEachInJsonArray(text, source, visit)
                                    : forEachJsonLine(text, source, visit);
}

} // namespace

bool holdsTokens(std::string_view bytes, const std::string& source)
{
    const DataFormat format = detectFormat(bytes, source);
    if (format != DataFormat::JsonLines && format != DataFormat::JsonArray)
        return false;
    bool isTokenized = false;
    forEachRow(bytes, source, [&](std::uint32_t, const Json& object) {
        isTokenized = object.contains("input_ids");
        return false;
    });
    return isTokenized;
}

TokenizedDataset parseTokenized(std::string_view bytes, const std::string& source,
                                const TokenizedReadOptions& options)
{
    TokenizedDataset dataset;
    dataset.source = source;
    dataset.hash = hashOf(std::as_bytes(std::span(bytes)));
    forEachRow(bytes, source, [&](std::uint32_t line, const Json& object) {
        dataset.examples.push_back(readRow(TokenRow(source, line, object), line, options));
        dataset.examples.back().row = static_cast<std::uint32_t>(dataset.examples.size() - 1);
        return true;
    });
    if (dataset.examples.empty())
        throw Error(ErrorKind::BadInput, source + ": no rows of data", "Give a file with at least one row.");
    nameClasses(options, dataset);
    return dataset;
}

void checkTokenIds(const TokenizedDataset& dataset, const InputLimits& limits)
{
    const auto check = [&](const TokenizedExample& example, const char* what, std::int64_t found,
                           std::int64_t limit) {
        if (limit > 0 && found >= limit)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}, line {}: {} {} does not fit the model, which takes 0 to {}",
                                    dataset.source, example.line, what, found, limit - 1),
                        "Tokenise the data with the model's own tokenizer.");
    };
    for (const TokenizedExample& example : dataset.examples) {
        const auto length = static_cast<std::int64_t>(example.inputIds.size());
        if (limits.maxPositions > 0 && length > limits.maxPositions)
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{}, line {}: {} tokens, but the model has {} positions", dataset.source,
                            example.line, length, limits.maxPositions),
                fmt::format("Shorten the rows, or set data.max_length to at most {}.", limits.maxPositions));
        for (const std::int32_t id : example.inputIds)
            check(example, "token id", id, limits.vocabularySize);
        // With label names the labels are classes, which are checked against these.
        for (const std::int32_t label : example.tokenLabels)
            check(example, "label", dataset.labelNames.empty() ? label : -1, limits.vocabularySize);
        for (const std::int32_t type : example.tokenTypeIds)
            check(example, "token type", type, limits.typeVocabularySize);
    }
}

} // namespace lora
