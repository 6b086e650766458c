#include "resources/make_builtin/knowledge.h"

#include "resources/make_builtin/grammar.h"
#include "resources/make_builtin/profiles.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace lora::builtin {
namespace {

struct WordKind
{
    std::string_view list;
    std::string_view singular;
    std::string_view plural;
};

constexpr WordKind kinds[] = {{"town", "town", "towns"},       {"country", "country", "countries"},
                              {"colour", "colour", "colours"}, {"weekday", "day", "days"},
                              {"month", "month", "months"},    {"animal", "animal", "animals"},
                              {"name", "name", "names"},       {"dish", "dish", "dishes"}};
constexpr WordKind ordered[] = {
    {"weekday", "day", "days"}, {"month", "month", "months"}, {"number", "number", "numbers"}};
constexpr std::string_view sizes[] = {"two", "three", "four", "five"};

std::vector<std::string> someOf(std::string_view list, std::size_t count, Rng& rng)
{
    std::vector<std::string> words = valueList(list);
    shuffle(words, rng);
    words.resize(count);
    return words;
}

/// "red, blue and green", at times without the "and"
std::string enumeration(const std::vector<std::string>& words, Rng& rng)
{
    if (words.size() < 2 || chance(0.4, rng))
        return fmt::format("{}", fmt::join(words, ", "));
    return fmt::format("{} and {}", fmt::join(words.begin(), words.end() - 1, ", "), words.back());
}

std::string listed(Rng& rng)
{
    const WordKind& kind = pick(kinds, rng);
    const std::size_t more = rng.below(std::size(sizes));
    const std::vector<std::string> words = someOf(kind.list, 2 + more, rng);
    const std::string list = enumeration(words, rng);
    constexpr std::string_view patterns[] = {"{l} are {n} {p}",
                                             "there were {n} {p}: {l}",
                                             "the {p} are {l}",
                                             "{w} is a {k}",
                                             "the list says {l}; the first is {w}",
                                             "the list says {l}; the last is {z}"};
    return fillSlots(pick(patterns, rng), {{"l", list},
                                           {"n", sizes[more]},
                                           {"p", kind.plural},
                                           {"k", kind.singular},
                                           {"w", words.front()},
                                           {"z", words.back()}});
}

/// A list said twice, forwards or backwards, or looked up by place.
std::string saidAgain(Rng& rng)
{
    std::vector<std::string> words = someOf(pick(kinds, rng).list, 2 + rng.below(3), rng);
    const std::string list = fmt::format("{}", fmt::join(words, ", "));
    constexpr std::string_view places[] = {"first", "second", "third", "fourth"};
    const std::size_t place = rng.below(words.size());
    const std::string word = words[place];
    std::ranges::reverse(words);
    constexpr std::string_view patterns[] = {"{l}, and once more: {l}", "{l}, and from back to front: {b}",
                                             "in the list {l} the {p} word is {w}"};
    return fillSlots(
        pick(patterns, rng),
        {{"l", list}, {"b", fmt::format("{}", fmt::join(words, ", "))}, {"p", places[place]}, {"w", word}});
}

std::string following(Rng& rng)
{
    const WordKind& kind = pick(ordered, rng);
    const std::vector<std::string>& words = valueList(kind.list);
    const std::size_t at = rng.below(words.size() - 1);
    constexpr std::string_view patterns[] = {"after {a} comes {b}", "{a} is followed by {b}",
                                             "{b} comes after {a}", "first comes {a}, then {b}",
                                             "the {k} after {a} is {b}"};
    return fillSlots(pick(patterns, rng), {{"a", words[at]}, {"b", words[at + 1]}, {"k", kind.singular}});
}

std::string inOrder(Rng& rng)
{
    const WordKind& kind = pick(ordered, rng);
    const std::vector<std::string>& order = valueList(kind.list);
    std::vector<std::string> words = someOf(kind.list, 3, rng);
    const std::string before = enumeration(words, rng);
    if (chance(0.5, rng)) {
        std::ranges::reverse(words);
        return fmt::format("{} from back to front is {}", before, fmt::join(words, ", "));
    }
    std::ranges::sort(words, {}, [&](const std::string& word) { return std::ranges::find(order, word); });
    return fmt::format("{} in order is {}", before, fmt::join(words, ", "));
}

} // namespace

std::string writeKnowledge(Rng& rng)
{
    std::string text;
    for (std::size_t i = 0, count = 1 + rng.below(3); i < count; ++i) {
        const double kind = rng.uniform();
        const std::string sentence = kind < 0.3    ? listed(rng)
                                     : kind < 0.6  ? saidAgain(rng)
                                     : kind < 0.75 ? following(rng)
                                                   : inOrder(rng);
        text += (i > 0 ? " " : "") + finishSentence(sentence);
    }
    return text;
}

} // namespace lora::builtin
