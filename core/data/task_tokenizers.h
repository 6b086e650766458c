#pragma once

#include "core/data/table_tokenizer.h"

namespace lora {

// The parts of tokenizeTable, one for each kind of task. `dataset` has its source and hash set.

/// Words with tags: the tag stands on the first token of each word, the others are ignored.
void tokenizeWords(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                   const TokenizeOptions& options, TokenizedDataset& dataset);

/// Questions with passages, in overlapping windows. A window without the answer points to its first token.
void tokenizeQuestions(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                       const TokenizeOptions& options, TokenizedDataset& dataset);

/// Causal language modelling: documents, prompts with completions, instructions, chats.
void tokenizeDocuments(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                       const TokenizeOptions& options, TokenizedDataset& dataset);

/// Masked language modelling: texts in blocks, each between the tokenizer's special tokens.
void tokenizeMasked(const DataTable& table, const ResolvedColumns& columns, const Tokenizer& tokenizer,
                    const TokenizeOptions& options, TokenizedDataset& dataset);

/// Ids and type ids of an encoding as an example.
TokenizedExample exampleOf(Encoding&& encoding, const DataTable& table, std::size_t row);

/// Throws lora::Error (BadInput) naming the lines, if there are any.
void throwOnEmptyTexts(const DataTable& table, const ResolvedColumns& columns,
                       const std::vector<std::uint32_t>& lines);

/// Whether nothing but special tokens.
bool isWithoutTokens(const std::vector<bool>& isSpecial);

} // namespace lora
