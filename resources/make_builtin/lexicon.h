#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lora::builtin {

/// The words of the small world that the built-in data speaks of. Every table is plain English in
/// lexicon.cpp; nothing is taken from any corpus.

/// What a review is about.
enum class Domain { Restaurant, Hotel, Screen, Gadget, Journey, Shop };
inline constexpr int domainCount = 6;

/// Good or bad, as a factor: meanings are composed by multiplying.
inline constexpr int good = +1;
inline constexpr int bad = -1;

/// A judgement that fits a noun: "cold" is good for a beer and bad for a soup.
struct Quality
{
    std::string adjective;
    int value = good;
    bool isContextual = false; ///< the same adjective is judged the other way round elsewhere
};

/// Something a review can judge.
struct Aspect
{
    std::string noun;
    std::vector<Quality> qualities; ///< contextual ones; the general ones fit every noun
};

/// A whole clause with its value ("the waiter forgot our order" is bad).
struct Event
{
    std::string text;
    int value = good;
};

struct DomainWords
{
    std::vector<Aspect> aspects;
    std::vector<Event> events;
    std::vector<std::string> settings; ///< neutral openings: "we ate there on a friday"
    std::vector<std::string> wholes;   ///< what the review is about as a whole: "place", "film"
};

struct Lexicon
{
    std::vector<DomainWords> domains; ///< by Domain
    std::vector<std::string> generalGood;
    std::vector<std::string> generalBad;
    std::vector<std::string> goodThings; ///< "comfort": welcome where it is, missed where it is not
    std::vector<std::string> badThings;  ///< "noise"

    const DomainWords& of(Domain domain) const { return domains[static_cast<std::size_t>(domain)]; }
};

const Lexicon& lexicon();

/// "cold, hot , warm" -> {"cold", "hot", "warm"}
std::vector<std::string> splitList(std::string_view list, char separator = ',');

} // namespace lora::builtin
