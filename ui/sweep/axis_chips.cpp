#include "ui/sweep/axis_chips.h"

#include "core/config/lora_variant.h"
#include "core/config/number_range.h"
#include "ui/format/quantities.h"
#include "ui/setup/module_grid.h"

#include <QCoreApplication>
#include <QRegularExpression>

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace lora::ui {

namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("lora::ui::SweepForm", text);
}

void addUnlessThere(std::vector<ChipRow::Chip>& chips, const ChipRow::Chip& chip)
{
    if (!chip.key.isEmpty() && std::ranges::find(chips, chip.key, &ChipRow::Chip::key) == chips.end())
        chips.push_back(chip);
}

/// "0-2,5" as layers; empty where it is none.
std::vector<int> layersIn(const QString& text)
{
    static const QRegularExpression part(QStringLiteral("\\A(\\d{1,4})(?:[-–](\\d{1,4}))?\\z"));
    constexpr int kMost = 1000;
    std::vector<int> layers;
    for (const QString& piece : text.split(u',')) {
        const QRegularExpressionMatch match = part.match(piece.trimmed());
        if (!match.hasMatch())
            return {};
        const int first = match.captured(1).toInt();
        const int last = match.hasCaptured(2) ? match.captured(2).toInt() : first;
        if (last < first || last - first > kMost)
            return {};
        for (int layer = first; layer <= last; ++layer)
            layers.push_back(layer);
    }
    std::ranges::sort(layers);
    layers.erase(std::ranges::unique(layers).begin(), layers.end());
    return layers;
}

} // namespace

QStringList presetRanks(int methodRank)
{
    constexpr int kCount = 5;
    int highest = 16;
    while (highest < 2 * methodRank && highest < 1024)
        highest *= 2;
    QStringList ranks;
    for (int shift = kCount - 1; shift >= 0; --shift)
        ranks += QString::number(highest >> shift);
    return ranks;
}

ChipRow::Chip rankChip(const QString& text)
{
    bool isNumber = false;
    const int rank = text.toInt(&isNumber);
    if (!isNumber || rank < 1 || rank > 4096)
        return {};
    return {QString::number(rank), QString::number(rank),
            tr("One run of rank %1 for every other choice").arg(rank)};
}

std::vector<ChipRow::Chip> rankChips(int methodRank, const QStringList& more)
{
    QStringList ranks = presetRanks(methodRank);
    for (const int usual : {1, 2, 4, 8, 16, 32, 64})
        ranks += QString::number(usual);
    ranks += QString::number(methodRank);
    std::vector<ChipRow::Chip> chips;
    for (const QString& rank : ranks + more)
        addUnlessThere(chips, rankChip(rank));
    std::ranges::sort(chips, {}, [](const ChipRow::Chip& chip) { return chip.key.toInt(); });
    return chips;
}

QString joinedNames(const std::vector<std::string>& names)
{
    QStringList parts;
    for (const std::string& name : names)
        parts += qstr(name);
    return parts.join(u',');
}

QString targetKey(const TargetSet& targets)
{
    constexpr std::size_t kLongest = 8;
    if (const auto* pattern = std::get_if<std::string>(&targets))
        return *pattern == "all-linear" ? qstr(*pattern) : ownKey;
    const auto& names = std::get<std::vector<std::string>>(targets);
    return names.empty() || names.size() > kLongest ? ownKey : joinedNames(names);
}

ChipRow::Chip targetChip(const QString& text)
{
    static const QRegularExpression name(QStringLiteral("\\A[A-Za-z0-9_.]+\\z"));
    if (text == QStringLiteral("all-linear"))
        return {text, tr("all linear"),
                tr("Every linear module but the head: the strongest at equal size (QLoRA 2023)")};
    QStringList names;
    for (const QString& part : text.split(u',')) {
        if (!name.match(part.trimmed()).hasMatch())
            return {};
        names += part.trimmed();
    }
    return {names.join(u','), names.join(QStringLiteral(", ")), tr("Modules whose names end in these")};
}

std::vector<ChipRow::Chip> targetChips(const LoraConfig& lora, const std::vector<ModuleInfo>& modules,
                                       const QStringList& more)
{
    std::vector<ChipRow::Chip> chips;
    if (const QString own = targetKey(lora.targetModules); own == ownKey)
        chips.push_back({ownKey, tr("as on the layer map"), tr("The modules painted in Setup")});
    else
        addUnlessThere(chips, targetChip(own));
    const ModuleGrid grid(modules);
    const TargetRanks usual = presetTargets(TargetPreset::QueryValue, grid, {}, lora);
    if (std::ranges::any_of(usual, [](int rank) { return rank > 0; }))
        addUnlessThere(chips, targetChip(targetKey(
                                  encodeTargets(modules, usual, lora.r, lora.modulesToSave).targetModules)));
    addUnlessThere(chips, targetChip(QStringLiteral("all-linear")));
    for (const QString& key : more)
        if (key != ownKey)
            addUnlessThere(chips, targetChip(key));
    return chips;
}

TargetSet targetsOfKey(const QString& key)
{
    if (key == QStringLiteral("all-linear"))
        return key.toStdString();
    std::vector<std::string> names;
    for (const QString& name : key.split(u','))
        names.push_back(name.toStdString());
    return names;
}

QString layerKey(const LoraConfig& lora)
{
    if (!lora.layersToTransform)
        return QStringLiteral("all");
    QStringList parts;
    for (const int layer : *lora.layersToTransform)
        parts += QString::number(layer);
    return parts.join(u',');
}

ChipRow::Chip layerChip(const QString& text)
{
    if (text == QStringLiteral("all"))
        return {text, tr("all"), tr("Every layer the modules are in")};
    if (text == QStringLiteral("top-half"))
        return {text, tr("top half"), tr("The last half of the blocks: backward stops half way")};
    if (text == QStringLiteral("top-quarter"))
        return {text, tr("top quarter"), tr("The last quarter of the blocks; what lies below runs once")};
    const std::vector<int> layers = layersIn(text);
    if (layers.empty())
        return {};
    QStringList parts;
    for (const int layer : layers)
        parts += QString::number(layer);
    const bool isRange = layers.size() > 2 && layers.back() - layers.front() + 1 == std::ssize(layers);
    return {parts.join(u','),
            isRange ? QStringLiteral("%1–%2").arg(layers.front()).arg(layers.back())
                    : parts.join(QStringLiteral(", ")),
            tr("These layers, counted from 0")};
}

std::vector<ChipRow::Chip> layerChips(const LoraConfig& lora, const QStringList& more)
{
    std::vector<ChipRow::Chip> chips;
    for (const char* usual : {"all", "top-half", "top-quarter"})
        addUnlessThere(chips, layerChip(QString::fromLatin1(usual)));
    addUnlessThere(chips, layerChip(layerKey(lora)));
    for (const QString& key : more)
        addUnlessThere(chips, layerChip(key));
    return chips;
}

LayerSet layersOfKey(const QString& key)
{
    if (key == QStringLiteral("all"))
        return {LayerSet::Kind::All, {}};
    if (key == QStringLiteral("top-half"))
        return {LayerSet::Kind::TopHalf, {}};
    if (key == QStringLiteral("top-quarter"))
        return {LayerSet::Kind::TopQuarter, {}};
    return {LayerSet::Kind::Indices, layersIn(key)};
}

QString rateKey(double rate)
{
    return QString::fromStdString(fmt::format("{}", rate));
}

ChipRow::Chip rateChip(const QString& text)
{
    bool isNumber = false;
    const double rate = text.toDouble(&isNumber);
    if (!isNumber || !numberRange("training.learning_rate")->contains(rate))
        return {};
    return {rateKey(rate), qNumber(rate),
            tr("Everything but full fine-tuning at learning rate %1").arg(qNumber(rate))};
}

std::vector<ChipRow::Chip> rateChips(double ownRate, const QStringList& more)
{
    QStringList rates;
    for (const double factor : {0.25, 0.5, 1.0, 2.0, 4.0})
        rates += rateKey(factor * ownRate);
    std::vector<ChipRow::Chip> chips;
    for (const QString& rate : rates + more)
        addUnlessThere(chips, rateChip(rate));
    std::ranges::sort(chips, {}, [](const ChipRow::Chip& chip) { return chip.key.toDouble(); });
    return chips;
}

std::vector<ChipRow::Chip> variantChips()
{
    const std::map<std::string, std::pair<QString, QString>> known{
        {"lora", {QStringLiteral("LoRA"), tr("Plain LoRA, scaled by alpha / r (Hu et al. 2021)")}},
        {"rslora", {QStringLiteral("rsLoRA"), tr("Scaled by alpha / √r (Kalajdzievski 2023)")}},
        {"dora", {QStringLiteral("DoRA"), tr("Direction and length of weights apart (Liu et al. 2024)")}},
        {"pissa",
         {QStringLiteral("PiSSA"), tr("Starts from the largest singular values (Meng et al. 2024)")}},
        {"olora", {QStringLiteral("OLoRA"), tr("Starts from an orthonormal basis (Büyükakyüz 2024)")}},
        {"lora-fa", {QStringLiteral("LoRA-FA"), tr("A stays as it was drawn, B learns (Zhang et al. 2023)")}},
        {"lora+", {QStringLiteral("LoRA+"), tr("B learns faster than A (Hayou et al. 2024)")}}};
    std::vector<ChipRow::Chip> chips;
    for (const std::string& name : loraVariants()) {
        const auto found = known.find(name);
        const QString text = found == known.end() ? qstr(name) : found->second.first;
        chips.push_back({qstr(name), text, found == known.end() ? QString() : found->second.second});
    }
    return chips;
}

} // namespace lora::ui
