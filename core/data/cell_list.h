#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// Entries of a cell that holds a JSON list of texts or numbers ("[\"a\", \"b\"]"); none when it is no such
/// list.
std::optional<std::vector<std::string>> jsonListOf(std::string_view cell);

/// Words, or tags, of a cell: a JSON list, else parted at white space.
std::vector<std::string> wordListOf(std::string_view cell);

/// The labels of a multi-label cell: a JSON list, or names separated by "|", else ";", else ",". No empty
/// names.
std::vector<std::string> labelListOf(std::string_view cell);

/// An answer to a question as data files have it.
struct Answer
{
    std::string text;
    std::optional<std::int64_t> start; ///< character of the passage it begins at
};

/// Answers of a cell: {"text": [...], "answer_start": [...]}, [{"text", "answer_start"}], or the text itself
/// with its start in a cell of its own. Throws std::invalid_argument telling what is wrong.
std::vector<Answer> answersOf(std::string_view cell, std::string_view startCell);

} // namespace lora
