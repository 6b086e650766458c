#pragma once

#include "core/config/task.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the Try page asks and is told. Texts are UTF-8; positions in them count UTF-16 units, as QString
/// does.
namespace lora::ui {

/// A model that can be tried.
struct TrySource
{
    enum class Kind {
        Run,    ///< `path`: a run folder
        Folder, ///< `path`: a model folder or "builtin:…", perhaps with `adapter` and `task`
        Live    ///< the weights of the run that is paused now; `path`: its run folder
    };
    Kind kind = Kind::Folder;
    std::string path;
    std::string adapter;          ///< PEFT folder; empty: none
    std::optional<TaskType> task; ///< none: as the files say

    bool operator==(const TrySource&) const = default;
};

/// What is known of it once it is open.
struct TryModel
{
    TrySource source;
    TaskType task = TaskType::SequenceClassification;
    std::vector<std::string> labels; ///< class names; entities as the data set spells them ("B-PER")
    bool hasAdapter = false;         ///< there is a base to compare with and a strength to choose
    std::string mask;                ///< the mask token, for masked language modelling
    std::int64_t maxPositions = 0;
    std::vector<std::string> notices;
};

/// Meanings as in lora::GenerationConfig.
struct GenerationSettings
{
    int maxNewTokens = 128;
    double temperature = 0.8; ///< 0: greedy
    int topK = 0;
    double topP = 0.95;
    std::uint64_t seed = 42;

    bool operator==(const GenerationSettings&) const = default;
};

/// How a prompt is written; meanings as in lora::PromptStyle.
enum class PromptStyle { Plain, Instruction, Chat };

struct TryQuestion
{
    std::uint64_t id = 0; ///< answers carry it; those to an earlier question are dropped
    TrySource source;
    std::string text; ///< text, question, or prompt
    std::string pair; ///< second text, passage, or an instruction's input; empty: none
    PromptStyle style = PromptStyle::Plain;
    double strength = 1;
    bool comparesBase = false;
    GenerationSettings generation;
};

/// Whose answer it is.
enum class TrySide { Base, Adapted };

struct ScoredText
{
    std::string text;
    double score = 0; ///< probability
};

struct TextMark
{
    int begin = 0;
    int end = 0;
    std::string label;
    double score = 0;
};

/// Only what the task fills is there.
struct TryAnswer
{
    std::vector<ScoredText> labels;                 ///< (multi-label) classification, in class order
    std::optional<double> value;                    ///< regression
    std::vector<TextMark> marks;                    ///< entities in the text, or the answer in the passage
    std::vector<std::vector<ScoredText>> maskFills; ///< per mask, the likeliest first
    double seconds = 0;
};

/// How a continuation ended.
struct TryEnd
{
    enum class Reason { StopToken, Length, Context, Cancelled };
    Reason reason = Reason::Length;
    int tokens = 0;
    double seconds = 0;
};

} // namespace lora::ui
