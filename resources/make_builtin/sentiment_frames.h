#pragma once

#include <string_view>

namespace lora::builtin {

/// The sentences of reviews, as patterns with slots. See sentiment_task.h for how meanings are composed.

/// A pattern and what it does to the judgement inside it: `keeps` or `turns`.
struct Frame
{
    std::string_view pattern;
    int factor;
    bool isReserved = false;
};
inline constexpr int keeps = +1;
inline constexpr int turns = -1;

/// {noun} and {adjective} ({comparative} of it); {other} is a second adjective of the same judgement.
inline constexpr Frame adjectiveFrames[] = {
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

/// Several adjectives of one judgement, in pretraining text alone: what stands together tells what words
/// mean.
inline constexpr Frame listFrames[] = {
    {"the {noun} was {adjective}, {other} and {third}", keeps},
    {"{adjective}, {other} and {third}: that was the {noun}", keeps},
    {"a {adjective}, {other}, {third} {noun}", keeps},
    {"the {noun}? {other}, {third} and {adjective}", keeps},
    {"the {noun} was {adjective}, in other words {other}", keeps},
};

/// {thing}: "comfort", "noise".
inline constexpr Frame thingFrames[] = {
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
inline constexpr Frame wrappers[] = {
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
inline constexpr Frame contrasts[] = {
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
inline constexpr Frame agreements[] = {
    {"{first} and {second}", keeps},
    {"{first}, and what is more, {second}", keeps},
    {"{first}. Besides, {second}", keeps},
    {"{first}; no wonder that {second}", keeps},
    {"not only that {first}: {second}", keeps},
};

inline constexpr std::string_view adverbs[] = {"very",   "quite",  "really", "simply", "truly",
                                               "rather", "pretty", "so",     "utterly"};

/// {first}, {second}, {third}: adjectives that judge as the review does.
inline constexpr std::string_view goodVerdicts[] = {"we will come back",
                                                    "I would do it again at once",
                                                    "money well spent",
                                                    "{number} stars from me",
                                                    "warmly recommended",
                                                    "do not miss it",
                                                    "we left happy",
                                                    "thank you for this {whole}",
                                                    "a {whole} to remember",
                                                    "tell your friends",
                                                    "I am glad that we chose this {whole}",
                                                    "worth every penny",
                                                    "my {relative} loved it",
                                                    "we liked the {whole}",
                                                    "all in all a {first} {whole}",
                                                    "in a word: {first}",
                                                    "in short, a {first} {whole}",
                                                    "what a {first} {whole}",
                                                    "I call that {first}",
                                                    "my {relative} found it {first}",
                                                    "{first}, {second}, {third}",
                                                    "simply {first}, {second} and {third}",
                                                    "a {first}, {second} {whole}",
                                                    "{first} and {second} as can be",
                                                    "two words: {first}, {second}"};
inline constexpr std::string_view badVerdicts[] = {"we will not come back",
                                                   "I would never do it again",
                                                   "money badly spent",
                                                   "no stars from me",
                                                   "not recommended",
                                                   "do not go near it",
                                                   "we left angry",
                                                   "no thanks for this {whole}",
                                                   "a {whole} to forget",
                                                   "warn your friends",
                                                   "I regret that we chose this {whole}",
                                                   "not worth a penny",
                                                   "my {relative} hated it",
                                                   "we disliked the {whole}",
                                                   "all in all a {first} {whole}",
                                                   "in a word: {first}",
                                                   "in short, a {first} {whole}",
                                                   "what a {first} {whole}",
                                                   "I call that {first}",
                                                   "my {relative} found it {first}",
                                                   "{first}, {second}, {third}",
                                                   "simply {first}, {second} and {third}",
                                                   "a {first}, {second} {whole}",
                                                   "{first} and {second} as can be",
                                                   "two words: {first}, {second}"};

} // namespace lora::builtin
