#include "core/experiment/prediction.h"

#include "core/base/error.h"
#include "core/data/dataset_loader.h"
#include "core/data/table_tokenizer.h"
#include "core/train/entity_metrics.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr double certainEnough = 0.5; // of a multi-label model's single labels

/// How many characters stand before each byte of a text.
class CharacterCount
{
public:
    explicit CharacterCount(std::string_view text)
    {
        std::size_t characters = 0;
        for (const char c : text) {
            const bool isStart = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
            m_before.push_back(characters);
            characters += isStart ? 1 : 0;
        }
        m_before.push_back(characters);
    }

    std::size_t before(std::size_t byte) const { return m_before[byte]; }

private:
    std::vector<std::size_t> m_before;
};

std::vector<double> softmax(const std::vector<float>& logits)
{
    const double largest = *std::ranges::max_element(logits);
    std::vector<double> values;
    double sum = 0;
    for (const float logit : logits)
        sum += values.emplace_back(std::exp(logit - largest));
    for (double& value : values)
        value /= sum;
    return values;
}

/// Rows for prediction: labels that may stand there would only hide the logits of language models.
TokenizedDataset withoutTokenLabels(const TokenizedDataset& rows)
{
    TokenizedDataset result = rows;
    result.masking.reset();
    for (TokenizedExample& example : result.examples)
        example.tokenLabels.clear();
    return result;
}

class Predicting
{
public:
    Predicting(const TrainedModel& trained, const TokenizedDataset& rows, const PredictionOptions& options)
        : m_trained(trained)
        , m_rows(rows)
        , m_options(options)
        , m_task(trained.model->task())
        , m_labels(dataLabelNames(trained))
    {
        // Classification tells its probabilities by its logits; they are few.
        const bool keepsLogits = options.keepsLogits || m_task == TaskType::SequenceClassification;
        m_result = evaluate(trained, rows, options.threads,
                            {.keepsLogits = keepsLogits, .candidates = options.candidates});
    }

    std::vector<Prediction> run()
    {
        if (m_task == TaskType::QuestionAnswering)
            return answers();
        if (isLanguageModelling(m_task))
            return documents();
        std::vector<Prediction> predictions(m_rows.size());
        for (std::size_t row = 0; row < predictions.size(); ++row) {
            if (m_task == TaskType::TokenClassification)
                predictions[row].value = tagsOf(row);
            else
                predictions[row].value = sequenceValue(row);
            keepLogits(row, predictions[row]);
        }
        return predictions;
    }

private:
    void keepLogits(std::size_t example, Prediction& prediction) const
    {
        if (!m_options.keepsLogits)
            return;
        const std::vector<float>& logits = m_result.logits[example];
        const std::size_t rows = isSequenceTask(m_task) ? 1 : m_rows.examples[example].inputIds.size();
        prediction.logitColumns = logits.size() / std::max<std::size_t>(1, rows);
        prediction.logits.insert(prediction.logits.end(), logits.begin(), logits.end());
    }

    std::string labelName(std::size_t id) const
    {
        return id < m_labels.size() ? m_labels[id] : std::to_string(id);
    }

    decltype(Prediction::value) sequenceValue(std::size_t row) const
    {
        if (m_task == TaskType::SequenceClassification)
            return LabelPrediction{labelName(static_cast<std::size_t>(m_result.predictions[row])),
                                   softmax(m_result.logits[row])};
        if (m_task == TaskType::Regression)
            return ValuePrediction{m_result.values[row][0]};
        LabelsPrediction labels;
        for (const float logit : m_result.values[row]) {
            labels.probabilities.push_back(1 / (1 + std::exp(-static_cast<double>(logit))));
            if (labels.probabilities.back() >= certainEnough)
                labels.labels.push_back(labelName(labels.probabilities.size() - 1));
        }
        return labels;
    }

    std::string tokenText(std::int32_t id) const
    {
        const std::string text = m_trained.tokenizer ? m_trained.tokenizer->tokenOf(id) : std::string();
        return text.empty() ? std::to_string(id) : text;
    }

    TagsPrediction tagsOf(std::size_t row) const
    {
        const TokenizedExample& example = m_rows.examples[row];
        TagsPrediction tags;
        if (m_rows.sources.empty()) {
            for (std::size_t t = 0; t < example.inputIds.size(); ++t)
                addTag(tokenText(example.inputIds[t]), row, t, tags);
            return tags;
        }
        const SourceRow& source = m_rows.sources[example.row];
        tags.text = source.text;
        for (const TextSpan& word : source.words)
            tags.tokens.push_back(source.text.substr(word.begin, word.end - word.begin));
        tags.tags.assign(tags.tokens.size(), "O");
        tags.probabilities.assign(tags.tokens.size(), 0);
        for (std::size_t t = 0; t < example.words.size(); ++t) {
            if (example.words[t] < 0)
                continue;
            const auto word = static_cast<std::size_t>(example.words[t]);
            tags.tags[word] = labelName(static_cast<std::size_t>(m_result.tags[row][t]));
            tags.probabilities[word] = m_result.tagProbabilities[row][t];
        }
        addEntities(source, tags);
        return tags;
    }

    void addTag(std::string token, std::size_t row, std::size_t position, TagsPrediction& tags) const
    {
        tags.tokens.push_back(std::move(token));
        tags.tags.push_back(labelName(static_cast<std::size_t>(m_result.tags[row][position])));
        tags.probabilities.push_back(m_result.tagProbabilities[row][position]);
    }

    static void addEntities(const SourceRow& source, TagsPrediction& tags)
    {
        const CharacterCount characters(source.text);
        for (const EntitySpan& span : entitiesOf(tags.tags)) {
            const std::uint32_t begin = source.words[span.begin].begin;
            const std::uint32_t end = source.words[span.end - 1].end;
            TextEntity& entity = tags.entities.emplace_back();
            entity.type = span.type;
            entity.text = source.text.substr(begin, end - begin);
            entity.begin = characters.before(begin);
            entity.end = characters.before(end);
            for (std::size_t word = span.begin; word < span.end; ++word)
                entity.score += tags.probabilities[word] / static_cast<double>(span.end - span.begin);
        }
    }

    std::vector<Prediction> answers() const
    {
        std::vector<Prediction> predictions;
        for (const RowAnswer& answer : rowAnswers(m_rows, m_result.answers, m_options.allowsNoAnswer)) {
            Prediction& prediction = predictions.emplace_back();
            AnswerPrediction found;
            found.score = answer.probability;
            if (m_rows.sources.empty() && !answer.isNone) {
                found.start = static_cast<std::size_t>(m_result.answers[answer.example].first);
                found.end = static_cast<std::size_t>(m_result.answers[answer.example].last);
            } else if (!answer.isNone) {
                const std::string& passage = m_rows.sources[m_rows.examples[answer.example].row].text;
                const CharacterCount characters(passage);
                found.answer = passage.substr(answer.span.begin, answer.span.end - answer.span.begin);
                found.start = characters.before(answer.span.begin);
                found.end = characters.before(answer.span.end);
            }
            prediction.value = std::move(found);
            keepLogits(answer.example, prediction);
        }
        return predictions;
    }

    /// The blocks of a document, one after the other, as one row again.
    std::vector<Prediction> documents() const
    {
        std::vector<Prediction> predictions;
        const auto mask = m_trained.tokenizer ? m_trained.tokenizer->maskId() : std::nullopt;
        for (std::size_t e = 0; e < m_rows.size(); ++e) {
            const TokenizedExample& example = m_rows.examples[e];
            if (e == 0 || example.row != m_rows.examples[e - 1].row)
                predictions.emplace_back().value = TokensPrediction{};
            auto& tokens = std::get<TokensPrediction>(predictions.back().value);
            const std::size_t count =
                m_options.candidates > 0 ? m_result.candidates[e].size() / example.inputIds.size() : 0;
            for (std::size_t t = 0; t < example.inputIds.size(); ++t) {
                tokens.tokens.push_back(tokenText(example.inputIds[t]));
                tokens.isMask.push_back(example.inputIds[t] == mask);
                auto& candidates = tokens.candidates.emplace_back();
                for (std::size_t i = 0; i < count; ++i) {
                    const auto& [id, probability] = m_result.candidates[e][t * count + i];
                    candidates.push_back({id, tokenText(id), probability});
                }
            }
            keepLogits(e, predictions.back());
        }
        return predictions;
    }

    const TrainedModel& m_trained;
    const TokenizedDataset& m_rows;
    const PredictionOptions& m_options;
    TaskType m_task;
    std::vector<std::string> m_labels;
    EvaluationResult m_result;
};

} // namespace

TokenizedDataset rowsOfText(const TrainedModel& trained, std::string_view text,
                            const std::optional<std::string>& textPair)
{
    if (!trained.tokenizer)
        throw Error(ErrorKind::BadInput, "the model folder has no tokenizer, which a text needs",
                    "Add tokenizer.json or vocab.txt to the model folder, or give token ids.");
    const TaskType task = trained.experiment.task;
    if (task == TaskType::QuestionAnswering && !textPair)
        throw Error(ErrorKind::BadUsage, "a question needs the passage to answer it from",
                    "Give the passage (the context) as the second text.");
    DataTable table;
    table.source = "the text";
    table.columns = {"text", "text_pair"};
    table.rows = {{std::string(text), textPair.value_or("")}};
    table.lines = {1};
    ResolvedColumns columns;
    if (textPair)
        columns.textPair = 1;
    TokenizeOptions how;
    how.task = task;
    how.maxLength = maxLengthOf(trained);
    how.knownLabels = dataLabelNames(trained);
    how.areLabelsRequired = false;
    how.docStride = trained.experiment.data.docStride;
    how.splitsPunctuation = true;
    return tokenizeTable(table, columns, *trained.tokenizer, how);
}

TokenizedDataset rowsOfFile(const TrainedModel& trained, const std::string& file, bool areLabelsRequired)
{
    const ExperimentConfig& experiment = trained.experiment;
    RowsRequest request;
    request.file = file;
    request.columns = trained.isRun ? experiment.data.columns : ColumnMapping{};
    request.task = experiment.task;
    request.maxLength = maxLengthOf(trained);
    request.labelNames = dataLabelNames(trained);
    request.areLabelsRequired = areLabelsRequired;
    request.docStride = experiment.data.docStride;
    request.trainOnPrompt = experiment.data.trainOnPrompt;
    return loadRows(request, trained.tokenizer.get());
}

std::vector<Prediction> predict(const TrainedModel& trained, const TokenizedDataset& rows,
                                const PredictionOptions& options)
{
    if (!isLanguageModelling(trained.model->task()))
        return Predicting(trained, rows, options).run();
    const TokenizedDataset unlabelled = withoutTokenLabels(rows);
    return Predicting(trained, unlabelled, options).run();
}

std::vector<std::string> dataLabelNames(const TrainedModel& trained)
{
    std::vector<std::string> names = trained.model->labelNames;
    if (trained.isRun)
        return names;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] != "LABEL_" + std::to_string(i))
            return names;
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        names[i] = std::to_string(i);
    return names;
}

int maxLengthOf(const TrainedModel& trained)
{
    return static_cast<int>(std::min<std::int64_t>(trained.experiment.data.maxLength,
                                                   trained.model->config().maxPositionEmbeddings));
}

} // namespace lora
