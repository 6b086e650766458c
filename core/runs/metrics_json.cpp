#include "core/runs/metrics_json.h"

#include "core/base/error.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view evalPrefix = "eval_";

std::string lineOf(const Json& object)
{
    return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

class LineReader
{
public:
    LineReader(std::string_view line, std::string_view place)
        : m_place(place)
        , m_object(nlohmann::json::parse(line, nullptr, false))
    {
        if (!m_object.is_object())
            fail("expected one JSON object on the line");
    }

    std::int64_t step() const
    {
        const auto found = m_object.find("step");
        if (found == m_object.end() || !found->is_number_integer())
            fail("expected a whole number for \"step\"");
        const auto step = found->get<std::int64_t>();
        if (step < 0)
            fail(fmt::format("expected a step of 0 or more, found {}", step));
        return step;
    }

    double number(const char* key) const
    {
        const auto found = m_object.find(key);
        return found == m_object.end() ? 0.0 : number(key, *found);
    }

    std::map<std::string, double> evaluation() const
    {
        std::map<std::string, double> values;
        for (const auto& [key, value] : m_object.items()) {
            if (key.starts_with(evalPrefix))
                values[key.substr(evalPrefix.size())] = number(key, value);
        }
        return values;
    }

    bool isStep() const { return m_object.contains("loss"); }

    [[noreturn]] void fail(const std::string& problem) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", m_place, problem),
                    "The file is damaged; remove the line to read the rest of the run.");
    }

private:
    double number(const std::string& key, const nlohmann::json& value) const
    {
        if (value.is_null())
            return std::numeric_limits<double>::quiet_NaN();
        if (!value.is_number())
            fail(fmt::format("expected a number for \"{}\", found {}", key, value.type_name()));
        return value.get<double>();
    }

    std::string_view m_place;
    nlohmann::json m_object;
};

} // namespace

std::string toLine(const StepMetrics& metrics)
{
    return lineOf({{"step", metrics.step},
                   {"epoch", metrics.epoch},
                   {"loss", metrics.loss},
                   {"learning_rate", metrics.learningRate},
                   {"grad_norm", metrics.gradNorm},
                   {"tokens_per_second", metrics.tokensPerSecond},
                   {"seconds", metrics.seconds}});
}

std::string toLine(const EvalMetrics& metrics)
{
    Json object = {{"step", metrics.step}, {"epoch", metrics.epoch}, {"seconds", metrics.seconds}};
    for (const auto& [key, value] : metrics.values)
        object[std::string(evalPrefix) + key] = value;
    return lineOf(object);
}

std::variant<StepMetrics, EvalMetrics> metricsFromLine(std::string_view line, std::string_view place)
{
    const LineReader reader(line, place);
    if (reader.isStep()) {
        StepMetrics metrics;
        metrics.step = reader.step();
        metrics.epoch = reader.number("epoch");
        metrics.loss = reader.number("loss");
        metrics.learningRate = reader.number("learning_rate");
        metrics.gradNorm = reader.number("grad_norm");
        metrics.tokensPerSecond = reader.number("tokens_per_second");
        metrics.seconds = reader.number("seconds");
        return metrics;
    }
    EvalMetrics metrics{reader.step(), reader.number("epoch"), reader.number("seconds"), reader.evaluation()};
    if (metrics.values.empty())
        reader.fail("expected \"loss\" or an \"eval_…\" key");
    return metrics;
}

} // namespace lora
