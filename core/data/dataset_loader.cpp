#include "core/data/dataset_loader.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/config/column_aliases.h"
#include "core/data/builtin_data.h"
#include "core/data/dataset_reader.h"
#include "core/data/dataset_split.h"
#include "core/data/table_tokenizer.h"
#include "core/data/tokenized_reader.h"
#include "core/io/mapped_file.h"

#include <algorithm>

namespace lora {

namespace {

constexpr std::size_t previewedRows = 200;

/// A file as it is: rows of text or of token ids.
struct Source
{
    std::shared_ptr<const MappedFile> file;
    std::string path;
    bool isTokenized = false;

    explicit Source(std::string filePath)
        : file(MappedFile::open(filePath))
        , path(std::move(filePath))
        , isTokenized(holdsTokens(text(), path))
    {}

    std::string_view text() const
    {
        return {reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()};
    }
};

const Tokenizer& needed(const Tokenizer* tokenizer, const std::string& path)
{
    if (!tokenizer)
        throw Error(ErrorKind::BadInput, path + ": the rows are text, and the model folder has no tokenizer",
                    "Add tokenizer.json or vocab.txt to the model folder, or give rows with input_ids.");
    return *tokenizer;
}

/// The training file's columns in another file: by name, or by position where that file has no header.
ResolvedColumns columnsLike(const DataTable& trained, const ColumnMapping& names,
                            const ResolvedColumns& positions, const DataTable& table, TaskType task)
{
    const bool canUsePositions =
        !table.hasHeader && trained.hasHeader && table.columns.size() == trained.columns.size();
    return canUsePositions ? positions : resolveColumns(table, names, task);
}

ReadOptions readOptions(const ColumnMapping& columns, TaskType task)
{
    return {{}, 0, chosenNames(columns), task == TaskType::CausalLm};
}

void keepPreview(DataTable& table)
{
    table.rows.resize(std::min(table.rows.size(), previewedRows));
    table.lines.resize(table.rows.size());
}

class Loading
{
public:
    Loading(const DataConfig& config, TaskType task, const Tokenizer* tokenizer)
        : m_config(config)
        , m_task(task)
        , m_tokenizer(tokenizer)
    {}

    LoadedData run(std::uint64_t seed)
    {
        const Source train(dataFile(m_config.train, DataSide::Train));
        m_data.isTokenized = train.isTokenized;
        train.isTokenized ? readTokens(train) : readTable(train);
        const auto evalName = m_config.eval                   ? m_config.eval
                              : isBuiltinName(m_config.train) ? std::optional(m_config.train)
                                                              : std::nullopt;
        if (evalName)
            readEval(Source(dataFile(*evalName, DataSide::Eval)));
        else
            holdOut(seed);
        limitTraining();
        m_data.train.source = m_config.train;
        if (evalName)
            m_data.eval.source = *evalName;
        noteLengths();
        return std::move(m_data);
    }

private:
    void readTokens(const Source& source)
    {
        m_data.train = parseTokenized(source.text(), source.path, {m_task, std::nullopt, true});
    }

    void readTable(const Source& source)
    {
        const Tokenizer& tokenizer = needed(m_tokenizer, source.path);
        DataTable table = parseTable(source.text(), source.path, readOptions(m_config.columns, m_task));
        m_columns = resolveColumns(table, m_config.columns, m_task);
        m_data.columns = namesOf(m_columns, table);
        noteColumns();
        noteProblems(table);
        m_data.train = tokenizeTable(table, m_columns, tokenizer, tokenizeOptions(std::nullopt));
        noteReading(m_data.train);
        if (m_data.train.labelNames.size() == 1)
            note(fmt::format("{}: all rows have the label \"{}\"; there is nothing to tell apart",
                             table.source, m_data.train.labelNames[0]));
        keepPreview(table);
        m_data.trainPreview = std::move(table);
    }

    void readEval(const Source& source)
    {
        if (source.isTokenized != m_data.isTokenized)
            throw Error(ErrorKind::BadInput,
                        fmt::format("{}: the rows are {}, but the training rows are {}", source.path,
                                    source.isTokenized ? "token ids" : "text",
                                    m_data.isTokenized ? "token ids" : "text"),
                        "Give both files in the same form.");
        if (source.isTokenized) {
            m_data.eval =
                parseTokenized(source.text(), source.path, {m_task, m_data.train.labelNames.size(), true});
        } else {
            DataTable table = parseTable(source.text(), source.path, readOptions(m_data.columns, m_task));
            const ResolvedColumns columns =
                columnsLike(m_data.trainPreview, m_data.columns, m_columns, table, m_task);
            noteProblems(table);
            m_data.eval =
                tokenizeTable(table, columns, *m_tokenizer, tokenizeOptions(m_data.train.labelNames));
            noteReading(m_data.eval);
            keepPreview(table);
            m_data.evalPreview = std::move(table);
        }
        const std::size_t shared = sharedRows(m_data.train, m_data.eval).size();
        if (shared > 0)
            note(fmt::format(
                "{} of {} evaluation rows are training rows too ({}): their results say nothing about new "
                "text",
                shared, m_data.eval.size(),
                percentText(static_cast<double>(shared) / static_cast<double>(m_data.eval.size()))));
    }

    void holdOut(std::uint64_t seed)
    {
        const RowSplit split = splitRows(m_data.train, m_config.evalSplit, seed);
        m_data.eval = selectRows(m_data.train, split.eval);
        m_data.train = selectRows(m_data.train, split.train);
        note(fmt::format("no evaluation file: {} of {} rows are held out for evaluation (eval_split {})",
                         split.eval.size(), split.eval.size() + split.train.size(), m_config.evalSplit));
    }

    void limitTraining()
    {
        const auto rows = static_cast<std::int64_t>(m_data.train.size());
        if (!m_config.maxTrainSamples || *m_config.maxTrainSamples >= rows)
            return;
        auto& examples = m_data.train.examples;
        auto kept = static_cast<std::size_t>(*m_config.maxTrainSamples);
        // All windows of a question or none.
        while (m_task == TaskType::QuestionAnswering && !m_data.train.sources.empty() &&
               kept < examples.size() && examples[kept].row == examples[kept - 1].row)
            ++kept;
        examples.resize(kept);
        note(fmt::format("training on the first {} of {} rows (max_train_samples)", kept, rows));
    }

    TokenizeOptions tokenizeOptions(std::optional<std::vector<std::string>> knownLabels) const
    {
        return {m_task, m_config.maxLength, std::move(knownLabels),
                true,   m_config.docStride, m_config.trainOnPrompt};
    }

    void noteReading(const TokenizedDataset& dataset)
    {
        for (const std::string& notice : dataset.notices) {
            if (std::ranges::find(m_data.notices, notice) == m_data.notices.end())
                note(notice);
        }
    }

    void noteColumns()
    {
        const ColumnMapping& used = m_data.columns;
        if (used == m_config.columns)
            return;
        std::string text;
        const auto add = [&](const char* role, const std::optional<std::string>& column) {
            if (column)
                text += fmt::format("{} {} \"{}\"", text.empty() ? "columns:" : ",",
                                    columnNameFor(m_task, role), *column);
        };
        add("text", used.text);
        add("text_pair", used.textPair);
        add("label", used.label);
        note(text);
    }

    void noteProblems(const DataTable& table)
    {
        if (!table.problems.empty())
            note(fmt::format(
                "{}, line {}: {}{}", table.source, table.problems[0].line, table.problems[0].text,
                table.problems.size() > 1 ? fmt::format(" (and {} more problems)", table.problems.size() - 1)
                                          : ""));
    }

    void noteLengths()
    {
        const std::size_t cut = m_data.train.truncatedCount();
        if (cut > 0)
            note(fmt::format("{} of the training rows are longer than {} tokens and are cut (max_length)",
                             percentText(static_cast<double>(cut) / static_cast<double>(m_data.train.size())),
                             m_config.maxLength));
        const auto lengths = m_data.train.lengths();
        if (m_data.isTokenized && std::ranges::max(lengths) > m_config.maxLength)
            note(fmt::format(
                "token ids are used as they are: rows of up to {} tokens in spite of max_length {}",
                std::ranges::max(lengths), m_config.maxLength));
    }

    void note(std::string text) { m_data.notices.push_back(std::move(text)); }

    const DataConfig& m_config;
    TaskType m_task;
    const Tokenizer* m_tokenizer;
    ResolvedColumns m_columns;
    LoadedData m_data;
};

} // namespace

LoadedData loadDataset(const DataConfig& config, TaskType task, const Tokenizer* tokenizer,
                       std::uint64_t seed)
{
    return Loading(config, task, tokenizer).run(seed);
}

TokenizedDataset loadRows(const RowsRequest& request, const Tokenizer* tokenizer)
{
    const Source source(dataFile(request.file, DataSide::Eval));
    if (source.isTokenized)
        return parseTokenized(source.text(), source.path,
                              {request.task, request.labelNames.size(), request.areLabelsRequired});
    const Tokenizer& textTokenizer = needed(tokenizer, source.path);
    const DataTable table =
        parseTable(source.text(), source.path, readOptions(request.columns, request.task));
    const ResolvedColumns columns = resolveColumns(table, request.columns, request.task);
    return tokenizeTable(table, columns, textTokenizer,
                         {request.task, request.maxLength, request.labelNames, request.areLabelsRequired,
                          request.docStride, request.trainOnPrompt});
}

} // namespace lora
