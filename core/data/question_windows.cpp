#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/data/batch.h"
#include "core/data/cell_list.h"
#include "core/data/cell_text.h"
#include "core/data/row_labels.h"
#include "core/data/task_tokenizers.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr int usualStride = 64;

bool isContinuation(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

/// Byte of the `characters`-th character; the end where there are fewer.
std::size_t byteOf(std::string_view text, std::int64_t characters)
{
    std::size_t byte = 0;
    for (; byte < text.size(); ++byte) {
        if (!isContinuation(text[byte]) && characters-- == 0)
            break;
    }
    return byte;
}

/// Where the answer stands in the passage: at its start, else the occurrence nearest to it.
std::optional<TextSpan> placeOf(const Answer& answer, std::string_view context)
{
    const std::string_view text = trimmed(answer.text);
    if (text.empty())
        return std::nullopt;
    const std::size_t wanted = answer.start ? byteOf(context, *answer.start) : 0;
    const auto distance = [&](std::size_t at) { return at > wanted ? at - wanted : wanted - at; };
    std::optional<std::size_t> best;
    for (std::size_t at = context.find(text); at != std::string_view::npos; at = context.find(text, at + 1)) {
        if (!best || distance(at) < distance(*best))
            best = at;
    }
    if (!best)
        return std::nullopt;
    return TextSpan{static_cast<std::uint32_t>(*best), static_cast<std::uint32_t>(*best + text.size())};
}

/// A question may fill half a window at most: the passage needs the rest.
std::string_view shortQuestion(std::string_view question, const Tokenizer& tokenizer, int maxLength)
{
    const auto most = static_cast<std::size_t>(std::max(1, maxLength / 2));
    const Encoding encoding = tokenizer.encode(question, std::nullopt, SpecialTokens::Omit, 0);
    return encoding.ids.size() <= most ? question : question.substr(0, encoding.spans[most - 1].end);
}

/// Spans of the passage's tokens; {0, 0} for all others.
std::vector<TextSpan> passageSpans(const Encoding& window)
{
    std::vector<TextSpan> spans(window.ids.size());
    for (std::size_t t = 0; t < spans.size(); ++t) {
        if (window.sequenceIds[t] == 1)
            spans[t] = window.spans[t];
    }
    return spans;
}

/// The first and last token of the answer when the window holds all of it, else the first token of all.
void pointTo(const std::optional<TextSpan>& answer, TokenizedExample& example)
{
    example.startPosition = example.endPosition = 0;
    if (!answer)
        return;
    std::int32_t first = -1;
    std::int32_t last = -1;
    std::uint32_t windowEnd = 0;
    for (std::size_t t = 0; t < example.spans.size(); ++t) {
        const TextSpan& span = example.spans[t];
        if (span.end <= span.begin)
            continue;
        windowEnd = std::max(windowEnd, span.end);
        if (first < 0 && span.end > answer->begin)
            first = static_cast<std::int32_t>(t);
        if (span.begin < answer->end)
            last = static_cast<std::int32_t>(t);
    }
    const bool isWhole = first >= 0 && last >= first && windowEnd >= answer->end &&
                         example.spans[static_cast<std::size_t>(first)].begin <= answer->begin;
    if (isWhole) {
        example.startPosition = first;
        example.endPosition = last;
    }
}

class QuestionReading
{
public:
    QuestionReading(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                    const TokenizeOptions& options, TokenizedDataset& dataset)
        : m_table(table)
        , m_columns(columns)
        , m_tokenizer(tokenizer)
        , m_options(options)
        , m_stride(options.docStride.value_or(std::min(usualStride, options.maxLength / 4)))
        , m_dataset(dataset)
    {}

    void run()
    {
        produceInParallel(
            m_table.rows.size(), [this](std::size_t row) { return read(row); },
            [this](std::size_t row, Row&& read) { add(row, std::move(read)); });
        throwOnEmptyTexts(m_table, m_columns, m_emptyLines);
        if (m_dataset.examples.empty())
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: no answer stands in its passage (line {})", m_table.source,
                                    linesText(m_lostLines)),
                        "Check the columns of answers and passages.");
        if (!m_lostLines.empty())
            m_dataset.notices.push_back(
                fmt::format("{}: questions whose answer does not stand in the passage are left out: line {}",
                            m_table.source, linesText(m_lostLines)));
    }

private:
    enum class Fate { Kept, Empty, Lost };

    struct Row
    {
        Fate fate = Fate::Kept;
        SourceRow source;
        std::vector<TokenizedExample> windows;
    };

    Row read(std::size_t row) const
    {
        const auto& cells = m_table.rows[row];
        const std::string_view question =
            shortQuestion(trimmed(cells[m_columns.text]), m_tokenizer, m_options.maxLength);
        const std::string& context = cells[*m_columns.textPair];
        if (question.empty() || isBlank(context))
            return {Fate::Empty, {}, {}};
        SourceRow source;
        source.text = context;
        source.isLabelled = m_options.areLabelsRequired;
        std::optional<TextSpan> place;
        if (source.isLabelled) {
            const std::vector<Answer> answers = answersIn(row);
            for (const Answer& answer : answers)
                source.answers.push_back(answer.text);
            if (!answers.empty() && !(place = placeOf(answers[0], context)))
                return {Fate::Lost, {}, {}};
        }
        std::vector<TokenizedExample> windows = windowsOf(row, question, source, place);
        return {Fate::Kept, std::move(source), std::move(windows)};
    }

    std::vector<TokenizedExample> windowsOf(std::size_t row, std::string_view question,
                                            const SourceRow& source,
                                            const std::optional<TextSpan>& place) const
    {
        std::vector<TokenizedExample> windows;
        for (Encoding& window :
             m_tokenizer.encodeWindows(question, source.text, m_options.maxLength, m_stride)) {
            std::vector<TextSpan> spans = passageSpans(window);
            TokenizedExample& example = windows.emplace_back(exampleOf(std::move(window), m_table, row));
            example.isTruncated = false; // the next window has the rest
            example.spans = std::move(spans);
            if (source.isLabelled)
                pointTo(place, example);
        }
        return windows;
    }

    void add(std::size_t row, Row&& read)
    {
        if (read.fate == Fate::Empty)
            m_emptyLines.push_back(m_table.lines[row]);
        if (read.fate == Fate::Lost)
            m_lostLines.push_back(m_table.lines[row]);
        if (read.fate != Fate::Kept)
            return;
        for (TokenizedExample& example : read.windows) {
            example.row = static_cast<std::uint32_t>(m_dataset.sources.size());
            m_dataset.examples.push_back(std::move(example));
        }
        m_dataset.sources.push_back(std::move(read.source));
    }

    std::vector<Answer> answersIn(std::size_t row) const
    {
        if (!m_columns.label)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: no column looks like answers; columns: {}", m_table.source,
                                    fmt::join(m_table.columns, ", ")),
                        "Name the column with the answers as data.columns.answers.");
        const auto& cells = m_table.rows[row];
        try {
            return answersOf(cells[*m_columns.label],
                             m_columns.answerStart ? std::string_view(cells[*m_columns.answerStart]) : "");
        } catch (const std::invalid_argument& problem) {
            throw Error(ErrorKind::BadInput, fmt::format("{}: {}", placeText(m_table, row), problem.what()),
                        "Answers are {\"text\": [\"…\"], \"answer_start\": [character]}.");
        }
    }

    const DataTable& m_table;
    const ResolvedColumns& m_columns;
    const Tokenizer& m_tokenizer;
    const TokenizeOptions& m_options;
    int m_stride;
    TokenizedDataset& m_dataset;
    std::vector<std::uint32_t> m_emptyLines, m_lostLines;
};

} // namespace

void tokenizeQuestions(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                       const TokenizeOptions& options, TokenizedDataset& dataset)
{
    QuestionReading(table, columns, tokenizer, options, dataset).run();
}

} // namespace lora
