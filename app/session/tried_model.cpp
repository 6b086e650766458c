#include "app/session/tried_model.h"

#include "core/base/stopwatch.h"
#include "core/config/model_config.h"
#include "core/experiment/experiment_preparation.h"
#include "core/experiment/prediction.h"
#include "core/experiment/text_continuation.h"
#include "core/lora/peft_config.h"
#include "core/models/model_family.h"
#include "core/models/model_loader.h"
#include "core/runs/run_reader.h"

#include <QString>

#include <utility>

namespace lora::app {

namespace {

constexpr std::size_t maskCandidates = 8;

/// UTF-16 units before each code point of a text, and after the last.
std::vector<int> unitsOfCharacters(const std::string& text)
{
    std::vector<int> units{0};
    const QString wide = QString::fromStdString(text);
    for (int unit = 0; unit < wide.size();) {
        unit += wide[unit].isHighSurrogate() && unit + 1 < wide.size() ? 2 : 1;
        units.push_back(unit);
    }
    return units;
}

ui::TextMark markOf(const std::vector<int>& units, std::size_t begin, std::size_t end)
{
    ui::TextMark mark;
    mark.begin = units[std::min(begin, units.size() - 1)];
    mark.end = units[std::min(end, units.size() - 1)];
    return mark;
}

std::vector<ui::ScoredText> scored(const std::vector<std::string>& names,
                                   const std::vector<double>& probabilities)
{
    std::vector<ui::ScoredText> labels;
    for (std::size_t id = 0; id < probabilities.size(); ++id)
        labels.push_back({id < names.size() ? names[id] : std::to_string(id), probabilities[id]});
    return labels;
}

/// Turns predictions into what the window shows.
struct Translator
{
    const TrainedModel& trained;
    const ui::TryQuestion& question;
    ui::TryAnswer& answer;

    void operator()(const LabelPrediction& prediction)
    {
        answer.labels = scored(dataLabelNames(trained), prediction.probabilities);
    }
    void operator()(const LabelsPrediction& prediction)
    {
        answer.labels = scored(dataLabelNames(trained), prediction.probabilities);
    }
    void operator()(const ValuePrediction& prediction) { answer.value = prediction.value; }
    void operator()(const TagsPrediction& prediction)
    {
        const std::vector<int> units = unitsOfCharacters(question.text);
        for (const TextEntity& entity : prediction.entities) {
            ui::TextMark mark = markOf(units, entity.begin, entity.end);
            mark.label = entity.type;
            mark.score = entity.score;
            answer.marks.push_back(std::move(mark));
        }
    }
    void operator()(const AnswerPrediction& prediction)
    {
        ui::TextMark mark = markOf(unitsOfCharacters(question.pair), prediction.start, prediction.end);
        mark.score = prediction.score;
        if (mark.end > mark.begin)
            answer.marks.push_back(mark);
    }
    void operator()(const TokensPrediction& prediction)
    {
        for (std::size_t token = 0; token < prediction.candidates.size(); ++token) {
            if (!prediction.isMask[token])
                continue;
            std::vector<ui::ScoredText>& fills = answer.maskFills.emplace_back();
            for (const TokenCandidate& candidate : prediction.candidates[token])
                fills.push_back({candidate.token, candidate.probability});
        }
    }
};

/// Sets how much of the adapter counts, and all of it again at the end.
class StrengthScope
{
public:
    StrengthScope(LanguageModel<float>& model, double strength)
        : m_model(model)
    {
        m_model.setAdapterStrength(strength);
    }
    ~StrengthScope() { m_model.setAdapterStrength(1); }
    StrengthScope(const StrengthScope&) = delete;
    StrengthScope& operator=(const StrengthScope&) = delete;

private:
    LanguageModel<float>& m_model;
};

/// The model's usual task unless the adapter's file names another; several tasks share its "SEQ_CLS".
TaskType taskOf(const std::string& model, const std::filesystem::path& adapter)
{
    const TaskType usual = usualTask(readModelConfig(modelFolder(model)));
    const std::string type = readPeftConfig(adapter).taskType;
    if (type.empty() || type == peftTaskType(usual))
        return usual;
    for (const TaskType task : allTasks())
        if (type == peftTaskType(task))
            return task;
    return usual;
}

TrainedModel opened(const ui::TrySource& source)
{
    if (source.kind == ui::TrySource::Kind::Run)
        return openTrainedModel({source.path, std::nullopt, std::nullopt});
    if (source.adapter.empty())
        return openTrainedModel({source.path, std::nullopt, source.task});
    const std::filesystem::path adapter = source.adapter;
    return openTrainedModel(
        {source.path, adapter, source.task ? *source.task : taskOf(source.path, adapter)});
}

} // namespace

TriedModel::TriedModel(const ui::TrySource& from)
    : TriedModel(from, opened(from))
{}

TriedModel::TriedModel(ui::TrySource from, TrainedModel openedModel)
    : source(std::move(from))
    , trained(std::move(openedModel))
{}

ui::TryModel TriedModel::described() const
{
    ui::TryModel model;
    model.source = source;
    model.task = trained.model->task();
    if (!isLanguageModelling(model.task) && model.task != TaskType::QuestionAnswering)
        model.labels = dataLabelNames(trained);
    const bool isFolder = source.kind == ui::TrySource::Kind::Folder;
    model.hasAdapter =
        isFolder ? !source.adapter.empty() : trained.experiment.method.type == MethodType::Lora;
    if (trained.tokenizer && trained.tokenizer->maskId())
        model.mask = trained.tokenizer->tokenOf(*trained.tokenizer->maskId());
    model.maxPositions = trained.model->config().maxPositionEmbeddings;
    model.notices = trained.notices;
    return model;
}

namespace {

TrainedModel lent(const std::string& runFolder, LanguageModel<float>& live)
{
    TrainedModel trained;
    trained.experiment = readRun(runFolder)->experiment;
    trained.tokenizer = tokenizerOf(modelFolder(trained.experiment.model));
    trained.isRun = true;
    std::vector<std::string> labels = readRunLabels(runFolder);
    // Last: nothing may throw while the pointer is in two hands.
    if (labels.size() == live.labelNames.size())
        live.labelNames.swap(labels);
    trained.model.reset(&live);
    return trained;
}

} // namespace

LentModel::LentModel(const ui::TrySource& source, LanguageModel<float>& live)
    : m_labelNames(live.labelNames)
    , m_tried(source, lent(source.path, live))
{}

LentModel::~LentModel()
{
    LanguageModel<float>* live = m_tried.trained.model.release(); // the training's own
    live->labelNames.swap(m_labelNames);
}

ui::TryAnswer answerOf(TriedModel& model, const ui::TryQuestion& question, double strength)
{
    const StrengthScope scope(*model.trained.model, strength);
    const Stopwatch clock;
    const auto pair = question.pair.empty() ? std::nullopt : std::optional(question.pair);
    PredictionOptions options;
    options.candidates = maskCandidates;
    const auto predictions = predict(model.trained, rowsOfText(model.trained, question.text, pair), options);
    ui::TryAnswer answer;
    if (!predictions.empty())
        std::visit(Translator{model.trained, question, answer}, predictions.front().value);
    answer.seconds = clock.seconds();
    return answer;
}

namespace {

GenerationConfig configOf(const ui::GenerationSettings& settings)
{
    GenerationConfig config;
    config.maxNewTokens = settings.maxNewTokens;
    config.temperature = settings.temperature;
    config.topK = settings.topK;
    config.topP = settings.topP;
    config.seed = settings.seed;
    return config;
}

Prompt promptOf(const ui::TryQuestion& question)
{
    Prompt prompt{question.text, {}, PromptStyle::Plain};
    if (question.style == ui::PromptStyle::Chat)
        prompt.style = PromptStyle::Chat;
    if (question.style == ui::PromptStyle::Instruction) {
        prompt.style = PromptStyle::Instruction;
        prompt.input = question.pair;
    }
    return prompt;
}

ui::TryEnd::Reason reasonOf(GenerationEnd end)
{
    switch (end) {
    case GenerationEnd::StopToken:
        return ui::TryEnd::Reason::StopToken;
    case GenerationEnd::Context:
        return ui::TryEnd::Reason::Context;
    case GenerationEnd::Cancelled:
        return ui::TryEnd::Reason::Cancelled;
    case GenerationEnd::Length:
        break;
    }
    return ui::TryEnd::Reason::Length;
}

} // namespace

ui::TryEnd continuationOf(TriedModel& model, const ui::TryQuestion& question, double strength,
                          const std::stop_token& stop, const std::function<void(const std::string&)>& onText)
{
    const StrengthScope scope(*model.trained.model, strength);
    // A reply is a text of its own; only what goes on from a plain prompt keeps the space between them.
    bool isStart = question.style != ui::PromptStyle::Plain;
    const auto show = [&](const std::string& piece) {
        const std::size_t begin = isStart ? piece.find_first_not_of(" \n") : 0;
        if (begin != std::string::npos) {
            isStart = false;
            onText(piece.substr(begin));
        }
        return !stop.stop_requested();
    };
    const Continuation made =
        continueText(model.trained, promptOf(question), configOf(question.generation), show);
    ui::TryEnd end;
    end.tokens = static_cast<int>(made.ids.size());
    end.seconds = made.seconds;
    end.reason = stop.stop_requested() ? ui::TryEnd::Reason::Cancelled : reasonOf(made.end);
    return end;
}

} // namespace lora::app
