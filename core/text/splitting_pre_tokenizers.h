#pragma once

#include "core/text/pre_tokenizer.h"
#include "core/text/splitter.h"
#include "core/text/text_pattern.h"
#include "core/text/word_pattern.h"

namespace lora {

/// The pre-tokenizers that cut text and leave its bytes as they are.

/// At the characters a class accepts.
std::unique_ptr<PreTokenizer> makeCharacterSplit(bool (*isMatch)(char32_t), SplitBehavior behavior);
/// Where a pattern matches, or with `isInverted` where it does not.
std::unique_ptr<PreTokenizer> makePatternSplit(std::unique_ptr<TextPattern> pattern, SplitBehavior behavior,
                                               bool isInverted);
/// Into the words of a well-known model; `pattern` must outlive it.
std::unique_ptr<PreTokenizer> makeWordSplit(const WordPattern& pattern);
/// Into matches of the regular expression \w+|[^\w\s]+.
std::unique_ptr<PreTokenizer> makeWhitespaceSplit();

} // namespace lora
