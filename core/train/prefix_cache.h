#pragma once

#include "core/base/prefix_budget.h"
#include "core/config/experiment_config.h"
#include "core/data/prefix_rows.h"
#include "core/data/tokenized_dataset.h"
#include "core/lora/prefix_plan.h"
#include "core/models/language_model.h"
#include "core/train/prefix_folder.h"
#include "core/train/training_control.h"
#include "core/train/worker_pool.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lora {

/// The hidden states entering one layer for every row of a data set.
class PrefixStates
{
public:
    PrefixStates(std::unique_ptr<PrefixBlock> block, std::vector<std::int64_t> firstTokens,
                 std::int64_t width, int layer);
    /// The view batches start from; valid as long as this.
    const PrefixRows& rows() const { return m_rows; }
    PrefixBlock& block() { return *m_block; }
    const PrefixBlock& block() const { return *m_block; }

private:
    std::unique_ptr<PrefixBlock> m_block;
    std::vector<std::int64_t> m_firstTokens;
    PrefixRows m_rows;
};

struct PrefixRequest
{
    LanguageModel<float>& model; ///< nothing below `layer` is trained
    const TokenizedDataset& dataset;
    std::uint64_t seed = 0; ///< decides what masked language modelling hides
    int layer = 0;
    std::string dtype = "float32"; ///< of the products, not of what is kept
    bool isKept = true;            ///< may be left in the folder for later sessions
};

struct PrefixResult
{
    enum class Origin {
        Computed,
        Shared, ///< by an earlier run of this process
        Kept    ///< by an earlier session
    };
    std::shared_ptr<const PrefixStates> states; ///< null: stopped on the way, or no room (see notices)
    bool isStopped = false;
    Origin origin = Origin::Computed;
    std::int64_t flops = 0; ///< done for it now
    std::vector<std::string> notices;
};

/// What decides whether a model's frozen layers can run once for `epochs` passes over the rows.
PrefixFacts prefixFacts(const LanguageModel<float>& model, const TrainingConfig& training,
                        const TokenizedDataset& rows, double epochs);

/// Computes hidden states that never change once and keeps them: for the epochs and evaluations of a run, for
/// the runs of a sweep that share this object, and in files for later sessions. They are computed in file
/// order in batches of a fixed size, so their bits depend on model and data alone. Safe to share between
/// threads; one computes at a time.
class PrefixCache
{
public:
    using Progress = std::function<void(std::int64_t done, std::int64_t total)>;

    explicit PrefixCache(PrefixBudget budget);

    PrefixResult obtain(const PrefixRequest& request, WorkerPool& pool, TrainingControl& control,
                        const Progress& progress);

private:
    struct Entry
    {
        std::string key;
        std::shared_ptr<const PrefixStates> states;
    };

    std::shared_ptr<const PrefixStates> find(const std::string& key);
    std::unique_ptr<PrefixBlock> roomFor(const PrefixRequest& request, std::int64_t count,
                                         PrefixResult& result);
    bool makeRoomInMemory(std::int64_t bytes);
    void keepForLater(PrefixBlock& block, const std::string& key, PrefixResult& result);
    std::int64_t bytesInMemory() const;

    PrefixBudget m_budget;
    PrefixFolder m_folder;
    std::mutex m_mutex;
    std::vector<Entry> m_entries; ///< used last at the end
};

} // namespace lora
