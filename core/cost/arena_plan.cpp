#include "core/cost/arena_plan.h"

#include "core/cost/pass_tally.h"
#include "core/nn/attention_strips.h"

#include <algorithm>
#include <cmath>

namespace lora {

PieceFacts pieceFacts(std::span<const std::int32_t> lengths, bool isCausal, double labelledShare)
{
    PieceFacts facts;
    for (const std::int32_t length : lengths) {
        const auto labelled = static_cast<std::int64_t>(std::lround(labelledShare * length));
        facts.tokens += length;
        const std::int64_t pairs = attendedPairs(length, isCausal);
        facts.tokenPairs += pairs;
        facts.longest = std::max<std::int64_t>(facts.longest, length);
        ++facts.sequences;
        facts.labelledTokens += labelled;
        facts.labelledPairs += std::llround(labelledShare * static_cast<double>(pairs));
    }
    return facts;
}

double arenaBytes(const ModelSummary& model, const TrainingPlan& plan, const PieceFacts& piece,
                  const PassUse& use)
{
    return static_cast<double>(PassTally(model, plan, piece, use).peak());
}

} // namespace lora
