#include "resources/make_builtin/sentiment_task.h"

#include "resources/make_builtin/grammar.h"
#include "resources/make_builtin/sentiment_frames.h"

namespace lora::builtin {
namespace {

constexpr double contextualShare = 0.35; ///< of adjectives, where the noun has one of the wanted judgement
constexpr double wrapperShare = 0.15;
constexpr double turningShare = 0.15; ///< of frames and wrappers
constexpr double listShare = 0.5;     ///< of sentences in accounts
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

    /// Two or three short sentences that all say the same.
    std::string account(int value)
    {
        std::string text;
        const std::uint64_t sentences = 2 + m_rng.below(2);
        for (std::uint64_t i = 0; i < sentences; ++i) {
            const bool isList = chance(listShare, m_rng);
            const Clause next = isList ? adjectiveClause(pick(listFrames, m_rng), value) : plainClause(value);
            text += finishSentence(expandNeutral(next.text, m_rng)) + " ";
        }
        text.pop_back();
        return text;
    }

    Clause review(int value)
    {
        Clause result;
        const double form = m_rng.uniform();
        if (form < 0.5) {
            result = clause(value);
        } else if (form < 0.68) {
            result = joined(pick(contrasts, m_rng), "aside", clause(-value), "main", clause(value));
        } else {
            const Clause first = clause(value);
            Clause second = clause(value);
            while (second.text == first.text)
                second = clause(value);
            result = joined(pick(agreements, m_rng), "first", first, "second", second);
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
                                                     {"first", general(value)},
                                                     {"second", general(value)},
                                                     {"third", general(value)}});
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
            return adjectiveClause(pickFrame(adjectiveFrames, m_rng), value);
        return kind < 0.8 ? thingClause(value) : eventClause(value);
    }

    Clause adjectiveClause(const Frame& frame, int value)
    {
        const Aspect& aspect = pick(m_words.aspects, m_rng);
        const int wanted = value * frame.factor;
        const Quality quality = qualityOf(aspect, wanted);
        const std::string text = fillSlots(frame.pattern, {{"noun", aspect.noun},
                                                           {"adjective", quality.adjective},
                                                           {"other", general(wanted)},
                                                           {"third", general(wanted)},
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

std::string writeAccount(Domain domain, int value, Rng& rng)
{
    return ReviewWriter(domain, rng).account(value);
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
