#pragma once

#include "core/models/model_summary.h"

#include <QString>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lora::ui {

/// What training did to one linear module, ΔW being its change.
struct InspectedModule
{
    ModuleInfo module;
    std::optional<std::int64_t> rank;   ///< of its adapter
    std::vector<double> singularValues; ///< of ΔW, descending; empty: the module stayed as it was
    double effectiveRank = 0;
    std::int64_t rank90 = 0; ///< keeps 90 % of Σσ²
    double changeNorm = 0;   ///< ‖ΔW‖_F
    double relativeChange = 0;

    bool isChanged() const { return !singularValues.empty(); }
};

/// A run as the Inspect page shows it.
struct RunInspection
{
    QString folder;
    std::vector<InspectedModule> modules; ///< all linear modules, in the model's order
};

/// How far two runs' adapters of one module learned the same directions: φ of the LoRA paper's section 7.2,
/// 1 where one space holds the other, beside what random spaces give.
struct SharedDirections
{
    std::string module;
    std::int64_t firstRank = 0;
    std::int64_t secondRank = 0;
    double leading = 0, leadingByChance = 0; ///< of the strongest direction read
    double read = 0, readByChance = 0;       ///< of all directions read
    double written = 0, writtenByChance = 0; ///< of all directions written
};

struct RunOverlap
{
    QString folder;
    QString other;                         ///< the run it is compared with
    std::vector<SharedDirections> modules; ///< trained in both
};

/// Quality of a run whose adapters are cut to `rank`.
struct TruncatedQuality
{
    std::int64_t rank = 0; ///< 0: without adapters
    double quality = 0;
    std::optional<std::pair<double, double>> interval; ///< 95 %, of the paired loss, around `quality`
};

struct RankCurveValues
{
    QString folder;
    std::string metric;
    std::int64_t rows = 0;
    std::vector<TruncatedQuality> points; ///< ascending, the last untruncated
    std::optional<std::int64_t> enough;   ///< the smallest rank within noise
    QString sentence;                     ///< the recommendation
};

/// How far a rank curve is.
struct RankCurveProgress
{
    int done = 0;
    int total = 0;
    std::int64_t rank = 0; ///< being evaluated
};

} // namespace lora::ui
