#pragma once

#include "core/lora/trainable_parameters.h"
#include "core/optim/adamw.h"

#include <filesystem>
#include <optional>

namespace lora {

/// Where a run stands between two steps; with the weights and moments this is all that decides how it goes
/// on.
struct TrainerState
{
    std::int64_t step = 0;
    std::int64_t tokens = 0;
    double tokenPairs = 0; ///< Σ attendedPairs of the sequences trained on
    /// Of those, the ones that went through the layers below the cut: fewer where their results are kept.
    std::int64_t tokensBelowCut = 0;
    double tokenPairsBelowCut = 0;
    std::int64_t sequences = 0;
    std::int64_t labelledItems = 0;
    double labelledPairs = 0;  ///< language modelling: Σ labelledPairs of the batches
    bool isPrefixKept = false; ///< the layers below the cut ran once for all epochs
    double flops = 0;          ///< counted inside the matrix products
    double trainSeconds = 0;   ///< training steps alone
    double seconds = 0;        ///< since training began, pauses excluded
    std::int64_t bestStep = 0;
    std::optional<double> bestValue;
    int evaluationsWithoutGain = 0;
    std::int64_t evaluatedStep = -1; ///< step of the last finished evaluation
    int workers = 0;
};

/// "<runFolder>/checkpoint-<step>"
std::filesystem::path checkpointFolder(const std::filesystem::path& runFolder, std::int64_t step);
/// Steps of the complete checkpoints in a run folder, ascending.
std::vector<std::int64_t> checkpointSteps(const std::filesystem::path& runFolder);

/// Writes trainable.safetensors, optimizer.safetensors and trainer_state.json as one folder, whole or not at
/// all.
void saveCheckpoint(const std::filesystem::path& folder, const TrainableParameters<float>& trainable,
                    AdamW<float>& optimizer, const TrainerState& state);
/// Restores all of it. Throws lora::Error when the checkpoint belongs to another configuration.
TrainerState loadCheckpoint(const std::filesystem::path& folder, const TrainableParameters<float>& trainable,
                            AdamW<float>& optimizer);
/// The weights alone: to go back to the best model.
void loadCheckpointWeights(const std::filesystem::path& folder, const TrainableParameters<float>& trainable);

} // namespace lora
