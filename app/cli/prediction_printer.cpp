#include "app/cli/prediction_printer.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora::app {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t nameWidth = 30;

Json rowsOf(const Prediction& prediction)
{
    Json rows = Json::array();
    const std::size_t columns = std::max<std::size_t>(1, prediction.logitColumns);
    for (std::size_t i = 0; i + columns <= prediction.logits.size(); i += columns)
        rows.push_back(
            std::vector<float>(prediction.logits.begin() + static_cast<std::ptrdiff_t>(i),
                               prediction.logits.begin() + static_cast<std::ptrdiff_t>(i + columns)));
    return rows;
}

std::vector<float> logitColumn(const Prediction& prediction, std::size_t column)
{
    std::vector<float> values;
    for (std::size_t i = column; i < prediction.logits.size(); i += prediction.logitColumns)
        values.push_back(prediction.logits[i]);
    return values;
}

std::string name(const PredictionStyle& style, std::size_t label)
{
    return label < style.labels.size() ? style.labels[label] : std::to_string(label);
}

std::string quoted(const std::string& text)
{
    return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

class JsonWriter
{
public:
    JsonWriter(const Prediction& prediction, const PredictionStyle& style)
        : m_prediction(prediction)
        , m_style(style)
    {}

    Json operator()(const LabelPrediction& found) const
    {
        return withFlatLogits({{"label", found.label}, {"probabilities", byLabel(found.probabilities)}});
    }
    Json operator()(const LabelsPrediction& found) const
    {
        return withFlatLogits({{"labels", found.labels}, {"probabilities", byLabel(found.probabilities)}});
    }
    Json operator()(const ValuePrediction& found) const { return withFlatLogits({{"value", found.value}}); }
    Json operator()(const TagsPrediction& found) const
    {
        Json row = {{"tokens", found.tokens}, {"tags", found.tags}};
        row["entities"] = Json::array();
        for (const TextEntity& entity : found.entities)
            row["entities"].push_back({{"type", entity.type},
                                       {"text", entity.text},
                                       {"start", entity.begin},
                                       {"end", entity.end},
                                       {"score", entity.score}});
        return withLogitRows(std::move(row));
    }
    Json operator()(const AnswerPrediction& found) const
    {
        Json row = Json::object();
        if (!m_style.isOfTokens)
            row["answer"] = found.answer;
        row.update({{"start", found.start}, {"end", found.end}, {"score", found.score}});
        if (m_style.hasLogits) {
            row["start_logits"] = logitColumn(m_prediction, 0);
            row["end_logits"] = logitColumn(m_prediction, 1);
        }
        return row;
    }
    Json operator()(const TokensPrediction& found) const
    {
        Json row = {{"tokens", found.tokens}, {"candidates", Json::array()}};
        for (const auto& candidates : found.candidates) {
            Json list = Json::array();
            for (const TokenCandidate& each : candidates)
                list.push_back({{"token", each.token}, {"id", each.id}, {"probability", each.probability}});
            row["candidates"].push_back(std::move(list));
        }
        return withLogitRows(std::move(row));
    }

private:
    Json byLabel(const std::vector<double>& probabilities) const
    {
        Json object = Json::object();
        for (std::size_t i = 0; i < probabilities.size(); ++i)
            object[name(m_style, i)] = probabilities[i];
        return object;
    }
    Json withFlatLogits(Json row) const
    {
        if (m_style.hasLogits)
            row["logits"] = m_prediction.logits;
        return row;
    }
    Json withLogitRows(Json row) const
    {
        if (m_style.hasLogits)
            row["logits"] = rowsOf(m_prediction);
        return row;
    }

    const Prediction& m_prediction;
    const PredictionStyle& m_style;
};

class TextWriter
{
public:
    explicit TextWriter(const PredictionStyle& style)
        : m_style(style)
    {}

    std::string operator()(const LabelPrediction& found) const
    {
        const double best = *std::ranges::max_element(found.probabilities);
        return line(found.label, percentText(best));
    }
    std::string operator()(const LabelsPrediction& found) const
    {
        std::string text;
        for (std::size_t i = 0; i < found.probabilities.size(); ++i) {
            if (found.probabilities[i] >= 0.5)
                text += (text.empty() ? "" : ", ") + fmt::format("{} {}", printable(name(m_style, i)),
                                                                 percentText(found.probabilities[i]));
        }
        return wrapped(text.empty() ? "(no label)" : text, 80, 2);
    }
    std::string operator()(const ValuePrediction& found) const { return significantText(found.value, 4); }
    std::string operator()(const TagsPrediction& found) const
    {
        if (found.text.empty()) {
            std::string text;
            for (std::size_t i = 0; i < found.tokens.size(); ++i)
                text += (i == 0 ? "" : " ") + printable(found.tokens[i]) + "/" + printable(found.tags[i]);
            return wrapped(text, 80, 2);
        }
        std::string text = wrapped(printable(found.text), 80, 2);
        for (const TextEntity& entity : found.entities)
            text += "\n  " + padded(fitted(entity.type, 16), 16) + " " + padded(fitted(entity.text, 36), 36) +
                    " " + padded(percentText(entity.score), 8, Align::Right) +
                    fmt::format("  {}–{}", entity.begin, entity.end);
        return text + (found.entities.empty() ? "\n  (no entities)" : "");
    }
    std::string operator()(const AnswerPrediction& found) const
    {
        if (m_style.isOfTokens)
            return line(fmt::format("tokens {} to {}", found.start, found.end), percentText(found.score));
        if (found.answer.empty())
            return line("(no answer)", percentText(found.score));
        return wrapped(printable(found.answer), 80, 2) +
               fmt::format("\n  {}, characters {}–{}", percentText(found.score), found.start, found.end);
    }
    std::string operator()(const TokensPrediction& found) const
    {
        const bool hasMask = std::ranges::find(found.isMask, true) != found.isMask.end();
        std::string text;
        for (std::size_t i = 0; i < found.tokens.size(); ++i) {
            const bool isShown = hasMask ? found.isMask[i] : m_style.isCausal && i + 1 == found.tokens.size();
            if (!isShown)
                continue;
            text += (text.empty() ? "" : "\n") + fmt::format("{} {}", m_style.isCausal ? "after" : "at",
                                                             printable(quoted(found.tokens[i])));
            for (const TokenCandidate& each : found.candidates[i])
                text += "\n  " + line(quoted(each.token), percentText(each.probability));
        }
        return text.empty() ? "(no mask token in the text)" : text;
    }

private:
    static std::string line(const std::string& what, const std::string& value)
    {
        return padded(fitted(what, nameWidth), nameWidth) + "  " + padded(value, 8, Align::Right);
    }

    const PredictionStyle& m_style;
};

} // namespace

Json jsonOf(const Prediction& prediction, const PredictionStyle& style)
{
    return std::visit(JsonWriter(prediction, style), prediction.value);
}

std::string textOf(const Prediction& prediction, const PredictionStyle& style)
{
    std::string text = std::visit(TextWriter(style), prediction.value);
    if (style.hasLogits && prediction.logits.size() <= prediction.logitColumns) {
        for (const float logit : prediction.logits)
            text += "  " + significantText(logit, 6);
    }
    return text + "\n";
}

} // namespace lora::app
