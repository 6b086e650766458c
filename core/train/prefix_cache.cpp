#include "core/train/prefix_cache.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/data/data_loader.h"
#include "core/io/atomic_file.h"
#include "core/math/gemm.h"
#include "core/train/prefix_key.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace fs = std::filesystem;

namespace {

/// Tokens of one batch: enough for efficient products, little memory; fixed, because it decides bits.
constexpr std::int64_t tokenBudget = 1024;

/// Which rows of a data set are kept, as offsets: all tokens of every example.
std::vector<std::int64_t> keptTokens(const TokenizedDataset& dataset)
{
    std::vector<std::int64_t> first{0};
    first.reserve(dataset.size() + 1);
    for (const TokenizedExample& example : dataset.examples)
        first.push_back(first.back() + static_cast<std::int64_t>(example.inputIds.size()));
    return first;
}

/// Fills `states` on all workers; false when a stop was requested on the way.
bool compute(const PrefixRequest& request, const EvaluationLoader& batches, PrefixStates& states,
             WorkerPool& pool, TrainingControl& control, const PrefixCache::Progress& progress)
{
    const auto workers = static_cast<std::size_t>(pool.size());
    std::vector<std::unique_ptr<ModelPass<float>>> passes;
    for (std::size_t worker = 0; worker < workers; ++worker)
        passes.push_back(std::make_unique<ModelPass<float>>(request.model));
    std::vector<Batch> packed(workers);
    const PrefixRows& rows = states.rows();
    float* values = states.block().values();
    for (std::size_t first = 0; first < batches.size(); first += workers) {
        if (control.isStopRequested())
            return false;
        pool.run([&](int worker) {
            const auto w = static_cast<std::size_t>(worker);
            if (first + w >= batches.size())
                return;
            batches.load(first + w, packed[w]);
            // Rows stand in file order in batch and block alike.
            const ConstMatrix<float> hidden = passes[w]->prefix(packed[w], request.layer);
            std::copy_n(hidden.data, hidden.size(),
                        values + rows.firstTokens[packed[w].exampleIndex.front()] * rows.width);
        });
        if (progress)
            progress(static_cast<std::int64_t>(std::min(first + workers, batches.size())),
                     static_cast<std::int64_t>(batches.size()));
    }
    return true;
}

/// A nameless file for what memory does not hold.
std::unique_ptr<PrefixBlock> spillInto(const fs::path& folder, std::int64_t count)
{
    std::error_code error;
    const fs::path target = folder.empty() ? fs::temp_directory_path(error) : folder;
    makeFolder(target);
    auto block = PrefixBlock::inFile(target, count, 0);
    block->forgetName();
    return block;
}

} // namespace

PrefixStates::PrefixStates(std::unique_ptr<PrefixBlock> block, std::vector<std::int64_t> firstTokens,
                           std::int64_t width, int layer)
    : m_block(std::move(block))
    , m_firstTokens(std::move(firstTokens))
    , m_rows{m_block->values(), m_firstTokens, width, layer}
{}

PrefixFacts prefixFacts(const LanguageModel<float>& model, const TrainingConfig& training,
                        const TokenizedDataset& rows, double epochs)
{
    const ModelConfig& config = model.config();
    const double dropout = std::max(config.hiddenDropoutProb, config.attentionProbsDropoutProb);
    return {.lowestLayer = model.trunk().lowestTrainable(),
            .dropout = training.hiddenDropout.value_or(dropout),
            .isHiddenAnew = rows.masking.has_value(),
            .epochs = epochs};
}

PrefixCache::PrefixCache(PrefixBudget budget)
    : m_budget(std::move(budget))
    , m_folder(m_budget.folder, m_budget.keptBytes)
{}

std::shared_ptr<const PrefixStates> PrefixCache::find(const std::string& key)
{
    const auto found = std::ranges::find(m_entries, key, &Entry::key);
    if (found == m_entries.end())
        return nullptr;
    std::rotate(found, found + 1, m_entries.end());
    return m_entries.back().states;
}

std::int64_t PrefixCache::bytesInMemory() const
{
    std::int64_t bytes = 0;
    for (const Entry& entry : m_entries)
        if (entry.states->block().place() == PrefixPlace::Memory)
            bytes += static_cast<std::int64_t>(entry.states->block().bytes());
    return bytes;
}

bool PrefixCache::makeRoomInMemory(std::int64_t bytes)
{
    const auto isSpare = [](const Entry& entry) {
        return entry.states.use_count() == 1 && entry.states->block().place() == PrefixPlace::Memory;
    };
    while (bytes <= m_budget.memoryBytes && bytesInMemory() + bytes > m_budget.memoryBytes) {
        const auto oldest = std::ranges::find_if(m_entries, isSpare);
        if (oldest == m_entries.end())
            return false;
        m_entries.erase(oldest);
    }
    return bytes <= m_budget.memoryBytes;
}

std::unique_ptr<PrefixBlock> PrefixCache::roomFor(const PrefixRequest& request, std::int64_t count,
                                                  PrefixResult& result)
{
    if (request.isKept && m_folder.takes(count)) {
        try {
            return m_folder.create(count);
        } catch (const Error& error) {
            result.notices.push_back(
                fmt::format("Hidden states are not kept for later sessions: {}.", error.what()));
        }
    }
    const std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(float));
    try {
        return makeRoomInMemory(bytes) ? PrefixBlock::inMemory(count) : spillInto(m_budget.folder, count);
    } catch (const Error& error) {
        result.notices.push_back(
            fmt::format("No room for {} of hidden states, so every epoch computes them: {}.",
                        bytesText(static_cast<double>(bytes)), error.what()));
        return nullptr;
    }
}

void PrefixCache::keepForLater(PrefixBlock& block, const std::string& key, PrefixResult& result)
{
    if (!block.hasTemporaryName())
        return;
    try {
        m_folder.keep(block, key);
    } catch (const Error& error) {
        block.forgetName();
        result.notices.push_back(
            fmt::format("Hidden states are not kept for later sessions: {}.", error.what()));
    }
}

PrefixResult PrefixCache::obtain(const PrefixRequest& request, WorkerPool& pool, TrainingControl& control,
                                 const Progress& progress)
{
    const std::lock_guard lock(m_mutex);
    PrefixResult result;
    const EvaluationLoader batches(request.dataset, request.model.task(), tokenBudget, request.seed);
    const std::string key = prefixKey(request.model, batches, request.layer, request.dtype, pool);
    result.states = find(key);
    result.origin = PrefixResult::Origin::Shared;
    if (result.states)
        return result;

    const std::int64_t width = request.model.trunk().hiddenSize();
    std::vector<std::int64_t> tokens = keptTokens(request.dataset);
    const std::int64_t count = tokens.back() * width;
    if (auto kept = request.isKept ? m_folder.find(key, count) : nullptr) {
        result.origin = PrefixResult::Origin::Kept;
        result.states =
            std::make_shared<PrefixStates>(std::move(kept), std::move(tokens), width, request.layer);
        m_entries.push_back({key, result.states});
        return result;
    }
    result.origin = PrefixResult::Origin::Computed;
    auto block = roomFor(request, count, result);
    if (!block)
        return result;
    const auto states =
        std::make_shared<PrefixStates>(std::move(block), std::move(tokens), width, request.layer);
    const std::int64_t flopsBefore = gemmFlops();
    result.isStopped = !compute(request, batches, *states, pool, control, progress);
    result.flops = gemmFlops() - flopsBefore;
    if (result.isStopped)
        return result;
    keepForLater(states->block(), key, result);
    result.states = states;
    m_entries.push_back({key, states});
    return result;
}

} // namespace lora
