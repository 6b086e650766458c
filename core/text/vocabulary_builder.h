#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// Learns a WordPiece vocabulary from lines of text, cleaned and lower-cased as BERT does: characters first
/// (inside words with "##"), then again and again the most frequent neighbouring pair as a new piece, as
/// Hugging Face's WordPieceTrainer does (byte-pair merges; Sennrich et al. 2016). Frequent words end up
/// whole. Ties are broken by the pieces' text, so the result depends on the lines alone.
///
/// `pieceCount` includes the five special tokens, which come first; fewer are returned when nothing is left
/// to merge. Characters seen fewer than `minimumCount` times are left out (they become [UNK]), as are pairs.
/// Throws lora::Error (BadUsage) when `pieceCount` is too small for the characters.
std::vector<std::string> buildWordPieceVocabulary(std::span<const std::string> lines, std::size_t pieceCount,
                                                  std::size_t minimumCount = 2);

/// Writes tokenizer.json, vocab.txt, tokenizer_config.json and special_tokens_map.json of an uncased BERT
/// tokenizer into an existing folder. `pieces` begins with [PAD] [UNK] [CLS] [SEP] [MASK], ids 0 to 4. Throws
/// lora::Error.
void writeWordPieceTokenizer(const std::filesystem::path& folder, const std::vector<std::string>& pieces,
                             int modelMaxLength = 512);

} // namespace lora
