#pragma once

#include "core/base/rng.h"
#include "resources/make_builtin/sentiment_task.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lora::builtin {

/// Plain facts of the small world: people, inns, lines and shops, each with a value for about nine attributes
/// (home, trade, owner, colour of the roof …), and sentences and questions that speak of one attribute of one
/// subject.

/// One thing there is to know of a subject. Patterns hold {s}, the subject, and statements {v}, the value.
struct Attribute
{
    std::string_view name;
    std::string_view values; ///< the word list its values come from; several attributes share one
    std::vector<std::string_view> statements;
    std::vector<std::string_view> questions;
};

struct SubjectKind
{
    std::string_view name;
    std::vector<Attribute> attributes;
    std::vector<std::string> subjects; ///< the last third is kept for evaluation rows
};

const std::vector<SubjectKind>& subjectKinds();
/// Words a value may be, for example "town", "animal". Throws lora::Error (Internal) for an unknown list.
const std::vector<std::string>& valueList(std::string_view name);

/// A subject that may be written about in rows of `split`: evaluation has subjects of its own, pretraining
/// takes any.
const std::string& pickSubject(const SubjectKind& kind, Split split, Rng& rng);

struct Fact
{
    const SubjectKind* kind = nullptr;
    const Attribute* attribute = nullptr;
    std::string subject;
    std::string value;
};

/// "Anna lives in Marlow"; as a sentence with its full stop. `isRepeated`: the subject was named in the
/// sentence before and may become "she", "he" or "it".
std::string stateFact(const Fact& fact, bool isRepeated, Rng& rng);
/// "Where does Anna live?"
std::string askFact(const Fact& fact, Rng& rng);

/// Facts and passing remarks in an order of their own, as one paragraph.
struct Passage
{
    std::string text;
    std::vector<Fact> facts;
    std::vector<std::size_t>
        valueAt; ///< of each fact: where its value stands in `text`, in bytes (the text is ASCII)
};

/// Four to eight sentences about one subject, or about two of a kind of whom the same things are told. No
/// value stands in it twice, so that a question has one answer.
Passage writePassage(Split split, Rng& rng);

/// A short passage, at times with a question on it and the whole sentence that answers; in pretraining text
/// alone.
std::string writeProfile(Rng& rng);

} // namespace lora::builtin
