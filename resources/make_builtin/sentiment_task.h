#pragma once

#include "core/base/rng.h"
#include "resources/make_builtin/lexicon.h"

#include <string>
#include <string_view>

namespace lora::builtin {

/// Which part of the data a text is written for. Some templates, and some pairs of noun and adjective, are
/// reserved: training rows never use them, so evaluation also asks for what was not shown.
enum class Split { Train, Eval, Pretraining };

/// One row of a task.
struct LabelledText
{
    std::string text;
    std::string label;
};

/// A piece of review with its meaning. Meanings multiply: a frame such as "the {noun} was anything but
/// {adjective}" has the factor -1, so the judgement of the words and the judgement of the sentence are
/// different things.
struct Clause
{
    std::string text;
    int value = good;
    bool isReserved = false; ///< uses a template or a pair of words that training rows must not use
};

/// A whole review (one or two sentences) of one domain that is good or bad as a whole.
Clause writeReview(Domain domain, int value, Rng& rng);
/// Several short sentences that all judge alike, as rambling reviewers write; in pretraining text alone.
std::string writeAccount(Domain domain, int value, Rng& rng);
/// A closing remark that agrees with `value`, as reviews have them ("We will be back."); in pretraining text
/// alone.
std::string writeVerdict(Domain domain, int value, Rng& rng);
/// A plain remark on what people like ("Everybody likes a cold beer."); in pretraining text alone.
std::string writeCommonSense(Rng& rng);

/// A labelled row, "negative" or "positive", equally often.
LabelledText writeSentimentRow(Split split, Rng& rng);

} // namespace lora::builtin
