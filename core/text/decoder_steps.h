#pragma once

#include "core/text/text_pattern.h"
#include "core/text/token_decoder.h"

namespace lora {

/// The steps decoders are made of.

std::unique_ptr<DecoderStep> makeWordPieceStep(const std::string& prefix, bool cleanup);
std::unique_ptr<DecoderStep> makeByteLevelStep();
/// "<0x0A>" to bytes; a run of them that is not UTF-8 becomes a U+FFFD for each.
std::unique_ptr<DecoderStep> makeByteFallbackStep();
/// All tokens to one.
std::unique_ptr<DecoderStep> makeFuseStep();
/// `isAfterFuse`: matches may span tokens, so that text is settled only at the end.
std::unique_ptr<DecoderStep> makeReplaceStep(std::unique_ptr<TextPattern> pattern, const std::string& content,
                                             bool isAfterFuse);
/// Takes up to `start` and `stop` times `content` from the ends of each token.
std::unique_ptr<DecoderStep> makeStripStep(const std::string& content, std::size_t start, std::size_t stop);
/// `mark` to a space; with `isPrepended` the first token's vanishes.
std::unique_ptr<DecoderStep> makeMetaspaceStep(const std::string& mark, bool isPrepended);
/// A suffix that ends words becomes a space, but for the last word.
std::unique_ptr<DecoderStep> makeWordEndStep(const std::string& suffix);

/// The tokens one after the other.
std::string joinedTokens(const std::vector<std::string>& tokens);

} // namespace lora
