#pragma once

#include "core/experiment/experiment_runner.h"
#include "core/sweep/sweep_folder.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace lora {

/// Told about the runs of a sweep, on the training thread.
class SweepObserver
{
public:
    virtual ~SweepObserver() = default;

    /// A run of an earlier session that is not repeated.
    virtual void onRunSkipped(std::size_t /*run*/) {}
    /// Who listens to the run that begins, until onRunEnd.
    virtual TrainingObserver& onRunBegin(std::size_t run, const RunRequest& request) = 0;
    virtual void onRunEnd(std::size_t /*run*/, const RunOutcome& /*outcome*/) {}
};

/// How a planned run is made, begun or gone on with. Throws lora::Error (BadInput) where its folder holds
/// another run than the plan says.
RunRequest requestFor(const Sweep& sweep, std::size_t run, std::shared_ptr<PrefixCache> cache);

/// Whether runs may profit from what frozen layers gave another run.
enum class PrefixSharing {
    Shared,
    Separate ///< what a run takes is then its own, as where it is compared with others
};

/// The cache of a sweep's runs, made one after the other: the same as long as they can share what frozen
/// layers compute, then a new one, before which the last is let go.
class SweepCaches
{
public:
    explicit SweepCaches(PrefixBudget budget, PrefixSharing sharing = PrefixSharing::Shared)
        : m_budget(std::move(budget))
        , m_isShared(sharing == PrefixSharing::Shared)
    {}

    std::shared_ptr<PrefixCache> of(const PlannedRun& run);

private:
    PrefixBudget m_budget;
    bool m_isShared;
    std::pair<int, std::uint64_t> m_sharing;
    std::shared_ptr<PrefixCache> m_cache;
};

/// Makes the runs of a sweep that are not done, one after the other in this process. Those that stand side by
/// side and have the same frozen layers share what these compute, within the budget; it is let go before runs
/// with others begin, whose memory so is their own. A diverged run is a result like any other and the sweep
/// goes on; a stopped one ends it. Throws lora::Error naming the run that could not be made; what is done
/// stays. Diverged when a run of this call did.
RunStatus runSweep(const Sweep& sweep, const PrefixBudget& budget, SweepObserver& observer,
                   TrainingControl& control, PrefixSharing sharing = PrefixSharing::Shared);

} // namespace lora
