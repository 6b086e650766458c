#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
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

/// A byte-level BPE vocabulary, as GPT-2's.
struct BytePairVocabulary
{
    std::vector<std::string> specialTokens;
    std::vector<std::string> pieces; ///< special tokens first; the index is the id
    std::vector<std::pair<std::string, std::string>> merges;
};

/// Learns byte pairs from texts, cut into words as GPT-2 does. All 256 bytes are pieces, so every text can be
/// encoded and decoded again. The result depends on the texts alone. `pieceCount` includes everything; fewer
/// are made when nothing is left to merge. Throws lora::Error (BadUsage) when `pieceCount` is too small.
BytePairVocabulary buildBytePairVocabulary(std::span<const std::string> texts, std::size_t pieceCount,
                                           const std::vector<std::string>& specialTokens,
                                           std::size_t minimumCount = 2);

/// Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json into an existing folder. `roles`
/// gives special tokens their meaning: {"eos_token", "<|endoftext|>"}. Throws lora::Error.
void writeBytePairTokenizer(const std::filesystem::path& folder, const BytePairVocabulary& vocabulary,
                            const std::map<std::string, std::string>& roles, int modelMaxLength = 1024);

} // namespace lora
