#include "ui/setup/target_codec.h"

#include <QRegularExpression>

#include <algorithm>
#include <array>
#include <set>

namespace lora::ui {

namespace {

QRegularExpression anchored(const std::string& pattern)
{
    return QRegularExpression(QStringLiteral("\\A(?:%1)\\z").arg(QString::fromStdString(pattern)));
}

bool matchesFully(const QRegularExpression& expression, const std::string& path)
{
    return expression.isValid() && expression.match(QString::fromStdString(path)).hasMatch();
}

bool matchesName(const std::string& path, const std::string& name)
{
    return path == name ||
           (path.size() > name.size() && path.ends_with(name) && path[path.size() - name.size() - 1] == '.');
}

/// As PEFT compares modules_to_save: some module on the path ends with the text.
bool isUnder(std::string_view path, std::string_view saved)
{
    for (std::size_t end = path.size(); end != std::string_view::npos; end = path.rfind('.', end - 1)) {
        if (!saved.empty() && path.substr(0, end).ends_with(saved))
            return true;
        if (end == 0)
            break;
    }
    return false;
}

bool matchesList(const ModuleInfo& module, const std::vector<std::string>& names, const LoraConfig& lora)
{
    if (std::find(names.begin(), names.end(), module.name) != names.end())
        return true; // an exact path is not subject to layers_to_transform
    const bool isNamed = std::any_of(names.begin(), names.end(), [&module](const std::string& name) {
        return matchesName(module.name, name);
    });
    if (!isNamed || !lora.layersToTransform)
        return isNamed;
    const auto& layers = *lora.layersToTransform;
    return module.block >= 0 && std::find(layers.begin(), layers.end(), module.block) != layers.end();
}

/// Compiled once per decoding, not once per module.
class TargetMatcher
{
public:
    explicit TargetMatcher(const LoraConfig& lora)
        : m_lora(lora)
    {
        if (const auto* text = std::get_if<std::string>(&lora.targetModules))
            m_target = anchored(*text);
        for (const auto& [pattern, rank] : lora.rankPattern)
            m_ranks.emplace_back(anchored("(.*\\.)?(" + pattern + ")"), rank);
    }

    int rankOf(const ModuleInfo& module) const
    {
        if (isTrainedWhole(module, m_lora) || !isTarget(module))
            return 0;
        for (const auto& [expression, rank] : m_ranks) {
            if (matchesFully(expression, module.name))
                return rank;
        }
        return m_lora.r;
    }

private:
    bool isTarget(const ModuleInfo& module) const
    {
        if (const auto* names = std::get_if<std::vector<std::string>>(&m_lora.targetModules))
            return matchesList(module, *names, m_lora);
        if (std::get<std::string>(m_lora.targetModules) == "all-linear")
            return !module.isHead;
        return matchesFully(m_target, module.name);
    }

    const LoraConfig& m_lora;
    QRegularExpression m_target;
    std::vector<std::pair<QRegularExpression, int>> m_ranks;
};

/// Where a module stands apart from its block: the same for "layer.0.x" and "layer.7.x".
std::string columnOf(const ModuleInfo& module)
{
    return module.block >= 0 ? module.column : module.name;
}

/// The shortest end of `name` (at a dot) that names no module of an unselected column.
std::optional<std::string> shortestSuffix(const std::string& name, const std::vector<ModuleInfo>& modules,
                                          const std::set<std::string>& selected, const LoraConfig& lora)
{
    for (std::size_t dot = name.rfind('.');; dot = name.rfind('.', dot - 1)) {
        const std::string suffix = dot == std::string::npos ? name : name.substr(dot + 1);
        const bool isSafe = std::none_of(modules.begin(), modules.end(), [&](const ModuleInfo& module) {
            return matchesName(module.name, suffix) && !isTrainedWhole(module, lora) &&
                   !selected.contains(columnOf(module));
        });
        if (isSafe)
            return suffix;
        if (dot == std::string::npos || dot == 0)
            return std::nullopt;
    }
}

std::optional<std::vector<std::string>> shortNames(const std::vector<ModuleInfo>& modules,
                                                   const std::set<std::string>& selected,
                                                   const LoraConfig& lora)
{
    std::vector<std::string> names;
    std::set<std::string> seen;
    for (const ModuleInfo& module : modules) {
        const std::string column = columnOf(module);
        if (!selected.contains(column) || !seen.insert(column).second)
            continue;
        const auto suffix = shortestSuffix(column, modules, selected, lora);
        if (!suffix)
            return std::nullopt;
        if (std::find(names.begin(), names.end(), *suffix) == names.end())
            names.push_back(*suffix);
    }
    return names;
}

TargetRanks adaptedOnly(TargetRanks ranks)
{
    std::transform(ranks.begin(), ranks.end(), ranks.begin(), [](int rank) { return rank > 0 ? 1 : 0; });
    return ranks;
}

bool decodesTo(const std::vector<ModuleInfo>& modules, const EncodedTargets& candidate,
               const TargetRanks& adapted, const std::vector<std::string>& modulesToSave)
{
    LoraConfig lora;
    lora.modulesToSave = modulesToSave;
    lora.r = 1;
    lora.targetModules = candidate.targetModules;
    lora.layersToTransform = candidate.layersToTransform;
    return decodeTargets(modules, lora) == adapted;
}

LoraConfig asLora(const EncodedTargets& encoded, int baseRank, const std::vector<std::string>& modulesToSave)
{
    LoraConfig lora;
    lora.modulesToSave = modulesToSave;
    lora.r = baseRank;
    lora.targetModules = encoded.targetModules;
    lora.layersToTransform = encoded.layersToTransform;
    lora.rankPattern = encoded.rankPattern;
    return lora;
}

EncodedTargets encodeSelection(const std::vector<ModuleInfo>& modules, const TargetRanks& adapted,
                               const std::vector<std::string>& modulesToSave)
{
    EncodedTargets encoded;
    std::vector<std::string> paths;
    std::set<std::string> columns;
    std::set<int> blocks;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        if (!adapted[i])
            continue;
        paths.push_back(modules[i].name);
        columns.insert(columnOf(modules[i]));
        blocks.insert(modules[i].block);
    }
    encoded.targetModules = std::string("all-linear");
    if (!paths.empty() && decodesTo(modules, encoded, adapted, modulesToSave))
        return encoded;
    if (const auto names = shortNames(modules, columns, asLora(encoded, 1, modulesToSave));
        names && !paths.empty()) {
        encoded.targetModules = *names;
        if (decodesTo(modules, encoded, adapted, modulesToSave))
            return encoded;
        encoded.layersToTransform = std::vector<int>(blocks.begin(), blocks.end());
        if (!blocks.contains(-1) && decodesTo(modules, encoded, adapted, modulesToSave))
            return encoded;
        encoded.layersToTransform.reset();
    }
    encoded.targetModules = paths;
    return encoded;
}

std::string escaped(const std::string& path)
{
    return QString::fromStdString(path).replace(u'.', QStringLiteral("\\.")).toStdString();
}

/// One pattern per column where the whole column shares a rank; the caller checks that it says what it
/// should.
std::map<std::string, int> columnPattern(const std::vector<ModuleInfo>& modules, const TargetRanks& ranks,
                                         int base)
{
    std::map<std::string, std::set<int>> ranksOfColumn;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        if (ranks[i] > 0)
            ranksOfColumn[columnOf(modules[i])].insert(ranks[i]);
    }
    std::map<std::string, int> pattern;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        if (ranks[i] == 0 || ranks[i] == base)
            continue;
        const bool isWholeColumn = ranksOfColumn[columnOf(modules[i])].size() == 1;
        pattern[escaped(isWholeColumn ? columnOf(modules[i]) : modules[i].name)] = ranks[i];
    }
    return pattern;
}

std::map<std::string, int> pathPattern(const std::vector<ModuleInfo>& modules, const TargetRanks& ranks,
                                       int base)
{
    std::map<std::string, int> pattern;
    for (std::size_t i = 0; i < modules.size(); ++i) {
        if (ranks[i] > 0 && ranks[i] != base)
            pattern[escaped(modules[i].name)] = ranks[i];
    }
    return pattern;
}

} // namespace

bool namesAnyModule(const std::vector<ModuleInfo>& modules, const std::string& name)
{
    return std::any_of(modules.begin(), modules.end(),
                       [&](const ModuleInfo& module) { return isUnder(module.name, name); });
}

bool isTrainedWhole(const ModuleInfo& module, const LoraConfig& lora)
{
    static constexpr std::array<std::string_view, 3> kHeads{"classifier", "score", "qa_outputs"};
    const auto holdsIt = [&](std::string_view name) { return isUnder(module.name, name); };
    return std::any_of(lora.modulesToSave.begin(), lora.modulesToSave.end(), holdsIt) ||
           (module.isHead && std::any_of(kHeads.begin(), kHeads.end(), holdsIt));
}

TargetRanks decodeTargets(const std::vector<ModuleInfo>& modules, const LoraConfig& lora)
{
    const TargetMatcher matcher(lora);
    TargetRanks ranks;
    ranks.reserve(modules.size());
    for (const ModuleInfo& module : modules)
        ranks.push_back(matcher.rankOf(module));
    return ranks;
}

EncodedTargets encodeTargets(const std::vector<ModuleInfo>& modules, const TargetRanks& ranks, int baseRank,
                             const std::vector<std::string>& modulesToSave)
{
    EncodedTargets encoded = encodeSelection(modules, adaptedOnly(ranks), modulesToSave);
    encoded.rankPattern = columnPattern(modules, ranks, baseRank);
    if (decodeTargets(modules, asLora(encoded, baseRank, modulesToSave)) != ranks)
        encoded.rankPattern = pathPattern(modules, ranks, baseRank);
    return encoded;
}

void writeTargets(const std::vector<ModuleInfo>& modules, const TargetRanks& ranks, LoraConfig& lora)
{
    EncodedTargets encoded = encodeTargets(modules, ranks, lora.r, lora.modulesToSave);
    lora.targetModules = std::move(encoded.targetModules);
    lora.layersToTransform = std::move(encoded.layersToTransform);
    lora.rankPattern = std::move(encoded.rankPattern);
}

} // namespace lora::ui
