#pragma once

#include "core/data/data_loader.h"
#include "core/models/language_model.h"
#include "core/train/worker_pool.h"

#include <string>

namespace lora {

/// Names hidden states by everything that decides their bits: version, architecture, the trunk's frozen
/// weights, the products' type, the batches' token ids and types, and the layer they enter. 16 hexadecimal
/// digits.
std::string prefixKey(LanguageModel<float>& model, const EvaluationLoader& batches, int layer,
                      const std::string& dtype, WorkerPool& pool);

} // namespace lora
