#pragma once

#include "core/analysis/adapter_spectrum.h"
#include "core/analysis/rank_advice.h"
#include "core/experiment/trained_model.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// A run with its adapters cut to one rank.
struct RankPoint
{
    std::int64_t rank = 0; ///< 0: without adapters
    std::map<std::string, double> metrics;
    double truncationError = 0;  ///< ‖Δ − Δ_rank‖_F / ‖Δ‖_F over all modules
    std::int64_t parameters = 0; ///< of the adapters at that rank
    std::optional<RankLoss>
        loss; ///< against the untruncated run, by the curve's metric; none for that itself
};

/// The quality of one run truncated to every smaller rank.
struct RankCurve
{
    std::string metric; ///< "accuracy"
    std::int64_t rows = 0;
    std::int64_t trainedRank = 0;  ///< the largest of its modules
    std::vector<RankPoint> points; ///< ascending, the last untruncated
    std::vector<ModuleSpectrum> spectra;
    RankAdvice advice; ///< the smallest rank within noise is marked there
};

struct RankCurveOptions
{
    std::vector<std::int64_t> ranks;  ///< empty: 0, powers of two and the run's own
    int threads = 0;                  ///< 0: one per processor
    std::vector<TrainedRank> trained; ///< runs of a sweep, for the advice
    std::function<void(std::size_t done, std::size_t total, std::int64_t rank)> onRank; ///< may be empty
};

/// Truncates the model's adapters to each rank in memory and evaluates it on `rows`; layers below the lowest
/// adapter run once for all ranks. The model is as before afterwards. Throws lora::Error (BadUsage) for a
/// model without adapters, rows without labels, or a rank below 0 or above the trained one.
RankCurve measureRankCurve(const TrainedModel& trained, const TokenizedDataset& rows,
                           const RankCurveOptions& options = {});

} // namespace lora
