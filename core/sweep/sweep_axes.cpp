#include "core/sweep/sweep_axes.h"

#include "core/base/nearest_name.h"
#include "core/config/lora_variant.h"
#include "core/config/number_range.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lora {

namespace {

constexpr std::string_view regexMark = "regex:";
constexpr std::string_view spaces = " \t\r\n";

std::string trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos)
        return {};
    return std::string(text.substr(first, text.find_last_not_of(spaces) - first + 1));
}

/// Entries between separators, without the spaces around them; nothing for an empty text.
std::vector<std::string> entriesOf(std::string_view text, char separator)
{
    std::vector<std::string> entries;
    if (trimmed(text).empty())
        return entries;
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t end = std::min(text.find(separator, start), text.size());
        entries.push_back(trimmed(text.substr(start, end - start)));
        start = end + 1;
    }
    return entries;
}

template <class Number>
std::optional<Number> numberIn(std::string_view text)
{
    Number number{};
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return !text.empty() && read.ec == std::errc() && read.ptr == end ? std::optional(number) : std::nullopt;
}

void report(ConfigIssues& issues, const char* axis, std::string text)
{
    issues.push_back({axis, Severity::Error, std::move(text)});
}

template <class Number>
std::vector<Number> readNumbers(const std::string& text, const char* axis, const NumberRange* range,
                                ConfigIssues& issues)
{
    std::vector<Number> numbers;
    for (const std::string& entry : entriesOf(text, ',')) {
        const auto number = numberIn<Number>(entry);
        if (number && (!range || range->contains(static_cast<double>(*number))))
            numbers.push_back(*number);
        else
            report(issues, axis,
                   fmt::format("found \"{}\"; allowed: {}, separated by commas", entry,
                               range ? range->text() : "whole numbers from 0"));
    }
    return numbers;
}

TargetSet readTargets(const std::string& entry, ConfigIssues& issues)
{
    if (entry == "all-linear")
        return entry;
    if (entry.starts_with(regexMark))
        return entry.substr(regexMark.size());
    std::vector<std::string> names = entriesOf(entry, ',');
    if (names.empty() || std::ranges::find(names, std::string()) != names.end())
        report(issues, "targets",
               fmt::format("found \"{}\"; allowed: module names separated by commas, \"all-linear\" or "
                           "\"regex:…\", sets separated by semicolons",
                           entry));
    return names;
}

/// "5" or "8-11".
std::optional<std::vector<int>> readIndices(const std::string& entry)
{
    constexpr int mostLayers = 10000;
    const std::size_t dash = entry.find('-');
    const auto first = numberIn<int>(entry.substr(0, dash));
    const auto last = dash == std::string::npos ? first : numberIn<int>(entry.substr(dash + 1));
    if (!first || !last || *first < 0 || *first > *last || *last > mostLayers)
        return std::nullopt;
    std::vector<int> indices;
    for (int index = *first; index <= *last; ++index)
        indices.push_back(index);
    return indices;
}

constexpr std::array layerNames{"all", "top-half", "top-quarter"};

LayerSet readLayers(const std::string& entry, ConfigIssues& issues)
{
    const auto named = std::ranges::find(layerNames, entry);
    if (named != layerNames.end())
        return {static_cast<LayerSet::Kind>(named - layerNames.begin()), {}};
    LayerSet set{LayerSet::Kind::Indices, {}};
    for (const std::string& part : entriesOf(entry, ',')) {
        const auto indices = readIndices(part);
        if (!indices) {
            set.indices.clear();
            break;
        }
        set.indices.insert(set.indices.end(), indices->begin(), indices->end());
    }
    std::ranges::sort(set.indices);
    set.indices.erase(std::unique(set.indices.begin(), set.indices.end()), set.indices.end());
    if (set.indices.empty())
        report(issues, "layers",
               fmt::format("found \"{}\"; allowed: {} or indices such as 0,1,5 or 8-11, sets separated by "
                           "semicolons{}",
                           entry, fmt::join(layerNames, ", "),
                           didYouMean(entry, {layerNames.begin(), layerNames.end()})));
    return set;
}

std::vector<std::string> readVariants(const std::string& text, ConfigIssues& issues)
{
    const std::vector<std::string>& names = loraVariants();
    const std::vector<std::string> entries = entriesOf(text, ',');
    for (const std::string& entry : entries)
        if (std::ranges::find(names, entry) == names.end())
            report(issues, "variants",
                   fmt::format("found \"{}\"; allowed: {}{}", entry, fmt::join(names, ", "),
                               didYouMean(entry, names)));
    return entries;
}

/// A value that stands twice would be the same run twice.
template <class Entry, class Text>
void refuseRepeats(const std::vector<Entry>& entries, const char* axis, const Text& text,
                   ConfigIssues& issues)
{
    for (auto entry = entries.begin(); entry != entries.end(); ++entry)
        if (std::find(entries.begin(), entry, *entry) != entry)
            report(issues, axis, fmt::format("{} stands twice", text(*entry)));
}

} // namespace

std::string toText(const TargetSet& targets)
{
    if (const auto* names = std::get_if<std::vector<std::string>>(&targets))
        return fmt::format("{}", fmt::join(*names, ","));
    const auto& text = std::get<std::string>(targets);
    return text == "all-linear" ? text : std::string(regexMark) + text;
}

std::string toText(const LayerSet& layers)
{
    return layers.kind == LayerSet::Kind::Indices
               ? fmt::format("{}", fmt::join(layers.indices, ","))
               : std::string(layerNames[static_cast<std::size_t>(layers.kind)]);
}

SweepAxes readAxes(const SweepTexts& texts, ConfigIssues& issues)
{
    SweepAxes axes;
    const std::size_t before = issues.size();
    axes.ranks = readNumbers<int>(texts.ranks, "ranks", &rankRange(), issues);
    for (const std::string& entry : entriesOf(texts.targets, ';'))
        axes.targets.push_back(readTargets(entry, issues));
    for (const std::string& entry : entriesOf(texts.layers, ';'))
        axes.layers.push_back(readLayers(entry, issues));
    axes.seeds = readNumbers<std::uint64_t>(texts.seeds, "seeds", nullptr, issues);
    axes.variants = readVariants(texts.variants, issues);
    const NumberRange* const rates = numberRange("training.learning_rate");
    axes.learningRates = readNumbers<double>(texts.learningRates, "learning_rates", rates, issues);
    axes.fullLearningRates =
        readNumbers<double>(texts.fullLearningRates, "full_learning_rates", rates, issues);
    if (issues.size() > before)
        return axes;
    const auto number = [](auto value) { return fmt::format("{}", value); };
    refuseRepeats(axes.ranks, "ranks", number, issues);
    refuseRepeats(
        axes.targets, "targets", [](const TargetSet& set) { return toText(set); }, issues);
    refuseRepeats(
        axes.layers, "layers", [](const LayerSet& set) { return toText(set); }, issues);
    refuseRepeats(axes.seeds, "seeds", number, issues);
    refuseRepeats(axes.learningRates, "learning_rates", number, issues);
    refuseRepeats(axes.fullLearningRates, "full_learning_rates", number, issues);
    refuseRepeats(
        axes.variants, "variants", [](const std::string& name) { return name; }, issues);
    return axes;
}

} // namespace lora
