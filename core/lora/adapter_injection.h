#pragma once

#include "core/lora/trainable_parameters.h"
#include "core/lora/training_plan.h"

namespace lora {

/// Whether the name is that of an adapter's weight: "<module>.lora_A.weight", "….lora_B.weight" or DoRA's
/// "….lora_magnitude_vector".
bool isAdapterParameter(const std::string& name);

template <class T>
ModelParts partsOf(LanguageModel<T>& model);

/// Prepares a model for training as the method says and returns what is trained:
/// lora: adapters (A Kaiming-uniform with a = √5, B zero, so that nothing changes before the first step; or
/// as init_lora_weights says), the head and modules_to_save, biases as `bias` says; full: everything; head:
/// the classifier and modules_to_save. Random streams are named after the parameters: the same seed gives the
/// same start whatever else differs.
template <class T>
TrainableParameters<T> applyMethod(LanguageModel<T>& model, const MethodConfig& method, std::uint64_t seed);

/// Adds adapters, named and shaped but without values: what a file's config asks for may be far larger than
/// its weights.
template <class T>
void attachAdapters(LanguageModel<T>& model, const std::vector<AdapterPlan>& adapters,
                    double dropoutProbability);

/// Adds adapters, initialised as above; nothing becomes trainable. PiSSA and OLoRA leave the weight what the
/// pair does not hold. Throws lora::Error (BadUsage) when the rank is too large for them.
template <class T>
void injectAdapters(LanguageModel<T>& model, const std::vector<AdapterPlan>& adapters, const LoraConfig& lora,
                    std::uint64_t seed);

/// Makes what the plan trains trainable, its adapters (already added) included.
template <class T>
TrainableParameters<T> trainableOf(LanguageModel<T>& model, const TrainingPlan& plan);

/// Folds every adapter into its weight.
template <class T>
void mergeAdapters(LanguageModel<T>& model);

} // namespace lora
