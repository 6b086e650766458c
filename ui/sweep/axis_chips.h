#pragma once

#include "core/models/model_summary.h"
#include "core/sweep/sweep_axes.h"
#include "ui/widgets/chip_row.h"

/// Entries of a sweep's axes as chips. A chip's key is the entry as the command line writes it, or `ownKey`
/// for what the experiment has and cannot be written short.
namespace lora::ui {

inline const QString ownKey = QStringLiteral("own");

/// Five powers of two up to twice the method's rank, at least 1 to 16.
QStringList presetRanks(int methodRank);
ChipRow::Chip rankChip(const QString& text);
/// Presets and what is in `more`, ascending.
std::vector<ChipRow::Chip> rankChips(int methodRank, const QStringList& more);

/// "query,value", "all-linear"; ownKey for regular expressions and long lists.
QString targetKey(const TargetSet& targets);
ChipRow::Chip targetChip(const QString& text);
/// The experiment's own first, then query and value, then all linear modules, then what is in `more`.
std::vector<ChipRow::Chip> targetChips(const LoraConfig& lora, const std::vector<ModuleInfo>& modules,
                                       const QStringList& more);
/// "query,value"
QString joinedNames(const std::vector<std::string>& names);
/// Of a key other than ownKey.
TargetSet targetsOfKey(const QString& key);

QString layerKey(const LoraConfig& lora);
ChipRow::Chip layerChip(const QString& text);
std::vector<ChipRow::Chip> layerChips(const LoraConfig& lora, const QStringList& more);
LayerSet layersOfKey(const QString& key);

/// Learning rates, shortest text that reads back as the same number.
QString rateKey(double rate);
ChipRow::Chip rateChip(const QString& text);
/// The experiment's own with its quarter, half, double and fourfold, and what is in `more`, ascending.
std::vector<ChipRow::Chip> rateChips(double ownRate, const QStringList& more);

/// All variants of LoRA, by the names of core/config/lora_variant.h.
std::vector<ChipRow::Chip> variantChips();

} // namespace lora::ui
