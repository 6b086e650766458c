#pragma once

#include "core/config/experiment_config.h"
#include "core/lora/trainable_parameters.h"

namespace lora {

/// Prepares a model for training as the method says and returns what is trained:
/// lora: adapters (A Kaiming-uniform with a = √5, B zero, so that nothing changes before the first step), the
/// head and modules_to_save, biases as `bias` says; full: everything; head: the classifier and
/// modules_to_save. Random streams are named after the parameters: the same seed gives the same start
/// whatever else differs.
template <class T>
TrainableParameters<T> applyMethod(LanguageModel<T>& model, const MethodConfig& method, std::uint64_t seed);

/// Adds the adapters of `config` to the model's modules, initialised as above; nothing becomes trainable.
template <class T>
void injectAdapters(LanguageModel<T>& model, const LoraConfig& config, std::uint64_t seed);

/// Folds every adapter into its weight.
template <class T>
void mergeAdapters(LanguageModel<T>& model);

} // namespace lora
