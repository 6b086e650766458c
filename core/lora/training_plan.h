#pragma once

#include "core/lora/target_selection.h"
#include "core/models/model_summary.h"

#include <set>
#include <string>
#include <vector>

namespace lora {

/// What of a model a method touches: the names targeting looks at.
struct ModelParts
{
    std::vector<TargetCandidate> linears;
    std::vector<std::string> parameters;
    std::vector<std::string> headParameters; ///< of the task's head
    std::string tiedModule; ///< the output embedding while it shares the word embeddings' weight; empty: none
    TaskType task = TaskType::SequenceClassification;
};

ModelParts partsOf(const ModelSummary& summary, TaskType task);

/// What a method trains: the adapters it adds and the base model's parameters that are not frozen. The one
/// place that decides it, for training, for the cost estimate and for the layer map.
struct TrainingPlan
{
    std::vector<AdapterPlan> adapters;
    std::set<std::string> trainedParameters; ///< of the base model and its head
    std::vector<std::string> savedModules;   ///< modules_to_save with the task's own
    /// A tied output embedding that is trained on its own: it gets a weight of its own, as PEFT's copy in
    /// modules_to_save does. Empty: none.
    std::string untiedModule;

    const AdapterPlan* adapterOf(const std::string& module) const;
    /// LoRA-FA: of the adapters only B is trained.
    bool isAFrozen() const { return !adapters.empty() && adapters.front().isAFrozen; }
    bool isTrained(const std::string& parameter) const { return trainedParameters.contains(parameter); }
};

/// LoRA's default targets are BERT's query and value. In a model that has no such modules they become what
/// PEFT takes there: q_proj and v_proj, c_attn, q_lin and v_lin. Whether that was so.
bool adoptUsualTargets(MethodConfig& method, const ModelParts& parts);

/// Throws lora::Error (BadUsage) as planAdapters does.
TrainingPlan planTraining(const MethodConfig& method, const ModelParts& parts);

} // namespace lora
