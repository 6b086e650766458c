#pragma once

#include "core/models/model_family.h"

namespace lora {

/// BERT (Devlin et al., arXiv:1810.04805): names and shapes of Hugging Face's BertForSequenceClassification
/// and BertForMaskedLM. Old checkpoints say gamma and beta for a norm's weight and bias and may lack the
/// "bert." prefix.
template <class T>
const ModelFamily<T>& bertFamily();

} // namespace lora
