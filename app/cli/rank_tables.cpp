#include "app/cli/rank_tables.h"

#include "core/base/display_text.h"
#include "core/base/quantity_text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

using Json = nlohmann::ordered_json;

std::string right(const std::string& text, std::size_t columns)
{
    return padded(text, columns, Align::Right);
}

template <class Entry>
std::vector<std::string> namesOf(const std::vector<Entry>& entries)
{
    std::vector<std::string> names;
    for (const Entry& entry : entries)
        names.push_back(entry.module);
    return names;
}

/// "layer.3.output.dense (12 %), …": the three that moved most.
std::string movedMost(const std::vector<ModuleSpectrum>& spectra, const std::vector<std::string>& names)
{
    std::vector<std::size_t> order(spectra.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::ranges::stable_sort(order, std::greater<>(),
                             [&](std::size_t i) { return spectra[i].relativeChange; });
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, order.size()); ++i)
        text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", names[order[i]],
                            percentText(spectra[order[i]].relativeChange));
    return text;
}

double valueOf(const std::map<std::string, double>& metrics, const std::string& name)
{
    const auto found = metrics.find(name);
    return found == metrics.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
}

/// "0.20 (−0.50 to 0.90), noise"
std::string lossText(const std::string& metric, const std::optional<RankLoss>& loss)
{
    if (!loss)
        return "–";
    return fmt::format("{} ({} to {}){}", metricDifferenceText(metric, loss->mean),
                       metricDifferenceText(metric, loss->low), metricDifferenceText(metric, loss->high),
                       loss->isWithinNoise() ? ", noise" : "");
}

std::string worseTitle(const std::string& metric)
{
    return fmt::format("worse by ({}, 95 %)", metricDifferenceUnit(metric));
}

Json lossJson(const std::optional<RankLoss>& loss)
{
    if (!loss)
        return nullptr;
    return {{"mean", loss->mean},
            {"low", loss->low},
            {"high", loss->high},
            {"within_noise", loss->isWithinNoise()}};
}

Json metricsJson(const std::map<std::string, double>& metrics)
{
    Json document = Json::object();
    for (const auto& [name, value] : metrics)
        document["eval_" + name] = value;
    return document;
}

} // namespace

std::vector<std::string> shortNames(const std::vector<std::string>& modules, std::size_t columns)
{
    std::size_t shared = modules.empty() ? 0 : modules.front().rfind('.') + 1;
    for (const std::string& module : modules)
        while (shared > 0 &&
               (module.size() <= shared || module.compare(0, shared, modules.front(), 0, shared) != 0))
            shared = shared < 2 ? 0 : modules.front().rfind('.', shared - 2) + 1;
    std::vector<std::string> names;
    for (const std::string& module : modules) {
        std::string name = printable(module.substr(shared));
        while (displayWidth(name) > columns) { // the end tells modules apart
            const std::size_t dot = name.find('.', name.starts_with("…") ? 4 : 0);
            if (dot == std::string::npos) {
                name = fitted(name, columns);
                break;
            }
            name = "…" + name.substr(dot);
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::string spectrumTable(const std::vector<ModuleSpectrum>& spectra)
{
    constexpr std::size_t nameColumns = 37;
    const std::vector<std::string> names = shortNames(namesOf(spectra), nameColumns);
    std::string text = padded("change of the weight", nameColumns) + right("r", 5) + right("σ₁", 8) +
                       right("effective", 11) + right("90 %", 6) + right("99 %", 6) + right("of W", 7) + "\n";
    for (std::size_t i = 0; i < spectra.size(); ++i) {
        const ModuleSpectrum& spectrum = spectra[i];
        const double largest = spectrum.singularValues.empty() ? 0 : spectrum.singularValues.front();
        text +=
            padded(names[i], nameColumns) + right(spectrum.rank ? std::to_string(*spectrum.rank) : "–", 5) +
            right(significantText(largest, 2), 8) + right(significantText(spectrum.effectiveRank, 2), 11) +
            right(std::to_string(spectrum.rank90), 6) + right(std::to_string(spectrum.rank99), 6) +
            right(percentText(spectrum.relativeChange), 7) + "\n";
    }
    text += "\n" + wrapped("Moved most: " + movedMost(spectra, names) + ".", 80) + "\n";
    return text +
           wrapped("effective: effective rank (exp of the entropy of the singular values); 90 %, 99 %: the "
                   "rank that keeps so much of their squares; of W: norm of the change over that of the "
                   "weight before training.",
                   80) +
           "\n";
}

Json spectrumJson(const ModuleSpectrum& spectrum)
{
    return {{"singular_values", spectrum.singularValues},
            {"effective_rank", spectrum.effectiveRank},
            {"stable_rank", spectrum.stableRank},
            {"rank_90", spectrum.rank90},
            {"rank_99", spectrum.rank99},
            {"change_norm", spectrum.changeNorm},
            {"weight_norm", spectrum.weightNorm},
            {"relative_change", spectrum.relativeChange}};
}

std::string rankCurveTable(const RankCurve& curve)
{
    std::string text = right("rank", 6) + right("parameters", 12) + right("cut off", 9) +
                       right(curve.metric, 12) + right("loss", 8) + right(worseTitle(curve.metric), 33) +
                       "\n";
    for (const RankPoint& point : curve.points) {
        const bool isEnough = curve.advice.rank == point.rank;
        text += right(fmt::format("{}{}", isEnough ? "→ " : "", point.rank), 6) +
                right(countText(static_cast<double>(point.parameters)), 12) +
                right(percentText(point.truncationError), 9) +
                right(significantText(valueOf(point.metrics, curve.metric), 4), 12) +
                right(significantText(valueOf(point.metrics, "loss"), 4), 8) +
                right(lossText(curve.metric, point.loss), 33) + "\n";
    }
    return text + "\n" + wrapped(curve.advice.sentence, 80) + "\n";
}

Json rankCurveJson(const RankCurve& curve)
{
    Json points = Json::array();
    for (const RankPoint& point : curve.points)
        points.push_back({{"rank", point.rank},
                          {"parameters", point.parameters},
                          {"truncation_error", point.truncationError},
                          {"metrics", metricsJson(point.metrics)},
                          {"worse_by", lossJson(point.loss)}});
    Json document = {{"metric", curve.metric},
                     {"rows", curve.rows},
                     {"trained_rank", curve.trainedRank},
                     {"points", std::move(points)},
                     {"sufficient_rank", nullptr},
                     {"recommendation", curve.advice.sentence}};
    if (curve.advice.rank)
        document["sufficient_rank"] = *curve.advice.rank;
    return document;
}

std::string qualityTable(const QualityReport& quality)
{
    if (quality.lines.empty())
        return {};
    std::string text =
        fmt::format("quality on {} examples of {}\n", quality.rows, printable(quality.source)) +
        padded("", 12) + right(quality.metric, 12) + right("loss", 10) +
        right(worseTitle(quality.metric), 36) + "\n";
    for (const KeptQuality& line : quality.lines)
        text += padded("  " + line.model, 12) +
                right(significantText(valueOf(line.metrics, quality.metric), 4), 12) +
                right(significantText(valueOf(line.metrics, "loss"), 4), 10) +
                right(line.loss ? lossText(quality.metric, line.loss) : "", 36) + "\n";
    return text;
}

Json qualityJson(const QualityReport& quality)
{
    if (quality.lines.empty())
        return nullptr;
    Json document = {{"metric", quality.metric}, {"rows", quality.rows}};
    for (const KeptQuality& line : quality.lines) {
        document[line.model] = metricsJson(line.metrics);
        if (line.loss)
            document["worse_by"] = lossJson(line.loss);
    }
    return document;
}

std::string overlapTable(const AdapterOverlap& overlap)
{
    constexpr std::size_t nameColumns = 37;
    const std::vector<std::string> names = shortNames(namesOf(overlap.modules), nameColumns);
    std::string text = padded("module", nameColumns) + right("φ(1,1)", 8) + right("chance", 8) +
                       right("i, j", 9) + right("φ(i,j)", 9) + right("chance", 8) + "\n";
    for (std::size_t i = 0; i < overlap.modules.size(); ++i) {
        const ModuleOverlap& module = overlap.modules[i];
        if (module.input.empty()) {
            text += padded(names[i], nameColumns) + right("not trained", 12) + "\n";
            continue;
        }
        const std::int64_t first = module.firstRanks.back();
        const std::int64_t second = module.secondRanks.back();
        text += padded(names[i], nameColumns) + right(significantText(module.input[0][0], 2), 8) +
                right(significantText(expectedOverlap(1, 1, module.in), 2), 8) +
                right(fmt::format("{}, {}", first, second), 9) +
                right(significantText(module.input.back().back(), 2), 9) +
                right(significantText(expectedOverlap(first, second, module.in), 2), 8) + "\n";
    }
    return text;
}

Json overlapJson(const AdapterOverlap& overlap)
{
    Json modules = Json::array();
    for (const ModuleOverlap& module : overlap.modules)
        modules.push_back({{"name", module.module},
                           {"in_features", module.in},
                           {"out_features", module.out},
                           {"i", module.firstRanks},
                           {"j", module.secondRanks},
                           {"input", module.input},
                           {"output", module.output}});
    return {{"modules", std::move(modules)},
            {"only_in_first", overlap.onlyInFirst},
            {"only_in_second", overlap.onlyInSecond}};
}

} // namespace lora::app
