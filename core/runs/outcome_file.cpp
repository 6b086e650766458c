#include "core/runs/outcome_file.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/runs/run_files.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

constexpr std::uintmax_t maxBytes = 512u << 20;
/// Class ids and counts are below it, and so exact as numbers.
constexpr std::int64_t maxClasses = 1 << 20;

/// Counts and classes stay whole numbers; losses need no more digits than a float has.
std::string numberText(double value)
{
    if (!std::isfinite(value))
        return "null";
    return value == std::floor(value) && std::abs(value) < 1e15 ? fmt::format("{:.0f}", value)
                                                                : fmt::format("{:.9g}", value);
}

std::string lineOf(std::int64_t step, const ExampleOutcomes& outcomes)
{
    std::string line = fmt::format(R"({{"step":{},"examples":"{}","count":{},"classes":{})", step,
                                   outcomes.examplesHash, outcomes.size(), outcomes.classes);
    for (const auto& [name, values] : outcomes.columns) {
        line += fmt::format(R"(,"{}":[)", name);
        for (std::size_t i = 0; i < values.size(); ++i)
            line += (i > 0 ? "," : "") + numberText(values[i]);
        line += ']';
    }
    return line + "}\n";
}

class OutcomeReader
{
public:
    OutcomeReader(std::string_view line, std::string place)
        : m_place(std::move(place))
        , m_object(nlohmann::json::parse(line, nullptr, false))
    {
        if (!m_object.is_object())
            fail("expected one JSON object on the line");
    }

    std::int64_t whole(const char* key, std::int64_t most) const
    {
        const auto found = m_object.find(key);
        if (found == m_object.end() || !found->is_number_integer() || found->get<std::int64_t>() < 0 ||
            found->get<std::int64_t>() > most)
            fail(fmt::format("expected a whole number from 0 to {} for \"{}\"", most, key));
        return found->get<std::int64_t>();
    }

    ExampleOutcomes outcomes() const
    {
        ExampleOutcomes result;
        result.classes = whole("classes", maxClasses);
        const auto hash = m_object.find("examples");
        if (hash == m_object.end() || !hash->is_string())
            fail("expected a text for \"examples\"");
        result.examplesHash = hash->get<std::string>();
        const auto count = static_cast<std::size_t>(whole("count", std::int64_t{1} << 31));
        for (const auto& [key, values] : m_object.items())
            if (values.is_array())
                result.columns[key] = column(key, values, count, result.classes);
        if (!result.column("loss") || !result.column("items"))
            fail("expected the columns \"loss\" and \"items\"");
        return result;
    }

private:
    std::vector<double> column(const std::string& key, const nlohmann::json& values, std::size_t count,
                               std::int64_t classes) const
    {
        if (values.size() != count)
            fail(fmt::format("expected {} values for \"{}\", found {}", count, key, values.size()));
        const bool isClass = key == "label" || (key == "predicted" && m_object.contains("label"));
        std::vector<double> column;
        column.reserve(count);
        for (const nlohmann::json& value : values) {
            if (!value.is_number() && !value.is_null())
                fail(fmt::format("expected numbers in \"{}\"", key));
            column.push_back(value.is_null() ? std::nan("") : value.get<double>());
            const double number = column.back();
            // They become indices of a table of counts.
            if (isClass &&
                !(number >= 0 && number < static_cast<double>(classes) && number == std::floor(number)))
                fail(fmt::format("\"{}\" holds {}, which is none of the {} classes", key, number, classes));
        }
        return column;
    }

    [[noreturn]] void fail(const std::string& problem) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", m_place, problem),
                    "Delete the file to read the run without its evaluation's examples.");
    }

    std::string m_place;
    nlohmann::json m_object;
};

} // namespace

void writeOutcomes(const std::filesystem::path& runFolder, const OutcomesByStep& outcomes)
{
    std::string text;
    for (const auto& [step, ofStep] : outcomes)
        text += lineOf(step, ofStep);
    writeFileAtomically(runFolder / run_files::evalExamples, text);
}

OutcomesByStep readOutcomes(const std::filesystem::path& runFolder)
{
    const std::filesystem::path file = runFolder / run_files::evalExamples;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return {};
    const std::string text = readFile(file, maxBytes);
    OutcomesByStep outcomes;
    std::size_t lineNumber = 0;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const OutcomeReader reader(std::string_view(text).substr(begin, end - begin),
                                   fmt::format("{}, line {}", file.string(), ++lineNumber));
        outcomes[reader.whole("step", std::int64_t{1} << 53)] = reader.outcomes();
        begin = end + 1;
    }
    return outcomes;
}

std::optional<ExampleOutcomes> readFinalOutcomes(const std::filesystem::path& runFolder)
{
    OutcomesByStep outcomes = readOutcomes(runFolder);
    if (outcomes.empty())
        return std::nullopt;
    return std::move(outcomes.rbegin()->second);
}

} // namespace lora
