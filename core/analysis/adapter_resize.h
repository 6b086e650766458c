#pragma once

#include "core/analysis/low_rank.h"
#include "core/config/experiment_config.h"
#include "core/models/language_model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// How large adapters shall be: one rank for all, or for each module the smallest that keeps a share of Σσ².
/// Exactly one is set.
struct RankChoice
{
    std::optional<std::int64_t> rank;
    std::optional<double> energy; ///< above 0, at most 1

    /// Throws lora::Error (BadUsage) when not exactly one is set, or out of range; `largest`: the most
    /// dimensions any module has (min(in, out)).
    void check(std::int64_t largest) const;
    /// For a matrix with this spectrum; at least 1.
    std::int64_t rankFor(const LowRankSvd& svd) const;
};

/// One adapter of a model with the decomposition of its update, to be set to other ranks and back. Keeps what
/// the model had.
class RankedAdapter
{
public:
    /// Throws lora::Error (BadInput) when its weights are not finite.
    explicit RankedAdapter(Linear<float>& linear);

    const std::string& module() const { return m_linear->name(); }
    const LowRankSvd& svd() const { return m_svd; }
    std::int64_t rank() const { return m_original.r(); } ///< the original one
    /// Smaller: the best approximation. The original rank: the original pair. Larger: that pair and new
    /// directions with B zero, so that results stay, and A drawn as a fresh adapter's, so that training can
    /// use them. The scaling stays.
    void setRank(std::int64_t rank);

private:
    Linear<float>* m_linear;
    LoraAdapter<float> m_original;
    LowRankSvd m_svd;
};

/// Those of all adapted modules, in the model's order.
std::vector<RankedAdapter> rankedAdapters(LanguageModel<float>& model);

/// √(Σ errors² / Σ norms²) over all modules when each is truncated to `rank`.
double truncationError(const std::vector<RankedAdapter>& adapters, std::int64_t rank);

struct ResizedModule
{
    std::string module;
    std::int64_t oldRank = 0;
    std::int64_t rank = 0;
    double error = 0; ///< ‖Δ − Δ'‖_F / ‖Δ‖_F
};

struct ResizedAdapter
{
    LoraConfig
        config; ///< `r` of most modules, the others in rank_pattern and alpha_pattern; the same scaling
    std::vector<ResizedModule> modules;
    double error = 0; ///< of all together
};

/// Sets every adapter of the model to another rank; `config` is what it was made with. Throws lora::Error as
/// RankChoice::check and RankedAdapter do, and (BadUsage) for a model without adapters.
ResizedAdapter resizeAdapters(LanguageModel<float>& model, const LoraConfig& config,
                              const RankChoice& choice);

/// `config` with ranks and alphas that give each adapter of the model its own rank and scaling.
LoraConfig describedRanks(LoraConfig config, LanguageModel<float>& model);

} // namespace lora
