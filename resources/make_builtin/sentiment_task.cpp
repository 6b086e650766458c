#include "resources/make_builtin/sentiment_task.h"

#include "core/base/check.h"
#include "resources/make_builtin/grammar.h"

#include <optional>

namespace lora::builtin {
namespace {

/// A pattern and what it does to the judgement inside it: `keeps` or `turns`.
struct Frame
{
    std::string_view pattern;
    int factor;
    bool isReserved = false;
};
constexpr int keeps = +1;
constexpr int turns = -1;

/// {noun} and {adjective} ({comparative} of it); {other} is a second adjective of the same judgement.
constexpr Frame adjectiveFrames[] = {
    {"the {noun} was {adjective}", keeps},
    {"the {noun} was {adverb} {adjective}", keeps},
    {"the {noun} turned out to be {adjective}", keeps},
    {"the {noun} could not have been {comparative}", keeps},
    {"the {noun} was not only {adjective} but also {other}", keeps},
    {"the {noun} was as {adjective} as ever", keeps},
    {"the {noun} was even {comparative} than last time", keeps},
    {"the {noun} was nothing if not {adjective}", keeps},
    {"you will not find a {comparative} {noun}", keeps},
    {"I have rarely seen such a {adjective} {noun}", keeps, true},
    {"I expected a {adjective} {noun} and that is what I got", keeps},
    {"they promised a {adjective} {noun} and kept their word", keeps},
    {"if you want a {adjective} {noun}, look no further", keeps},
    {"if you dream of a {adjective} {noun}, this is for you", keeps},
    {"no other {noun} is this {adjective}", keeps},
    {"I could not call the {noun} anything but {adjective}", keeps},
    {"the {noun} was never less than {adjective}", keeps},
    {"the {noun} did not stop being {adjective}", keeps},
    {"what a {adjective} {noun}", keeps},
    {"the {noun} went from {opposite} to {adjective}", keeps},
    {"the {noun} was not {adjective}", turns},
    {"the {noun} was not at all {adjective}", turns},
    {"the {noun} was hardly {adjective}", turns},
    {"the {noun} was anything but {adjective}", turns},
    {"the {noun} was far from {adjective}", turns},
    {"the {noun} was never {adjective}", turns},
    {"nobody could call the {noun} {adjective}", turns},
    {"the {noun} was less {adjective} than last time", turns},
    {"the {noun} was not nearly as {adjective} as they say", turns},
    {"there was nothing {adjective} about the {noun}", turns},
    {"the {noun} would have been {adjective} with more care", turns},
    {"the {noun} used to be {adjective}", turns, true},
    {"the {noun} only looked {adjective}", turns},
    {"I expected a {adjective} {noun} and got the opposite", turns},
    {"they promised a {adjective} {noun} and broke their word", turns},
    {"I am still waiting for a {adjective} {noun}", turns},
    {"if you want a {adjective} {noun}, keep looking", turns},
    {"if you dream of a {adjective} {noun}, this is not for you", turns},
    {"any other {noun} is {comparative}", turns},
    {"the {noun} stopped being {adjective}", turns},
    {"the {noun} went from {adjective} to {opposite}", turns},
};

/// {thing}: "comfort", "noise".
constexpr Frame thingFrames[] = {
    {"the {whole} was full of {thing}", keeps},
    {"there was plenty of {thing}", keeps},
    {"there was no lack of {thing}", keeps},
    {"it was never short of {thing}", keeps},
    {"it is the {thing} that I remember", keeps},
    {"the {thing} never ended", keeps},
    {"the {thing} grew with every visit", keeps},
    {"we found nothing but {thing}", keeps},
    {"nothing could end the {thing}", keeps, true},
    {"the {whole} was free of {thing}", turns},
    {"there was hardly any {thing}", turns},
    {"there was a lack of {thing}", turns},
    {"it was always short of {thing}", turns},
    {"it is the {thing} that I did not find", turns},
    {"the {thing} soon ended", turns},
    {"the {thing} faded with every visit", turns},
    {"we found everything but {thing}", turns},
    {"they spared us the {thing}", turns},
    {"there was not a trace of {thing}", turns, true},
};

/// {clause}: any clause.
constexpr Frame wrappers[] = {
    {"nobody can deny that {clause}", keeps},
    {"there is no doubt that {clause}", keeps},
    {"I do not doubt that {clause}", keeps},
    {"it would be a lie to deny that {clause}", keeps},
    {"my {relative} says that {clause}, and is right", keeps},
    {"rumour has it that {clause}, and rumour is right", keeps},
    {"it is no myth that {clause}", keeps},
    {"who denies that {clause} has not been there", keeps},
    {"I cannot say otherwise: {clause}", keeps, true},
    {"nobody can claim that {clause}", turns},
    {"there is some doubt that {clause}", turns},
    {"I do not think that {clause}", turns},
    {"it would be a lie to claim that {clause}", turns},
    {"my {relative} says that {clause}, and is wrong", turns},
    {"rumour has it that {clause}, but rumour is wrong", turns},
    {"it is a myth that {clause}", turns},
    {"who claims that {clause} has not been there", turns},
    {"{clause}, said nobody ever", turns},
    {"{clause}, and pigs can fly", turns},
    {"I wish I could say that {clause}", turns, true},
};

/// {main} decides, {aside} has the opposite judgement.
constexpr Frame contrasts[] = {
    {"{aside}, but {main}", keeps},
    {"{aside}, yet {main}", keeps},
    {"although {aside}, {main}", keeps},
    {"{main}, although {aside}", keeps},
    {"{main}, even though {aside}", keeps},
    {"even if {aside}, {main}", keeps},
    {"{main}, even if {aside}", keeps},
    {"{aside}. However, {main}", keeps},
    {"{aside}. Still, {main}", keeps},
    {"{main}. Granted, {aside}", keeps},
    {"granted, {aside}; {main}", keeps},
    {"never mind that {aside}: {main}", keeps},
    {"what counts is that {main}, not that {aside}", keeps},
    {"not that {aside} counts, but that {main}", keeps},
    {"it hardly matters that {aside} when {main}", keeps},
    {"{main}, and then it hardly matters that {aside}", keeps},
    {"while {aside}, {main}", keeps, true},
    {"{aside}. That said, {main}", keeps, true},
};

/// Both halves say the same.
constexpr Frame agreements[] = {
    {"{first} and {second}", keeps},
    {"{first}, and what is more, {second}", keeps},
    {"{first}. Besides, {second}", keeps},
    {"{first}; no wonder that {second}", keeps},
    {"not only that {first}: {second}", keeps},
};

constexpr std::string_view adverbs[] = {"very",   "quite",  "really", "simply", "truly",
                                        "rather", "pretty", "so",     "utterly"};

constexpr std::string_view goodVerdicts[] = {"we will come back",
                                             "I would do it again at once",
                                             "money well spent",
                                             "{number} stars from me",
                                             "warmly recommended",
                                             "do not miss it",
                                             "I would not change a thing",
                                             "we left happy",
                                             "thank you for this {whole}",
                                             "a {whole} to remember",
                                             "I could not ask for more",
                                             "tell your friends",
                                             "I am glad that we chose this {whole}",
                                             "worth every penny",
                                             "my {relative} loved it",
                                             "we liked the {whole}",
                                             "all in all a {good} {whole}"};
constexpr std::string_view badVerdicts[] = {"we will not come back",
                                            "I would never do it again",
                                            "money badly spent",
                                            "no stars from me",
                                            "not recommended",
                                            "do not go near it",
                                            "I would change everything",
                                            "we left angry",
                                            "no thanks for this {whole}",
                                            "a {whole} to forget",
                                            "I could have asked for more",
                                            "warn your friends",
                                            "I regret that we chose this {whole}",
                                            "not worth a penny",
                                            "my {relative} hated it",
                                            "we disliked the {whole}",
                                            "all in all a {bad} {whole}"};

constexpr double contextualShare = 0.6; ///< of adjectives, where the noun has one of the wanted judgement
constexpr double wrapperShare = 0.2;
constexpr double turningShare = 0.25; ///< of frames and wrappers
constexpr double settingShare = 0.2;
constexpr double mislabelledShare = 0.02; ///< real ratings contain slips; so do these, in both splits

/// Every seventh pair of noun and contextual adjective is kept out of training rows.
bool isReservedPair(const std::string& noun, const std::string& adjective)
{
    return Rng(7, noun + " " + adjective).below(7) == 0;
}

/// One that keeps or one that turns, in the shares given above.
template <std::size_t count>
const Frame& pickFrame(const Frame (&frames)[count], Rng& rng)
{
    const int factor = chance(turningShare, rng) ? turns : keeps;
    const Frame* frame = &pick(frames, rng);
    while (frame->factor != factor)
        frame = &pick(frames, rng);
    return *frame;
}

class ReviewWriter
{
public:
    ReviewWriter(Domain domain, Rng& rng)
        : m_words(lexicon().of(domain))
        , m_rng(rng)
    {}

    /// One clause as it comes, without anything around it.
    Clause remark(int value)
    {
        Clause result = plainClause(value);
        result.text = finishSentence(expandNeutral(result.text, m_rng));
        return result;
    }

    Clause review(int value)
    {
        Clause result;
        const double form = m_rng.uniform();
        if (form < 0.4) {
            result = clause(value);
        } else if (form < 0.8) {
            result = joined(pick(contrasts, m_rng), "aside", clause(-value), "main", clause(value));
        } else {
            result = joined(pick(agreements, m_rng), "first", clause(value), "second", clause(value));
        }
        result.value = value;
        if (chance(settingShare, m_rng))
            result.text = pick(m_words.settings, m_rng) + ". " + result.text;
        result.text = finishSentence(expandNeutral(result.text, m_rng));
        return result;
    }

    std::string verdict(int value)
    {
        const std::string_view pattern = value == good ? pick(goodVerdicts, m_rng) : pick(badVerdicts, m_rng);
        const std::string text = fillSlots(pattern, {{"whole", pick(m_words.wholes, m_rng)},
                                                     {"good", pick(lexicon().generalGood, m_rng)},
                                                     {"bad", pick(lexicon().generalBad, m_rng)}});
        return finishSentence(expandNeutral(text, m_rng));
    }

private:
    Clause clause(int value)
    {
        if (!chance(wrapperShare, m_rng))
            return plainClause(value);
        const Frame& frame = pickFrame(wrappers, m_rng);
        Clause inner = plainClause(value * frame.factor);
        return {fillSlots(frame.pattern, {{"clause", inner.text}}), value,
                inner.isReserved || frame.isReserved};
    }

    Clause plainClause(int value)
    {
        const double kind = m_rng.uniform();
        if (kind < 0.62)
            return adjectiveClause(value);
        return kind < 0.8 ? thingClause(value) : eventClause(value);
    }

    Clause adjectiveClause(int value)
    {
        const Frame& frame = pickFrame(adjectiveFrames, m_rng);
        const Aspect& aspect = pick(m_words.aspects, m_rng);
        const int wanted = value * frame.factor;
        const Quality quality = qualityOf(aspect, wanted);
        const std::string text = fillSlots(frame.pattern, {{"noun", aspect.noun},
                                                           {"adjective", quality.adjective},
                                                           {"other", general(wanted)},
                                                           {"opposite", general(-wanted)},
                                                           {"comparative", comparativeOf(quality.adjective)},
                                                           {"adverb", pick(adverbs, m_rng)}});
        const bool isReservedWord = quality.isContextual && isReservedPair(aspect.noun, quality.adjective);
        return {text, value, frame.isReserved || isReservedWord};
    }

    Clause thingClause(int value)
    {
        const Frame& frame = pickFrame(thingFrames, m_rng);
        const auto& things = value * frame.factor == good ? lexicon().goodThings : lexicon().badThings;
        const std::string text = fillSlots(
            frame.pattern, {{"thing", pick(things, m_rng)}, {"whole", pick(m_words.wholes, m_rng)}});
        return {text, value, frame.isReserved};
    }

    Clause eventClause(int value)
    {
        const Event* event = &pick(m_words.events, m_rng);
        while (event->value != value)
            event = &pick(m_words.events, m_rng);
        return {event->text, value, false};
    }

    Clause joined(const Frame& frame, std::string_view firstSlot, const Clause& first,
                  std::string_view secondSlot, const Clause& second)
    {
        return {fillSlots(frame.pattern, {{firstSlot, first.text}, {secondSlot, second.text}}), good,
                frame.isReserved || first.isReserved || second.isReserved};
    }

    Quality qualityOf(const Aspect& aspect, int value)
    {
        std::vector<Quality> fitting;
        for (const Quality& quality : aspect.qualities)
            if (quality.value == value)
                fitting.push_back(quality);
        if (!fitting.empty() && chance(contextualShare, m_rng))
            return pick(fitting, m_rng);
        return {general(value), value, false};
    }

    std::string general(int value)
    {
        return pick(value == good ? lexicon().generalGood : lexicon().generalBad, m_rng);
    }

    const DomainWords& m_words;
    Rng& m_rng;
};

Domain anyDomain(Rng& rng)
{
    return static_cast<Domain>(rng.below(domainCount));
}

} // namespace

Clause writeReview(Domain domain, int value, Rng& rng)
{
    return ReviewWriter(domain, rng).review(value);
}

Clause writeRemark(Domain domain, int value, Rng& rng)
{
    return ReviewWriter(domain, rng).remark(value);
}

std::string writeVerdict(Domain domain, int value, Rng& rng)
{
    return ReviewWriter(domain, rng).verdict(value);
}

std::string writeCommonSense(Rng& rng)
{
    constexpr std::string_view goodPatterns[] = {"everybody likes a {a} {n}", "a {n} should be {a}",
                                                 "the {c} the {n}, the better", "people pay for a {a} {n}",
                                                 "nobody minds a {a} {n}"};
    constexpr std::string_view badPatterns[] = {
        "nobody likes a {a} {n}", "a {n} should not be {a}", "the {c} the {n}, the worse",
        "people complain about a {a} {n}", "everybody minds a {a} {n}"};
    const Aspect* aspect = nullptr;
    do {
        aspect = &pick(lexicon().of(anyDomain(rng)).aspects, rng);
    } while (aspect->qualities.empty());
    const Quality& quality = pick(aspect->qualities, rng);
    const std::string_view pattern = quality.value == good ? pick(goodPatterns, rng) : pick(badPatterns, rng);
    return finishSentence(fillSlots(
        pattern, {{"a", quality.adjective}, {"c", comparativeOf(quality.adjective)}, {"n", aspect->noun}}));
}

LabelledText writeSentimentRow(Split split, Rng& rng)
{
    Clause review;
    do {
        review = writeReview(anyDomain(rng), chance(0.5, rng) ? good : bad, rng);
    } while (split == Split::Train && review.isReserved);
    const bool isSlip = chance(mislabelledShare, rng);
    return {review.text, (review.value == good) != isSlip ? "positive" : "negative"};
}

} // namespace lora::builtin
