#pragma once

#include "core/models/model_family.h"

namespace lora {

// One file a family: names, shapes and the quirks of its checkpoints as Hugging Face's classes have them.

/// BERT (Devlin et al., arXiv:1810.04805).
template <class T>
const ModelFamily<T>& bertFamily();
/// RoBERTa (Liu et al., arXiv:1907.11692): BERT's blocks, positions counted behind the padding token's.
template <class T>
const ModelFamily<T>& robertaFamily();
/// ELECTRA's discriminator (Clark et al., arXiv:2003.10555): BERT's blocks, narrow embeddings.
template <class T>
const ModelFamily<T>& electraFamily();
/// DistilBERT (Sanh et al., arXiv:1910.01108): no token types, no pooler.
template <class T>
const ModelFamily<T>& distilBertFamily();
/// ALBERT (Lan et al., arXiv:1909.11942): one block serves every layer, narrow embeddings.
template <class T>
const ModelFamily<T>& albertFamily();
/// GPT-2 (Radford et al. 2019): query, key and value in one module, weights transposed in checkpoints.
template <class T>
const ModelFamily<T>& gpt2Family();
/// GPT-Neo (Black et al. 2021): every other layer looks back only a window, scores are not scaled.
template <class T>
const ModelFamily<T>& gptNeoFamily();
/// Llama (Touvron et al., arXiv:2302.13971), Mistral (Jiang et al., arXiv:2310.06825) and Qwen2
/// (arXiv:2407.10671): rotary positions, grouped heads, gated feed-forward.
template <class T>
const ModelFamily<T>& llamaFamily();

} // namespace lora
