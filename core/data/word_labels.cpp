#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/data/batch.h"
#include "core/data/cell_list.h"
#include "core/data/cell_text.h"
#include "core/data/row_labels.h"
#include "core/data/task_tokenizers.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr std::size_t mostLabels = 1000;

/// Words parted at white space, where they stand in the text.
std::vector<TextSpan> wordsIn(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n\f\v";
    std::vector<TextSpan> words;
    std::size_t begin = text.find_first_not_of(space);
    while (begin != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(space, begin), text.size());
        words.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
        begin = text.find_first_not_of(space, end);
    }
    return words;
}

/// Brackets and quotes before words, marks behind them, as words: "(Berlin)." is four. Inside a word they
/// stay.
std::vector<TextSpan> withoutPunctuation(std::string_view text, const std::vector<TextSpan>& words)
{
    constexpr std::string_view opening = "(\"'[{<";
    constexpr std::string_view closing = ")\"']}>.,;:!?";
    std::vector<TextSpan> result;
    for (const TextSpan& word : words) {
        TextSpan rest = word;
        for (; rest.end - rest.begin > 1 && opening.find(text[rest.begin]) != std::string_view::npos;
             ++rest.begin)
            result.push_back({rest.begin, rest.begin + 1});
        const std::uint32_t end = rest.end;
        while (rest.end - rest.begin > 1 && closing.find(text[rest.end - 1]) != std::string_view::npos)
            --rest.end;
        result.push_back(rest);
        for (std::uint32_t mark = rest.end; mark < end; ++mark)
            result.push_back({mark, mark + 1});
    }
    return result;
}

/// A list of words joined by spaces, or a text as it is.
SourceRow sourceOf(const std::string& cell, bool isTyped)
{
    SourceRow source;
    const auto list = isTyped ? std::nullopt : jsonListOf(cell);
    if (!list) {
        source.text = cell;
        source.words = wordsIn(cell);
        if (isTyped)
            source.words = withoutPunctuation(cell, source.words);
        return source;
    }
    for (const std::string& word : *list) {
        if (!source.text.empty())
            source.text += ' ';
        const auto begin = static_cast<std::uint32_t>(source.text.size());
        source.text += word;
        source.words.push_back({begin, static_cast<std::uint32_t>(source.text.size())});
    }
    return source;
}

/// The word each token begins, or -1. A token belongs to the word it ends in: some tokenizers count the space
/// before a word to its first token.
std::vector<std::int32_t> wordsBegun(const Encoding& encoding, const std::vector<TextSpan>& words)
{
    std::vector<std::int32_t> begun(encoding.ids.size(), -1);
    std::size_t word = 0;
    std::int32_t last = -1;
    for (std::size_t t = 0; t < encoding.ids.size(); ++t) {
        const TextSpan& span = encoding.spans[t];
        if (encoding.sequenceIds[t] != 0 || span.end <= span.begin)
            continue;
        while (word < words.size() && words[word].end < span.end)
            ++word;
        const bool isInside = word < words.size() && words[word].begin < span.end;
        if (isInside && static_cast<std::int32_t>(word) != last)
            begun[t] = last = static_cast<std::int32_t>(word);
    }
    return begun;
}

/// Tag names of the training data, "O" first. In BIO sets every type gets both its tags: rare types may have
/// their second only in the evaluation data.
std::vector<std::string> tagNamesOf(const DataTable& table, std::size_t column)
{
    std::set<std::string> distinct;
    for (const auto& row : table.rows) {
        for (const std::string& tag : wordListOf(row[column])) {
            if (!tag.empty())
                distinct.insert(tag);
        }
        if (distinct.size() > mostLabels)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: column \"{}\" has more than {} different tags", table.source,
                                    table.columns[column], mostLabels),
                        "Name the column that holds the tags as data.columns.tags.");
    }
    const auto isTag = [](const std::string& tag) { return tag.starts_with("B-") || tag.starts_with("I-"); };
    const bool isBio =
        std::ranges::all_of(distinct, [&](const auto& tag) { return tag == "O" || isTag(tag); });
    for (const std::string& tag : std::vector<std::string>(distinct.begin(), distinct.end())) {
        if (isBio && isTag(tag))
            distinct.insert((tag[0] == 'B' ? "I" : "B") + tag.substr(1));
    }
    std::vector<std::string> names = inLabelOrder({distinct.begin(), distinct.end()});
    std::ranges::stable_partition(names, [](const std::string& name) { return name == "O"; });
    return names;
}

class TagReader
{
public:
    TagReader(const DataTable& table, std::size_t column, const TokenizeOptions& options)
        : m_table(table)
        , m_column(column)
        , m_names(options.knownLabels ? *options.knownLabels : tagNamesOf(table, column))
    {
        for (std::size_t i = 0; i < m_names.size(); ++i)
            m_ids.emplace(m_names[i], static_cast<std::int32_t>(i));
    }

    const std::vector<std::string>& names() const { return m_names; }

    std::vector<std::int32_t> read(std::size_t row, std::size_t words) const
    {
        const std::vector<std::string> tags = wordListOf(m_table.rows[row][m_column]);
        if (tags.size() != words)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: {} words, but {} tags", placeText(m_table, row), words, tags.size()),
                        "Give every word one tag (\"O\" for none).");
        std::vector<std::int32_t> ids;
        for (std::size_t word = 0; word < words; ++word) {
            const auto found = m_ids.find(tags[word]);
            if (tags[word].empty())
                throw Error(ErrorKind::BadInput,
                            fmt::format("{}: word {} has no tag", placeText(m_table, row), word + 1),
                            "Give every word one tag (\"O\" for none).");
            if (found == m_ids.end())
                throwUnknownLabel(placeText(m_table, row), tags[word], m_names);
            ids.push_back(found->second);
        }
        return ids;
    }

private:
    const DataTable& m_table;
    std::size_t m_column;
    std::vector<std::string> m_names;
    std::unordered_map<std::string, std::int32_t> m_ids;
};

} // namespace

void tokenizeWords(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                   const TokenizeOptions& options, TokenizedDataset& dataset)
{
    if (options.areLabelsRequired && !columns.label)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: no column looks like tags; columns: {}", table.source,
                                fmt::join(table.columns, ", ")),
                    "Name the column with a tag for each word as data.columns.tags.");
    std::optional<TagReader> tags;
    if (options.areLabelsRequired)
        tags.emplace(table, *columns.label, options);
    struct Row
    {
        SourceRow source;
        TokenizedExample example;
        bool isEmpty = false;
    };
    const auto encode = [&](std::size_t row) -> Row {
        SourceRow source = sourceOf(table.rows[row][columns.text], options.splitsPunctuation);
        Encoding encoding =
            tokenizer.encode(source.text, std::nullopt, SpecialTokens::Add, options.maxLength);
        const bool isEmpty = isWithoutTokens(encoding.isSpecial);
        std::vector<std::int32_t> words = wordsBegun(encoding, source.words);
        TokenizedExample example = exampleOf(std::move(encoding), table, row);
        example.words = std::move(words);
        return {std::move(source), std::move(example), isEmpty};
    };
    std::vector<std::uint32_t> emptyLines;
    produceInParallel(table.rows.size(), encode, [&](std::size_t row, Row&& encoded) {
        if (encoded.isEmpty)
            emptyLines.push_back(table.lines[row]);
        encoded.source.isLabelled = tags.has_value();
        if (tags) {
            const std::vector<std::int32_t> ids = tags->read(row, encoded.source.words.size());
            for (const std::int32_t word : encoded.example.words)
                encoded.example.tokenLabels.push_back(word < 0 ? ignoredLabel
                                                               : ids[static_cast<std::size_t>(word)]);
        }
        dataset.examples.push_back(std::move(encoded.example));
        dataset.sources.push_back(std::move(encoded.source));
    });
    throwOnEmptyTexts(table, columns, emptyLines);
    dataset.labelNames = tags ? tags->names() : options.knownLabels.value_or(std::vector<std::string>{});
}

} // namespace lora
