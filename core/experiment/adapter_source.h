#pragma once

#include "core/experiment/trained_model.h"

#include <filesystem>
#include <optional>
#include <string>

namespace lora {

/// A trained model with what its adapter was made with: of a run, or of a PEFT folder on its base.
struct AdapterSource
{
    TrainedModel trained;
    LoraConfig lora;  ///< of adapter_config.json; defaults where there is no adapter
    std::string base; ///< the model it sits on, as the user named it
};

struct AdapterSourceRequest
{
    std::string runOrAdapter;
    std::optional<std::string> base; ///< none: the run's, or the one adapter_config.json names
    std::optional<TaskType> task;    ///< of a PEFT folder; none: as its task_type says
};

/// Whether the folder holds an adapter_config.json.
bool holdsAdapter(const std::filesystem::path& folder);

/// Throws lora::Error when it is neither a run nor an adapter, or the base cannot be found.
AdapterSource openAdapterSource(const AdapterSourceRequest& request);

/// The model a trained one began from: with its task, labels and (of a run) the same new head.
std::unique_ptr<LanguageModel<float>> loadBaseOf(const TrainedModel& trained, const std::string& base);

/// The rows a run is evaluated on. Throws lora::Error when its data is gone or it is no run.
TokenizedDataset evaluationRows(const TrainedModel& trained);

/// Rows of random tokens: they tell two models apart as well as text does.
TokenizedDataset randomRows(const ModelConfig& config, std::size_t rows);

/// Rows to compare logits on: the first of the run's evaluation rows, random tokens where there are none.
TokenizedDataset probeRows(const TrainedModel& trained, std::size_t rows = 32);

} // namespace lora
