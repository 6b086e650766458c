#pragma once

#include "resources/make_builtin/sentiment_task.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace lora::builtin {

/// One instruction with its answer, as prompt/completion files have them. The prompt is "Instruction: …",
/// often "Input: …" on a second line, and "Answer:"; the completion begins with a space.
struct InstructionRow
{
    std::string prompt;
    std::string completion;
};

struct InstructionSizes
{
    std::size_t trainRows = 4000;
    std::size_t evalRows = 600;
};

struct InstructionRows
{
    std::vector<InstructionRow> train;
    std::vector<InstructionRow> eval;
};

/// Ten kinds of small instructions in equal numbers (judge, classify, describe, answer briefly, find, count,
/// sort, reverse, pick, list) and a few of what comes next. No prompt occurs twice. Profiles and lists of
/// evaluation rows are made of subjects and combinations that no training row has.
InstructionRows makeInstructionRows(const InstructionSizes& sizes, std::uint64_t seed);

/// One JSON object a line: {"prompt": …, "completion": …}.
std::string toJsonLines(const std::vector<InstructionRow>& rows);

} // namespace lora::builtin
