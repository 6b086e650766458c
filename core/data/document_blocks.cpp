#include "core/base/error.h"
#include "core/base/parallel.h"
#include "core/data/batch.h"
#include "core/data/cell_text.h"
#include "core/data/chat_format.h"
#include "core/data/row_labels.h"
#include "core/data/task_tokenizers.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace lora {

namespace {

MaskingFacts maskingFacts(const Tokenizer& tokenizer)
{
    const auto mask = tokenizer.maskId();
    if (!mask)
        throw Error(ErrorKind::Unsupported,
                    "masked language modelling needs a mask token, and this tokenizer has none",
                    "Choose a model pretrained by masked language modelling, such as BERT.");
    return {*mask, static_cast<std::int32_t>(tokenizer.vocabularySize())};
}

/// Rows of causal language modelling. Short documents are not joined to fill max_length: batches are packed
/// without padding, so joining them would save nothing and let one document look into another.
class DocumentReading
{
public:
    DocumentReading(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                    const TokenizeOptions& options, TokenizedDataset& dataset)
        : m_table(table)
        , m_columns(columns)
        , m_tokenizer(tokenizer)
        , m_options(options)
        , m_dataset(dataset)
    {}

    void run()
    {
        if (m_columns.form == RowForm::Messages) {
            m_chat = chatFormatOf(m_tokenizer);
            if (!m_chat.notice.empty())
                m_dataset.notices.push_back(m_chat.notice);
        }
        produceInParallel(
            m_table.rows.size(), [this](std::size_t row) { return read(row); },
            [this](std::size_t row, Row&& read) { add(row, std::move(read)); });
        if (m_dataset.examples.empty())
            throwOnEmptyTexts(m_table, m_columns, m_emptyLines);
        if (m_dataset.examples.empty())
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: no row has a completion within {} tokens", m_table.source,
                                    m_options.maxLength),
                        "Set a larger data.max_length.");
        note("rows without text are left out", m_emptyLines);
        note(fmt::format("rows whose prompt alone fills max_length ({}) are left out", m_options.maxLength),
             m_lostLines);
    }

private:
    enum class Fate { Kept, Empty, Lost };

    struct Row
    {
        Fate fate = Fate::Kept;
        std::vector<TokenizedExample> examples;
    };

    Row read(std::size_t row) const
    {
        const std::string& text = m_table.rows[row][m_columns.text];
        if (isBlank(text))
            return {Fate::Empty, {}};
        if (m_columns.form == RowForm::Plain || (!m_columns.label && m_columns.form != RowForm::Messages))
            return {Fate::Kept, blocksOf(row, text)};
        return prompted(row);
    }

    std::vector<TokenizedExample> blocksOf(std::size_t row, const std::string& text) const
    {
        std::vector<TokenizedExample> blocks;
        std::vector<std::int32_t> ids = m_tokenizer.encode(text).ids;
        endDocument(ids);
        const auto most = static_cast<std::size_t>(m_options.maxLength);
        for (std::size_t begin = 0; begin < ids.size(); begin += most) {
            const std::size_t end = std::min(begin + most, ids.size());
            // The first token of a block is never predicted: a block of one teaches nothing.
            if (end - begin < 2 && begin > 0)
                break;
            TokenizedExample& example = blocks.emplace_back(blank(row));
            example.inputIds.assign(ids.begin() + static_cast<std::ptrdiff_t>(begin),
                                    ids.begin() + static_cast<std::ptrdiff_t>(end));
            if (m_options.areLabelsRequired)
                example.tokenLabels = example.inputIds;
        }
        return blocks;
    }

    Row prompted(std::size_t row) const
    {
        AnnotatedIds encoded = m_columns.form == RowForm::Messages ? chatIds(row) : completionIds(row);
        TokenizedExample example = blank(row);
        const auto most = static_cast<std::size_t>(m_options.maxLength);
        example.isTruncated = encoded.ids.size() > most;
        encoded.ids.resize(std::min(encoded.ids.size(), most));
        bool isAnyTrained = false;
        for (std::size_t t = 0; t < encoded.ids.size(); ++t) {
            const bool isLabelled = m_options.trainOnPrompt || encoded.isTrained[t];
            isAnyTrained = isAnyTrained || (isLabelled && t > 0);
            example.tokenLabels.push_back(isLabelled ? encoded.ids[t] : ignoredLabel);
        }
        if (!isAnyTrained && m_options.areLabelsRequired)
            return {Fate::Lost, {}};
        example.inputIds = std::move(encoded.ids);
        if (!m_options.areLabelsRequired)
            example.tokenLabels.clear();
        Row read;
        read.examples.push_back(std::move(example));
        return read;
    }

    void add(std::size_t row, Row&& read)
    {
        if (read.fate == Fate::Empty)
            m_emptyLines.push_back(m_table.lines[row]);
        if (read.fate == Fate::Lost)
            m_lostLines.push_back(m_table.lines[row]);
        for (TokenizedExample& example : read.examples) {
            example.tokenTypeIds.assign(example.inputIds.size(), 0);
            m_dataset.examples.push_back(std::move(example));
        }
    }

    AnnotatedIds chatIds(std::size_t row) const
    {
        try {
            return encodeAnnotated(renderChat(messagesOf(m_table.rows[row][m_columns.text]), m_chat),
                                   m_tokenizer);
        } catch (const std::invalid_argument& problem) {
            throw Error(ErrorKind::BadInput, fmt::format("{}: {}", placeText(m_table, row), problem.what()),
                        "A chat is [{\"role\": \"user\", \"content\": \"…\"}, …].");
        }
    }

    /// Prompt and completion as one text, so that they are cut into tokens as at prediction; the token that
    /// holds the end of the prompt and the begin of the completion counts to the completion.
    AnnotatedIds completionIds(std::size_t row) const
    {
        const auto& cells = m_table.rows[row];
        const std::string prompt =
            m_columns.form == RowForm::Instruction
                ? alpacaPrompt(cells[m_columns.text], m_columns.textPair ? cells[*m_columns.textPair] : "")
                : cells[m_columns.text];
        const Encoding encoding = m_tokenizer.encode(prompt + cells[*m_columns.label]);
        AnnotatedIds result;
        result.ids = encoding.ids;
        for (std::size_t t = 0; t < encoding.ids.size(); ++t)
            result.isTrained.push_back(encoding.sequenceIds[t] == 0 && encoding.spans[t].end > prompt.size());
        endDocument(result.ids);
        // The end is a true target, even for a tokenizer that pads with the same token: nothing is padded
        // here.
        if (!result.ids.empty() && result.ids.back() == m_tokenizer.eosId()) {
            result.isTrained.resize(result.ids.size());
            result.isTrained.back() = true;
        }
        return result;
    }

    void endDocument(std::vector<std::int32_t>& ids) const
    {
        const auto end = m_tokenizer.eosId();
        if (end && m_options.areLabelsRequired && (ids.empty() || ids.back() != *end))
            ids.push_back(*end);
    }

    TokenizedExample blank(std::size_t row) const
    {
        TokenizedExample example;
        example.row = static_cast<std::uint32_t>(row);
        example.line = m_table.lines[row];
        return example;
    }

    void note(const std::string& what, const std::vector<std::uint32_t>& lines)
    {
        if (!lines.empty())
            m_dataset.notices.push_back(
                fmt::format("{}: {}: line {}", m_table.source, what, linesText(lines)));
    }

    const DataTable& m_table;
    const ResolvedColumns& m_columns;
    const Tokenizer& m_tokenizer;
    const TokenizeOptions& m_options;
    TokenizedDataset& m_dataset;
    ChatFormat m_chat;
    std::vector<std::uint32_t> m_emptyLines, m_lostLines;
};

/// Special tokens of the template before the text and those after it.
struct Frame
{
    std::size_t front = 0;
    std::size_t back = 0;
};

Frame frameOf(const std::vector<bool>& isSpecial)
{
    const auto first = std::ranges::find(isSpecial, false);
    const auto last = std::find(isSpecial.rbegin(), isSpecial.rend(), false);
    return {static_cast<std::size_t>(first - isSpecial.begin()),
            static_cast<std::size_t>(last - isSpecial.rbegin())};
}

/// Tokens [begin, end) of the text between the special tokens around the whole.
TokenizedExample framedBlock(const Encoding& whole, const Frame& frame, std::size_t begin, std::size_t end)
{
    TokenizedExample block;
    const auto copy = [&](std::size_t from, std::size_t to) {
        for (std::size_t t = from; t < to; ++t) {
            block.inputIds.push_back(whole.ids[t]);
            block.tokenTypeIds.push_back(t < whole.typeIds.size() ? whole.typeIds[t] : 0);
            block.isSpecial.push_back(whole.isSpecial[t]);
        }
    };
    copy(0, frame.front);
    copy(begin, end);
    copy(whole.ids.size() - frame.back, whole.ids.size());
    return block;
}

/// A text in blocks of at most options.maxLength; none when it has no tokens.
std::vector<TokenizedExample> maskedBlocks(const DataTable& table, const ResolvedColumns& columns,
                                           const Tokenizer& tokenizer, const TokenizeOptions& options,
                                           std::size_t row)
{
    const auto& cells = table.rows[row];
    const auto pair =
        columns.textPair ? std::optional<std::string_view>(cells[*columns.textPair]) : std::nullopt;
    const Encoding whole =
        tokenizer.encode(cells[columns.text], pair, SpecialTokens::Add, pair ? options.maxLength : 0);
    std::vector<TokenizedExample> blocks;
    if (isWithoutTokens(whole.isSpecial))
        return blocks;
    const Frame frame = frameOf(whole.isSpecial);
    const std::size_t room = options.maxLength > 0
                                 ? static_cast<std::size_t>(options.maxLength) - frame.front - frame.back
                                 : whole.ids.size();
    const std::size_t last = whole.ids.size() - frame.back;
    for (std::size_t begin = frame.front; begin < last; begin += room) {
        TokenizedExample& block =
            blocks.emplace_back(framedBlock(whole, frame, begin, std::min(begin + room, last)));
        block.isTruncated = whole.isTruncated;
        block.row = static_cast<std::uint32_t>(row);
        block.line = table.lines[row];
    }
    return blocks;
}

} // namespace

void tokenizeDocuments(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                       const TokenizeOptions& options, TokenizedDataset& dataset)
{
    DocumentReading(table, columns, tokenizer, options, dataset).run();
}

void tokenizeMasked(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                    const TokenizeOptions& options, TokenizedDataset& dataset)
{
    if (options.areLabelsRequired)
        dataset.masking = maskingFacts(tokenizer);
    const auto read = [&](std::size_t row) { return maskedBlocks(table, columns, tokenizer, options, row); };
    std::vector<std::uint32_t> emptyLines;
    produceInParallel(table.rows.size(), read, [&](std::size_t row, std::vector<TokenizedExample>&& blocks) {
        if (blocks.empty())
            emptyLines.push_back(table.lines[row]);
        std::ranges::move(blocks, std::back_inserter(dataset.examples));
    });
    throwOnEmptyTexts(table, columns, emptyLines);
}

} // namespace lora
