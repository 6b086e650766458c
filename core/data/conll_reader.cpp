#include "core/data/conll_reader.h"

#include "core/base/error.h"
#include "core/data/cell_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr std::size_t mostWords = 100000;
constexpr std::size_t sniffedBytes = 1u << 16;
constexpr std::size_t sniffedLines = 200;

struct WordLine
{
    std::string_view word;
    std::string_view tag;
};

/// Word and tag of a line. Only a line without tabs is parted at spaces: a word of a tab-separated file may
/// hold some.
WordLine partsOf(std::string_view line)
{
    const std::string_view separators = line.find('\t') != std::string_view::npos ? "\t" : " ";
    const std::string_view text = trimmed(line);
    const std::size_t first = text.find_first_of(separators);
    if (first == std::string_view::npos)
        return {text, {}};
    return {trimmed(text.substr(0, first)), text.substr(text.find_last_of(separators) + 1)};
}

/// Calls `visit(line number, line)` until it returns false.
template <class Visit>
void forEachLine(std::string_view text, const Visit& visit)
{
    std::uint32_t number = 0;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find('\n', start), text.size());
        if (!visit(++number, text.substr(start, end - start)))
            return;
        start = end + 1;
    }
}

bool looksLikeTag(std::string_view tag)
{
    if (tag == "O")
        return true;
    return tag.size() > 2 && tag.size() < 60 && tag[1] == '-' &&
           std::string_view("BIESLU").find(tag[0]) != std::string_view::npos;
}

} // namespace

bool isConll(std::string_view text)
{
    bool areTags = true;
    std::size_t words = 0;
    std::size_t lines = 0;
    bool hasBlank = false;
    bool hasEntity = false;
    std::string_view head = text.substr(0, sniffedBytes);
    if (head.size() < text.size())
        head = head.substr(0, head.rfind('\n') == std::string_view::npos ? 0 : head.rfind('\n'));
    forEachLine(head, [&](std::uint32_t, std::string_view line) {
        if (isBlank(line)) {
            hasBlank = hasBlank || words > 0;
        } else if (!line.starts_with("-DOCSTART-")) {
            ++words;
            const std::string_view tag = partsOf(line).tag;
            areTags = looksLikeTag(tag);
            hasEntity = hasEntity || tag != "O";
        }
        return areTags && ++lines < sniffedLines;
    });
    return areTags && words > 0 && (hasBlank || hasEntity);
}

void forEachConllSentence(std::string_view text, const std::string& source,
                          const std::function<bool(ConllSentence&)>& visit)
{
    ConllSentence sentence;
    bool isReading = true;
    const auto finish = [&] {
        if (!sentence.tokens.empty())
            isReading = visit(sentence);
        sentence = {};
    };
    forEachLine(text, [&](std::uint32_t number, std::string_view line) {
        if (isBlank(line) || line.starts_with("-DOCSTART-")) {
            finish();
            return isReading;
        }
        const WordLine parts = partsOf(line);
        if (sentence.tokens.empty())
            sentence.line = number;
        if (sentence.tokens.size() == mostWords)
            throw Error(
                ErrorKind::BadInput,
                fmt::format("{}, line {}: a sentence of more than {} words", source, number, mostWords),
                "Sentences are parted by blank lines.");
        sentence.tokens.emplace_back(parts.word);
        sentence.tags.emplace_back(parts.tag);
        return true;
    });
    if (isReading)
        finish();
}

} // namespace lora
