#include "resources/make_builtin/profiles.h"

#include "core/base/error.h"
#include "resources/make_builtin/grammar.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace lora::builtin {
namespace {

constexpr double twoSubjectsShare = 0.45;
constexpr double pronounShare = 0.5;  ///< of sentences that may have one
constexpr double questionShare = 0.4; ///< of profiles: end with a question and its answer
constexpr double retoldShare = 0.4;   ///< of profiles: are told twice
constexpr double remarkShare = 0.6;   ///< passages with a passing remark; half of these have two

/// Remarks that are about nobody's facts but use the same kinds of words. Towns, days and names in them are
/// never answers.
constexpr std::string_view remarks[] = {
    "it rained in {town} that day",
    "the road to {town} was closed",
    "{name} told us so",
    "nobody in {country} knows this",
    "we heard it on a {weekday}",
    "the {colour} lamp was still on",
    "a friend from {country} wrote it down",
    "{name} asked again in {month}",
    "it was a quiet {daytime}",
    "the news came from {town}",
    "only {name} had heard of it",
    "all this was new to us",
    "there was a {animal} in the street",
};

bool isFemale(const std::string& name)
{
    static const std::set<std::string> female{"Anna",  "Carla", "Elena", "Greta", "Irene",  "Karin", "Maria",
                                              "Nadia", "Paula", "Rosa",  "Tessa", "Yasmin", "Clara", "Nora"};
    return female.contains(name);
}

std::string pronounOf(const Fact& fact)
{
    if (fact.kind->name != "person")
        return "it";
    return isFemale(fact.subject) ? "she" : "he";
}

/// Values taken once are never taken again: a passage must not hold an answer twice. "goat" stands in "goat
/// cheese" too.
class ValuePicker
{
public:
    explicit ValuePicker(Rng& rng)
        : m_rng(rng)
    {}

    void exclude(const std::string& text) { m_taken.push_back(text); }

    std::string take(std::string_view list)
    {
        std::string value = pick(valueList(list), m_rng);
        while (isTaken(value))
            value = pick(valueList(list), m_rng);
        m_taken.push_back(value);
        return value;
    }

private:
    bool isTaken(const std::string& value) const
    {
        return std::ranges::any_of(m_taken, [&](const std::string& other) {
            return other.find(value) != std::string::npos || value.find(other) != std::string::npos;
        });
    }

    std::vector<std::string> m_taken;
    Rng& m_rng;
};

/// Where `word` stands in `sentence` as a word of its own.
std::size_t placeOf(const std::string& word, const std::string& sentence)
{
    const auto isLetter = [&](std::size_t at) {
        return at < sentence.size() && std::isalpha(static_cast<unsigned char>(sentence[at]));
    };
    std::size_t at = sentence.find(word);
    while (at != std::string::npos && ((at > 0 && isLetter(at - 1)) || isLetter(at + word.size())))
        at = sentence.find(word, at + 1);
    if (at == std::string::npos)
        throw Error(ErrorKind::Internal, "\"" + word + "\" does not stand in \"" + sentence + "\"");
    return at;
}

std::string writeRemark(ValuePicker& values, Rng& rng)
{
    std::string text(pick(remarks, rng));
    for (std::size_t begin = 0; (begin = text.find('{')) != std::string::npos;) {
        const std::size_t end = text.find('}', begin);
        text.replace(begin, end + 1 - begin, values.take(text.substr(begin + 1, end - begin - 1)));
    }
    return finishSentence(text);
}

std::vector<const Attribute*> someAttributes(const SubjectKind& kind, std::size_t count, Rng& rng)
{
    std::vector<const Attribute*> all;
    for (const Attribute& attribute : kind.attributes)
        all.push_back(&attribute);
    shuffle(all, rng);
    all.resize(count);
    return all;
}

/// One subject in five or six facts, or two in the same three facts each, as told one after the other or in
/// turns.
std::vector<Fact> drawFacts(Split split, ValuePicker& values, Rng& rng)
{
    const SubjectKind& kind = pick(subjectKinds(), rng);
    std::vector<std::string> subjects{pickSubject(kind, split, rng)};
    if (chance(twoSubjectsShare, rng)) {
        std::string other = pickSubject(kind, split, rng);
        while (other == subjects.front())
            other = pickSubject(kind, split, rng);
        subjects.push_back(std::move(other));
    }
    for (const std::string& subject : subjects)
        values.exclude(subject);
    const bool isPair = subjects.size() == 2;
    const auto attributes = someAttributes(kind, isPair ? 3 : 4 + rng.below(3), rng);
    std::vector<Fact> facts;
    for (const Attribute* attribute : attributes)
        for (const std::string& subject : subjects)
            facts.push_back({&kind, attribute, subject, values.take(attribute->values)});
    if (isPair && chance(0.6, rng)) // one subject after the other
        std::ranges::stable_sort(facts, {},
                                 [&](const Fact& fact) { return fact.subject != subjects.front(); });
    return facts;
}

std::string told(const std::vector<Fact>& facts, Rng& rng)
{
    std::string text;
    std::string lastSubject;
    for (const Fact& fact : facts) {
        text += (text.empty() ? "" : " ") + stateFact(fact, fact.subject == lastSubject, rng);
        lastSubject = fact.subject;
    }
    return text;
}

/// The same once more, word for word or in other words and another order: what was said decides what is said
/// now.
std::string retold(std::vector<Fact> facts, const std::string& text, Rng& rng)
{
    constexpr std::string_view openings[] = {
        "Once more: ", "Again: ", "To repeat: ", "As we said: ", "In short: "};
    const std::string begin(pick(openings, rng));
    if (chance(0.5, rng))
        return begin + text;
    shuffle(facts, rng);
    return begin + told(facts, rng);
}

} // namespace

const std::string& pickSubject(const SubjectKind& kind, Split split, Rng& rng)
{
    const std::size_t count = kind.subjects.size();
    const std::size_t kept = count / 3;
    switch (split) {
    case Split::Train:
        return kind.subjects[rng.below(count - kept)];
    case Split::Eval:
        return kind.subjects[count - kept + rng.below(kept)];
    case Split::Pretraining:
        break;
    }
    return pick(kind.subjects, rng);
}

std::string stateFact(const Fact& fact, bool isRepeated, Rng& rng)
{
    const std::string_view pattern = pick(fact.attribute->statements, rng);
    const bool canBePronoun = isRepeated && pattern.starts_with("{s} ");
    const std::string subject = canBePronoun && chance(pronounShare, rng) ? pronounOf(fact) : fact.subject;
    return finishSentence(fillSlots(pattern, {{"s", subject}, {"v", fact.value}}));
}

std::string askFact(const Fact& fact, Rng& rng)
{
    return finishSentence(fillSlots(pick(fact.attribute->questions, rng), {{"s", fact.subject}}));
}

Passage writePassage(Split split, Rng& rng)
{
    ValuePicker values(rng);
    Passage passage;
    passage.facts = drawFacts(split, values, rng);
    const std::size_t remarkCount = chance(remarkShare, rng) ? 1 + rng.below(2) : 0;
    std::vector<bool> isRemark(passage.facts.size() + remarkCount, false);
    std::fill_n(isRemark.begin(), remarkCount, true);
    shuffle(isRemark, rng);
    std::string lastSubject;
    for (std::size_t sentence = 0, next = 0; sentence < isRemark.size(); ++sentence) {
        if (sentence > 0)
            passage.text += ' ';
        if (isRemark[sentence]) {
            passage.text += writeRemark(values, rng);
            lastSubject.clear();
            continue;
        }
        const Fact& fact = passage.facts[next++];
        const std::string text = stateFact(fact, fact.subject == lastSubject, rng);
        passage.valueAt.push_back(passage.text.size() + placeOf(fact.value, text));
        passage.text += text;
        lastSubject = fact.subject;
    }
    return passage;
}

std::string writeProfile(Rng& rng)
{
    ValuePicker values(rng);
    std::vector<Fact> facts = drawFacts(Split::Pretraining, values, rng);
    facts.resize(std::min<std::size_t>(facts.size(), 2 + rng.below(4)));
    const std::string text = told(facts, rng);
    const double kind = rng.uniform();
    if (kind < questionShare) {
        const Fact& asked = pick(facts, rng);
        return text + " " + askFact(asked, rng) + " " + stateFact(asked, false, rng);
    }
    return kind < questionShare + retoldShare ? text + " " + retold(facts, text, rng) : text;
}

} // namespace lora::builtin
