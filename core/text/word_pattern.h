#pragma once

#include <cstddef>
#include <string_view>

namespace lora {

/// The regular expressions by which well-known byte-level models cut text into words, as a scanner that runs
/// in linear time on any text. Every byte of a text belongs to exactly one word.
struct WordPattern
{
    std::string_view expression; ///< as tokenizer files write it
    bool ignoresCase = false;    ///< of contractions: 'S, 'Ll
    bool takesAnyLead = false;   ///< letters may follow one character that is no letter, number or line break
    int digits = 0;              ///< numbers in groups of so many; 0: unlimited, with a space before them
    bool takesLineBreaks = false; ///< line breaks end runs of punctuation and of whitespace

    /// The end of the word that begins at `begin`, which must be inside the text.
    std::size_t endOfWord(std::string_view text, std::size_t begin) const;

    static const WordPattern& gpt2();
    static const WordPattern& llama3();
    static const WordPattern& qwen2();
    /// The one written so; null when there is none.
    static const WordPattern* find(std::string_view expression);
};

} // namespace lora
