#include "resources/make_builtin/instructions_task.h"

#include "resources/make_builtin/grammar.h"
#include "resources/make_builtin/profiles.h"
#include "resources/make_builtin/topics_task.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_set>

namespace lora::builtin {
namespace {

constexpr std::string_view smallNumbers[] = {"two", "three", "four", "five"};

InstructionRow row(std::string_view instruction, std::string_view input, std::string_view answer)
{
    std::string prompt = fmt::format("Instruction: {}\n", instruction);
    if (!input.empty())
        prompt += fmt::format("Input: {}\n", input);
    return {prompt + "Answer:", fmt::format(" {}", answer)};
}

std::string joined(const std::vector<std::string>& words)
{
    return fmt::format("{}", fmt::join(words, ", "));
}

/// Lists are kept for evaluation by their words in any order: every fifth combination.
bool isReservedList(std::vector<std::string> words)
{
    std::ranges::sort(words);
    std::uint64_t hash = 0;
    for (const std::string& word : words)
        for (const char letter : word)
            hash = mixBits(hash ^ static_cast<std::uint64_t>(letter));
    return hash % 5 == 0;
}

std::vector<std::string> someOf(std::string_view list, std::size_t count, Split split, Rng& rng)
{
    std::vector<std::string> words;
    do {
        words = valueList(list);
        shuffle(words, rng);
        words.resize(count);
    } while (isReservedList(words) != (split == Split::Eval));
    return words;
}

InstructionRow judge(Split, Rng& rng)
{
    constexpr std::string_view instructions[] = {"Is this review positive or negative?",
                                                 "Say whether the review is positive or negative.",
                                                 "Judge the review: positive or negative?"};
    const int value = chance(0.5, rng) ? good : bad;
    const auto domain = static_cast<Domain>(rng.below(domainCount));
    return row(pick(instructions, rng),
               writeVerdict(domain, value, rng) + " " + writeAccount(domain, value, rng),
               value == good ? "positive" : "negative");
}

InstructionRow classify(Split, Rng& rng)
{
    constexpr std::string_view instructions[] = {"Name the topic of this report.",
                                                 "What is the report about?", "Give the topic in one word."};
    const int topic = static_cast<int>(rng.below(topicCount));
    return row(pick(instructions, rng), writeBrief(topic, rng), topicName(topic));
}

std::vector<Fact> factsOf(std::size_t count, Split split, Rng& rng)
{
    const SubjectKind& kind = pick(subjectKinds(), rng);
    const std::string subject = pickSubject(kind, split, rng);
    std::vector<const Attribute*> attributes;
    for (const Attribute& attribute : kind.attributes)
        attributes.push_back(&attribute);
    shuffle(attributes, rng);
    std::vector<Fact> facts;
    for (std::size_t i = 0; i < count; ++i)
        facts.push_back({&kind, attributes[i], subject, pick(valueList(attributes[i]->values), rng)});
    return facts;
}

/// Of one attribute alone there is a set phrase for each value: the answer does not depend on chance.
std::string setPhrase(const Fact& fact, std::string_view subject)
{
    return fillSlots(fact.attribute->statements.front(), {{"s", subject}, {"v", fact.value}});
}

InstructionRow describe(Split split, Rng& rng)
{
    const std::vector<Fact> facts = factsOf(2 + rng.below(2), split, rng);
    std::string input;
    std::string answer;
    for (const Fact& fact : facts) {
        input += fmt::format("{}{} {}", input.empty() ? "" : ", ", fact.attribute->name, fact.value);
        answer += (answer.empty() ? "" : " ") + finishSentence(setPhrase(fact, fact.subject));
    }
    return row(fmt::format("Describe {}.", facts.front().subject), input, answer);
}

InstructionRow oneWord(Split split, Rng& rng)
{
    std::vector<Fact> facts = factsOf(2, split, rng);
    while (facts[0].attribute->values == facts[1].attribute->values)
        facts = factsOf(2, split, rng);
    const std::string text = stateFact(facts[0], false, rng) + " " + stateFact(facts[1], true, rng);
    const Fact& asked = facts[rng.below(2)];
    return row("Answer briefly. " + askFact(asked, rng), text, asked.value);
}

InstructionRow find(Split split, Rng& rng)
{
    struct Wanted
    {
        std::string_view word;
        std::string_view list;
    };
    constexpr Wanted wanted[] = {{"town", "town"},   {"country", "country"}, {"colour", "colour"},
                                 {"day", "weekday"}, {"month", "month"},     {"number", "number"},
                                 {"dish", "dish"},   {"animal", "animal"}};
    const Wanted& each = pick(wanted, rng);
    std::vector<Fact> facts;
    const auto matches = [&](const Fact& fact) { return fact.attribute->values == each.list; };
    do {
        facts = factsOf(3, split, rng);
    } while (std::ranges::count_if(facts, matches) != 1);
    std::string text;
    for (const Fact& fact : facts)
        text += (text.empty() ? "" : " ") + stateFact(fact, !text.empty(), rng);
    return row(fmt::format("Which {} is named in the text?", each.word), text,
               std::ranges::find_if(facts, matches)->value);
}

struct WordKind
{
    std::string_view list;
    std::string_view plural;
};

constexpr WordKind wordKinds[] = {{"town", "towns"},    {"country", "countries"}, {"colour", "colours"},
                                  {"weekday", "days"},  {"month", "months"},      {"name", "names"},
                                  {"animal", "animals"}};

InstructionRow count(Split split, Rng& rng)
{
    const WordKind& kind = pick(wordKinds, rng);
    const std::size_t more = rng.below(std::size(smallNumbers));
    return row(fmt::format("Count the {}.", kind.plural), joined(someOf(kind.list, 2 + more, split, rng)),
               smallNumbers[more]);
}

InstructionRow sortWords(Split split, Rng& rng)
{
    constexpr WordKind ordered[] = {{"weekday", "days"}, {"month", "months"}, {"number", "numbers"}};
    const WordKind& kind = pick(ordered, rng);
    std::vector<std::string> words = someOf(kind.list, 3, split, rng);
    const std::string input = joined(words);
    const std::vector<std::string>& order = valueList(kind.list);
    std::ranges::sort(words, {}, [&](const std::string& word) { return std::ranges::find(order, word); });
    return row(fmt::format("Sort the {}.", kind.plural), input, joined(words));
}

InstructionRow reverseWords(Split split, Rng& rng)
{
    std::vector<std::string> words = someOf(pick(wordKinds, rng).list, 2 + rng.below(2), split, rng);
    const std::string input = joined(words);
    std::ranges::reverse(words);
    return row("Write the list from back to front.", input, joined(words));
}

InstructionRow repeatWord(Split split, Rng& rng)
{
    const std::vector<std::string> words = someOf(pick(wordKinds, rng).list, 3, split, rng);
    constexpr std::string_view places[] = {"first", "second", "third"};
    const std::size_t place = rng.below(3);
    return row(fmt::format("Say the {} word of the list.", places[place]), joined(words), words[place]);
}

InstructionRow listOf(Split split, Rng& rng)
{
    constexpr WordKind lists[] = {{"town", "towns"}, {"name", "people"}, {"country", "countries"}};
    const WordKind& kind = pick(lists, rng);
    const std::vector<std::string> words = someOf(kind.list, 2, split, rng);
    constexpr std::string_view textsOfPlaces[] = {
        "we went from {a} to {b} by night", "the talks in {a} and in {b} failed",
        "in {a} it rained, in {b} the sun was out", "the team won in {a} and lost in {b}"};
    constexpr std::string_view textsOfPeople[] = {
        "{a} wrote a long letter to {b}", "while {a} slept, {b} cooked the soup",
        "{a} met {b} at the station", "the prize went to {a} and not to {b}"};
    const std::string_view text = kind.list == "name" ? pick(textsOfPeople, rng) : pick(textsOfPlaces, rng);
    return row(fmt::format("List the {} in the text.", kind.plural),
               finishSentence(fillSlots(text, {{"a", words[0]}, {"b", words[1]}})), joined(words));
}

InstructionRow next(Split split, Rng& rng)
{
    constexpr std::string_view lists[] = {"weekday", "month"};
    const std::string_view name = pick(lists, rng);
    const std::vector<std::string>& words = valueList(name);
    constexpr std::string_view openings[] = {"Which {k} comes after {w}?",
                                             "Name the {k} after {w}.",
                                             "What follows {w}?",
                                             "After {w} comes which {k}?",
                                             "Say the {k} that follows {w}.",
                                             "Today it is {w}. What comes next?",
                                             "{w} is over. Name the next {k}.",
                                             "Give the {k} that comes after {w}."};
    while (true) {
        const std::size_t at = rng.below(words.size());
        const std::string_view opening = pick(openings, rng);
        const bool isReserved = isReservedList({words[at], std::string(opening)});
        if (isReserved == (split == Split::Eval))
            return row(fillSlots(opening, {{"k", name == "weekday" ? "day" : "month"}, {"w", words[at]}}), "",
                       words[(at + 1) % words.size()]);
    }
}

using Writer = InstructionRow (*)(Split, Rng&);
constexpr Writer writers[] = {judge, classify,  describe,     oneWord,    find,
                              count, sortWords, reverseWords, repeatWord, listOf};

std::vector<InstructionRow> rowsOf(std::size_t wanted, Split split, Rng& rng,
                                   std::unordered_set<std::string>& seen)
{
    std::vector<InstructionRow> rows;
    for (std::size_t turn = 0; rows.size() < wanted; ++turn) {
        // There are only 152 prompts of "what comes next": a small share of the rows.
        const Writer write = turn % 40 == 0 ? next : writers[turn % std::size(writers)];
        InstructionRow written = write(split, rng);
        if (seen.insert(written.prompt).second)
            rows.push_back(std::move(written));
    }
    shuffle(rows, rng);
    return rows;
}

} // namespace

InstructionRows makeInstructionRows(const InstructionSizes& sizes, std::uint64_t seed)
{
    std::unordered_set<std::string> seen;
    Rng evalRng(seed, "instructions eval");
    Rng trainRng(seed, "instructions train");
    InstructionRows rows;
    rows.eval = rowsOf(sizes.evalRows, Split::Eval, evalRng, seen);
    rows.train = rowsOf(sizes.trainRows, Split::Train, trainRng, seen);
    return rows;
}

std::string toJsonLines(const std::vector<InstructionRow>& rows)
{
    std::string text;
    for (const InstructionRow& each : rows)
        text +=
            nlohmann::ordered_json{{"prompt", each.prompt}, {"completion", each.completion}}.dump() + "\n";
    return text;
}

} // namespace lora::builtin
