#pragma once

#include "core/data/batch.h"
#include "core/data/work_split.h"
#include "core/optim/adamw.h"
#include "core/train/shared_gradients.h"
#include "core/train/worker_pool.h"

#include <memory>
#include <optional>
#include <vector>

namespace lora {

struct StepResult
{
    double loss = 0; ///< mean over the labelled items of the step
    double gradNorm = 0;
    std::int64_t tokens = 0;
    std::int64_t flops = 0; ///< counted inside GEMM
};

/// One optimiser step, data-parallel: the sequences of every batch are dealt to the workers, each runs
/// forward and backward on its share, piece by piece, with its own arena. Gradients of large weights are
/// added up in one place, in turn; the others each worker has for itself, and they are summed in worker
/// order. Then all are clipped and applied by slices. The same seed and number of workers give bit-identical
/// results.
template <class T>
class TrainingStep
{
public:
    TrainingStep(LanguageModel<T>& model, const TrainableParameters<T>& trainable, WorkerPool& pool,
                 const AdamWSettings& settings, double maxGradNorm,
                 GradientSharing sharing = GradientSharing::Large);

    /// Runs one step over the batches of one accumulation group. The mean is over all labelled items of the
    /// group. `dropoutKey` names this step's masks. The weights are left untouched when loss or norm is not
    /// finite.
    StepResult run(std::span<const Batch> batches, double learningRate, std::uint64_t dropoutKey);
    /// Gradients of the group alone, reduced into worker 0's store; for tests and measurements.
    StepResult accumulate(std::span<const Batch> batches, std::uint64_t dropoutKey);

    /// Passes start from these hidden states of the training rows (null: from the embeddings), which have to
    /// outlive the step. Only with dropout off below their layer.
    void startFrom(const PrefixRows* prefix) { m_prefix = prefix; }

    /// How many tokens of its share a worker takes at once, instead of what suits the model (piece_size.h).
    void setTokensPerPiece(std::int64_t tokens) { m_tokensPerPiece = tokens; }

    /// Computes activations once more in backward instead of keeping them: the same bits, less memory.
    void setGradientCheckpointing(bool isOn)
    {
        for (const auto& pass : m_passes)
            pass->setGradientCheckpointing(isOn);
    }

    /// LoRA+ (Hayou et al., arXiv:2402.12354): the learning rate of adapters' B, and as in PEFT of every
    /// one-dimensional weight, is that of the others times `ratio`.
    void setLoraPlusRatio(double ratio);

    /// The activations' memory goes back to the system until the next step.
    void giveBackActivations();

    GradientStore<T>& gradients() { return *m_gradients[0]; }
    AdamW<T>& optimizer() { return m_optimizer; }
    std::int64_t gradientBytes() const; ///< of all workers
    /// Sum of the workers' largest arenas so far.
    std::size_t arenaPeakBytes() const;
    std::size_t heapAllocations() const; ///< of all arenas, ever

private:
    struct Slice
    {
        Parameter<T>* parameter = nullptr;
        std::int64_t first = 0; ///< within the parameter
        std::int64_t count = 0;
        std::int64_t ownOffset = 0; ///< in the blocks of further workers; -1: shared
        double rateRatio = 1;
    };

    void forwardBackward(std::span<const Batch> batches, std::int64_t items, std::uint64_t dropoutKey);
    void runShare(std::span<const Batch> batches, int worker, T gradientScale, std::uint64_t dropoutKey);
    void runPiece(const Batch& batch, std::span<const std::uint32_t> sequences, int worker, T gradientScale,
                  std::uint64_t dropoutKey);
    void clearGradients(std::span<const Batch> batches);
    std::int32_t countPieces(std::span<const Batch> batches, int worker) const;
    double reduceGradients();
    void applyGradients();
    void refreshMagnitudes();

    WorkerPool& m_pool;
    AdamW<T> m_optimizer;
    std::vector<Linear<T>*> m_magnified; ///< modules with DoRA's magnitudes
    double m_maxGradNorm;
    std::int64_t m_tokensPerPiece;
    std::vector<Slice> m_slices;
    std::vector<double> m_sliceSquares;
    std::optional<GradientTurns> m_turns;    ///< where gradients are shared
    std::vector<std::int32_t> m_pieceCounts; ///< of each worker, in this step
    std::vector<std::unique_ptr<GradientStore<T>>> m_gradients;
    std::vector<std::unique_ptr<ModelPass<T>>> m_passes;
    WorkSplitter m_splitter;
    std::vector<WorkSplit> m_splits; ///< of each batch of a group
    std::vector<Batch> m_pieces;     ///< of each worker, what goes through the model together
    std::vector<double> m_losses;
    const PrefixRows* m_prefix = nullptr;
};

} // namespace lora
