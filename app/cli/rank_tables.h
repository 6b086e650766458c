#pragma once

#include "core/analysis/adapter_spectrum.h"
#include "core/analysis/subspace_overlap.h"
#include "core/experiment/adapter_conversion.h"
#include "core/experiment/rank_curve.h"

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

namespace lora::app {

// Tables of at most 80 columns about ranks, and the documents --json prints in their place.

/// One line for each module, and which moved most.
std::string spectrumTable(const std::vector<ModuleSpectrum>& spectra);
/// The keys a module of `inspect` gets.
nlohmann::ordered_json spectrumJson(const ModuleSpectrum& spectrum);

std::string rankCurveTable(const RankCurve& curve);
nlohmann::ordered_json rankCurveJson(const RankCurve& curve);

std::string qualityTable(const QualityReport& quality);
nlohmann::ordered_json qualityJson(const QualityReport& quality);

std::string overlapTable(const AdapterOverlap& overlap);
nlohmann::ordered_json overlapJson(const AdapterOverlap& overlap);

/// Names without the path all of them share, as long as they take no more than `columns`.
std::vector<std::string> shortNames(const std::vector<std::string>& modules, std::size_t columns);

} // namespace lora::app
