#pragma once

#include "core/cost/cost_report.h"
#include "core/lora/training_plan.h"
#include "core/models/model_summary.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// How much there is to do: sums over the sequences a model is trained on.
struct WorkCounts
{
    double tokens = 0;
    double tokenPairs = 0; ///< what attention depends on: Σ attendedPairs, length² without a causal mask
    double sequences = 0;
    double steps = 0;          ///< of the optimiser
    double labelledTokens = 0; ///< language modelling
    double labelledPairs = 0;  ///< language modelling: pairs of a labelled token and one it attends to
    /// Of work below the cut: the last block gave all rows, because they were to be kept.
    bool isForAllRows = false;

    WorkCounts& operator+=(const WorkCounts& other);
};
WorkCounts countWork(std::span<const std::int32_t> lengths, bool isCausal);

/// What a matrix product is done for each of. The last block does most of its work for the rows alone that
/// the task's head reads: needed tokens, and pairs of a needed token with a token of its sequence.
/// DoRA's norms are computed once for each step of the optimiser.
enum class WorkUnit { Token, TokenPair, Sequence, LabelledToken, NeededToken, NeededPair, Step };

/// The products of one module, in floating-point operations per unit; a multiply-add counts 2.
struct LedgerEntry
{
    std::string module;
    WorkUnit unit = WorkUnit::Token;
    double forward = 0;
    double activationGradients = 0;
    double weightGradients = 0;
    double adapters = 0;
    bool isBelowCut = false; ///< forward alone, and the same in every epoch
};

/// Every matrix product of a training step, module by module: exact, and held against the counter inside GEMM
/// by a test.
class FlopLedger
{
public:
    FlopLedger(TaskType task, std::vector<LedgerEntry> entries)
        : m_task(task)
        , m_entries(std::move(entries))
    {}

    const std::vector<LedgerEntry>& entries() const { return m_entries; }
    /// Operations for so much work, by purpose.
    FlopsPerToken total(const WorkCounts& work) const { return total(work, work); }
    /// The same where only `belowCut` of it goes through the layers below the cut, because what they give is
    /// kept.
    FlopsPerToken total(const WorkCounts& work, const WorkCounts& belowCut) const;

private:
    double amount(const WorkCounts& work, WorkUnit unit) const;

    TaskType m_task;
    std::vector<LedgerEntry> m_entries;
};

/// The ledger of training a model for `task` as `plan` says. With gradient checkpointing the blocks from the
/// cut upwards run forward twice: the second time counts with the gradients it is done for.
FlopLedger trainingLedger(const ModelSummary& model, TaskType task, const TrainingPlan& plan,
                          bool isCheckpointing = false);

} // namespace lora
