#pragma once

#include "resources/make_builtin/instructions_task.h"
#include "resources/make_builtin/qa_task.h"
#include "resources/make_builtin/sentiment_task.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace lora::builtin {

/// Train and eval rows of one task. No text occurs twice, neither within a split nor across the two.
struct TaskRows
{
    std::vector<LabelledText> train;
    std::vector<LabelledText> eval;
};

struct CorpusSizes
{
    std::size_t trainRows = 4000;
    std::size_t evalRows = 1500;
};

TaskRows makeSentimentRows(const CorpusSizes& sizes, std::uint64_t seed);
TaskRows makeTopicRows(const CorpusSizes& sizes, std::uint64_t seed);

/// "text<TAB>label" lines under a header of that form.
std::string toTsv(const std::vector<LabelledText>& rows);

/// Shares of the texts that are not about judgements and news.
struct TextMix
{
    double profiles = 0;  ///< facts about people, inns, lines and shops, with questions among them
    double knowledge = 0; ///< lists and their order
};

/// Unlabelled text of the same world for pretraining, without end: reviews and rambling accounts with and
/// without a closing remark, reports with and without a second sentence, plain remarks on what people like;
/// and what `mix` asks for. No run of sentences in it is one of the texts in `excluded`.
class PretrainingText
{
public:
    PretrainingText(std::uint64_t seed, std::unordered_set<std::string> excluded, const TextMix& mix = {});

    /// One text of one to four sentences.
    std::string next();

private:
    std::string anyText();
    std::string worldText();
    bool holdsExcluded(std::string_view text) const;
    std::string reviewText();
    std::string reportText();

    Rng m_rng;
    std::unordered_set<std::string> m_excluded;
    TextMix m_mix;
};

/// The texts of the evaluation rows of all tasks: reviews, reports, passages, inputs of instructions.
std::unordered_set<std::string> evalTexts(const TaskRows& sentiment, const TaskRows& topics, const QaRows& qa,
                                          const InstructionRows& instructions);

} // namespace lora::builtin
