#pragma once

#include "core/base/rng.h"
#include "resources/make_builtin/sentiment_task.h"

#include <string>

namespace lora::builtin {

/// News reports in one or two clauses. The topic is that of what the report says has happened; most reports
/// also mention something from another topic as background, with its words and often with the same verbs.
inline constexpr int topicCount = 5;
/// "world", "sports", "business", "science", "culture"
std::string topicName(int topic);

struct Report
{
    std::string text;
    int topic = 0;
    bool isReserved = false; ///< uses a template or an event that training rows must not use
};

Report writeReport(int topic, Rng& rng);
/// Two short reports of the same topic, without background; in pretraining text alone.
std::string writeBrief(int topic, Rng& rng);
/// A second sentence that goes on about `topic`; in pretraining text alone.
std::string writeFollowUp(int topic, Rng& rng);

/// A labelled row; topics are equally frequent.
LabelledText writeTopicRow(Split split, Rng& rng);

} // namespace lora::builtin
