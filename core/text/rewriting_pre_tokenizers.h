#pragma once

#include "core/text/pre_tokenizer.h"

namespace lora {

/// The pre-tokenizers that rewrite text.

/// Bytes as characters of GPT-2's alphabet.
std::unique_ptr<PreTokenizer> makeByteCharacters();
/// A space before every piece that has none.
std::unique_ptr<PreTokenizer> makePrefixSpace();

/// Which pieces get a mark in front: the one at the text's beginning, all, none.
enum class MetaspacePrepend { First, Always, Never };
/// Sentencepiece's words: spaces become a visible mark ("▁") that begins the word after it.
std::unique_ptr<PreTokenizer> makeMetaspaceSplit(const std::string& mark, MetaspacePrepend prepend,
                                                 bool isSplit);

} // namespace lora
