#pragma once

#include "core/text/aligned_text.h"
#include "core/text/unicode.h"

namespace lora {

/// The rewritings that normalizers are made of. Each keeps track of where its characters came from.

/// Keeps the characters that `keep` accepts.
template <class Keep>
AlignedText filtered(const AlignedText& text, Keep keep)
{
    TextRewriter out(text);
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t start = i;
        if (keep(unicode::next(text.text(), i)))
            out.keep(start, i);
    }
    return out.finish();
}

AlignedText lowercased(AlignedText text);
AlignedText normalForm(AlignedText text, unicode::NormalForm form);
/// Without whitespace at the chosen ends.
AlignedText stripped(const AlignedText& text, bool left, bool right);
/// Each byte as a character of GPT-2's alphabet, which spans the whole character the byte is a part of.
AlignedText byteLevelText(const AlignedText& text);
/// Sentencepiece's "nmt" cleaning: control characters go, odd spaces become plain ones.
AlignedText nmtCleaned(const AlignedText& text);

} // namespace lora
