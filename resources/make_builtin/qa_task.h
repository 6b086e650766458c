#pragma once

#include "resources/make_builtin/sentiment_task.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lora::builtin {

struct AskedQuestion
{
    std::string question;
    std::string answer;
    std::size_t answerStart = 0; ///< in characters, which are bytes here: the text is ASCII
};

/// A passage and questions on it whose answers stand in it.
struct QaParagraph
{
    std::string title; ///< the kind of its subjects
    std::string context;
    std::vector<AskedQuestion> questions;
};

struct QaSizes
{
    std::size_t trainParagraphs = 1500;
    std::size_t evalParagraphs = 350;
    std::size_t questionsEach = 3;
};

struct QaRows
{
    std::vector<QaParagraph> train;
    std::vector<QaParagraph> eval;
};

/// Passages of four to eight sentences about one subject or about two of whom the same things are told, with
/// questions in other words than the passage's. Evaluation passages are about subjects that no training
/// passage is about.
QaRows makeQaRows(const QaSizes& sizes, std::uint64_t seed);

/// As SQuAD 1.1 has it: data > paragraphs > qas with answers {text, answer_start}.
std::string toSquadJson(const std::vector<QaParagraph>& paragraphs, const std::string& idPrefix);

} // namespace lora::builtin
