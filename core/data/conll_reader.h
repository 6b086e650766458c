#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// A sentence of a CoNLL file: its words with the tags of the last column ("" where a line has none).
struct ConllSentence
{
    std::vector<std::string> tokens;
    std::vector<std::string> tags;
    std::uint32_t line = 0; ///< of the first word, from 1
};

/// Whether the first lines hold words and tags ("O", "B-person", …) and blank lines part them.
bool isConll(std::string_view text);

/// Sentences in order: one word a line, the tag in the last column, columns separated by tabs or spaces, a
/// blank line between sentences; `-DOCSTART-` lines are left out. `visit` returns false to stop. Throws
/// lora::Error (BadInput) naming source and line for a sentence of more than 100,000 words.
void forEachConllSentence(std::string_view text, const std::string& source,
                          const std::function<bool(ConllSentence&)>& visit);

} // namespace lora
