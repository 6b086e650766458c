#include "core/train/answer_metrics.h"

#include "core/text/unicode.h"

#include <algorithm>
#include <map>

namespace lora {

namespace {

using Words = std::vector<std::string>;

bool isArticle(std::string_view word)
{
    return word == "a" || word == "an" || word == "the";
}

/// Lower case without ASCII punctuation; articles that stand by themselves become spaces.
std::string withoutArticles(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size();) {
        const char32_t c = unicode::next(text, i);
        if (c >= 0x80 || !unicode::isPunctuation(c))
            unicode::appendLowercase(c, plain);
    }
    std::string result;
    std::string word;
    const auto flush = [&] {
        result += isArticle(word) ? " " : word;
        word.clear();
    };
    for (std::size_t i = 0; i < plain.size();) {
        const std::size_t begin = i;
        const bool isInWord = unicode::isWord(unicode::next(plain, i));
        if (!isInWord)
            flush();
        (isInWord ? word : result) += plain.substr(begin, i - begin);
    }
    flush();
    return result;
}

Words wordsOf(std::string_view text)
{
    const std::string valid = unicode::validUtf8(text);
    const std::string plain = withoutArticles(valid);
    Words words;
    std::string word;
    for (std::size_t i = 0; i < plain.size();) {
        const std::size_t begin = i;
        if (!unicode::isWhitespace(unicode::next(plain, i))) {
            word += plain.substr(begin, i - begin);
        } else if (!word.empty()) {
            words.push_back(std::move(word));
            word.clear();
        }
    }
    if (!word.empty())
        words.push_back(std::move(word));
    return words;
}

double f1Of(const Words& predicted, const Words& gold)
{
    if (predicted.empty() || gold.empty())
        return predicted == gold ? 1 : 0;
    std::map<std::string_view, int> counts;
    for (const std::string& word : gold)
        ++counts[word];
    int same = 0;
    for (const std::string& word : predicted) {
        const auto found = counts.find(word);
        same += found != counts.end() && found->second-- > 0 ? 1 : 0;
    }
    return 2.0 * same / static_cast<double>(predicted.size() + gold.size());
}

template <class Score>
double best(std::string_view predicted, const std::vector<std::string>& gold, const Score& score)
{
    const Words words = wordsOf(predicted);
    double result = gold.empty() ? score(words, Words{}) : 0;
    for (const std::string& each : gold)
        result = std::max(result, score(words, wordsOf(each)));
    return result;
}

} // namespace

std::string normalizedAnswer(std::string_view text)
{
    std::string result;
    for (const std::string& word : wordsOf(text))
        result += (result.empty() ? "" : " ") + word;
    return result;
}

double exactMatch(std::string_view predicted, const std::vector<std::string>& gold)
{
    return best(predicted, gold, [](const Words& a, const Words& b) { return a == b ? 1.0 : 0.0; });
}

double answerF1(std::string_view predicted, const std::vector<std::string>& gold)
{
    return best(predicted, gold, f1Of);
}

} // namespace lora
