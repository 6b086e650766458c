#include "resources/make_builtin/grammar.h"

#include "core/base/error.h"
#include "resources/make_builtin/lexicon.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace lora::builtin {
namespace {

using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;

Lists buildNeutralLists()
{
    Lists lists;
    lists["relative"] =
        splitList("mother, father, sister, brother, aunt, uncle, cousin, niece, nephew, grandmother, "
                  "grandfather, neighbour, colleague, friend, boss, teacher, daughter, son, wife, husband");
    lists["weekday"] = splitList("Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday");
    lists["month"] = splitList(
        "January, February, March, April, May, June, July, August, September, October, November, December");
    lists["town"] = splitList(
        "Alderby, Brackwell, Carnmore, Dunvale, Eastwick, Farholm, Glenport, Harwich, Inverly, "
        "Kestrel Bay, Larkhill, Marlow, Northam, Oakford, Penrose, Quarrytown, Ravensea, Stonebridge, "
        "Thornton, Upfield, Westerly, Yarmouth, Silverlake, Millbrook, Redcliff, Ashbourne");
    lists["country"] =
        splitList("Arvania, Belmark, Corvia, Dalmora, Estova, Fenland, Galdria, Helmark, Istria, Kaldonia, "
                  "Lomaria, Mirova, Norland, Orvia, Pelagia, Rostova, Sardia, Tavria, Umbria, Valmark");
    lists["number"] =
        splitList("two, three, four, five, six, seven, eight, nine, ten, twelve, twenty, thirty, forty");
    lists["ordinal"] = splitList("first, second, third, fourth, fifth, sixth, seventh");
    lists["colour"] = splitList("red, blue, green, yellow, black, white, grey, brown, orange, purple");
    lists["daytime"] = splitList("morning, afternoon, evening, night");
    lists["name"] =
        splitList("Anna, Bruno, Carla, David, Elena, Felix, Greta, Hugo, Irene, Jonas, Karin, Leon, Maria, "
                  "Nadia, Oscar, Paula, Rosa, Simon, Tessa, Victor, Walter, Yasmin, Adam, Clara, Emil, Nora");
    return lists;
}

/// True where "an" is said although the letter is a consonant or the other way round is not the case.
bool startsWithVowelSound(std::string_view word)
{
    constexpr std::array<std::string_view, 6> consonantSound{"use", "uni", "one", "euro", "uk", "usual"};
    constexpr std::array<std::string_view, 3> vowelSound{"hour", "honest", "heir"};
    for (std::string_view prefix : consonantSound)
        if (word.substr(0, prefix.size()) == prefix)
            return false;
    for (std::string_view prefix : vowelSound)
        if (word.substr(0, prefix.size()) == prefix)
            return true;
    return !word.empty() && std::string_view("aeiou").find(word.front()) != std::string_view::npos;
}

void chooseArticles(std::string& text)
{
    for (std::size_t at = 0; (at = text.find("a ", at)) != std::string::npos; ++at) {
        const bool isWord = at == 0 || text[at - 1] == ' ';
        if (isWord && startsWithVowelSound(std::string_view(text).substr(at + 2)))
            text.insert(at + 1, "n");
    }
}

} // namespace

std::string fillSlots(std::string_view pattern, Fill values)
{
    std::string text(pattern);
    for (const auto& [name, value] : values) {
        const std::string slot = "{" + std::string(name) + "}";
        for (std::size_t at = 0; (at = text.find(slot, at)) != std::string::npos; at += value.size())
            text.replace(at, slot.size(), value);
    }
    return text;
}

std::string expand(std::string_view pattern, const Lists& lists, Rng& rng)
{
    std::string text(pattern);
    std::size_t begin = 0;
    while ((begin = text.find('{')) != std::string::npos) {
        const std::size_t end = text.find('}', begin);
        const std::string name = text.substr(begin + 1, end - begin - 1);
        const auto list = lists.find(name);
        if (end == std::string::npos || list == lists.end())
            throw Error(ErrorKind::Internal, "unknown word list \"" + name + "\" in \"" + text + "\"");
        text.replace(begin, end + 1 - begin, pick(list->second, rng));
    }
    return text;
}

const Lists& neutralLists()
{
    static const Lists lists = buildNeutralLists();
    return lists;
}

std::string expandNeutral(std::string_view pattern, Rng& rng)
{
    return expand(pattern, neutralLists(), rng);
}

std::string comparativeOf(const std::string& adjective)
{
    static const std::vector<std::string> inflected = splitList(
        "cold, hot, warm, long, short, small, big, loud, quiet, thick, thin, soft, hard, sharp, high, low, "
        "fast, slow, light, heavy, dark, bright, strong, weak, dry, old, fresh, simple, cheap, deep, steady, "
        "rare, flat, sweet, wild, tame, narrow, wide, lovely, nice, dull, poor, clumsy, ugly, shabby, "
        "sloppy, "
        "lousy");
    if (adjective == "good" || adjective == "bad")
        return adjective == "good" ? "better" : "worse";
    if (std::find(inflected.begin(), inflected.end(), adjective) == inflected.end())
        return "more " + adjective;
    static const std::vector<std::string> doubling = {"hot", "big", "thin", "flat"};
    if (std::find(doubling.begin(), doubling.end(), adjective) != doubling.end())
        return adjective + adjective.back() + "er";
    if (adjective.back() == 'e')
        return adjective + "r";
    if (adjective.back() == 'y')
        return adjective.substr(0, adjective.size() - 1) + "ier";
    return adjective + "er";
}

std::string finishSentence(std::string text)
{
    chooseArticles(text);
    bool isStart = true;
    for (char& letter : text) {
        if (isStart && std::isalpha(static_cast<unsigned char>(letter))) {
            letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
            isStart = false;
        } else if (letter == '.' || letter == '!' || letter == '?') {
            isStart = true;
        }
    }
    if (!text.empty() && text.back() != '.' && text.back() != '!' && text.back() != '?')
        text += '.';
    return text;
}

} // namespace lora::builtin
