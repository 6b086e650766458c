#pragma once

#include "core/experiment/trained_model.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace lora {

// What a trained model says about rows, told in the terms of its task; for the command line, the report and
// the window. Positions in texts count characters (Unicode code points) from 0; an end is past the last
// character.

/// sequence-classification: probabilities sum to 1, in the order of the model's labelNames.
struct LabelPrediction
{
    std::string label;
    std::vector<double> probabilities;
};

/// multi-label-classification: each label by itself; `labels` are those of at least 0.5.
struct LabelsPrediction
{
    std::vector<std::string> labels;
    std::vector<double> probabilities; ///< in the order of labelNames
};

/// regression.
struct ValuePrediction
{
    double value = 0;
};

/// A stretch of text with one type: "person", "location".
struct TextEntity
{
    std::string type;
    std::string text;
    std::size_t begin = 0;
    std::size_t end = 0;
    double score = 0; ///< mean probability of its words' tags
};

/// token-classification: one tag a word. `text` is the words joined by spaces, or the text as it was typed.
struct TagsPrediction
{
    std::string text;
    std::vector<std::string> tokens;
    std::vector<std::string> tags;     ///< as many as tokens; "O" beyond the model's length
    std::vector<double> probabilities; ///< of each tag
    std::vector<TextEntity> entities;
};

/// question-answering: `answer` is context[start, end); empty: the passage has no answer. Rows of token ids
/// without text have none, but start and end token.
struct AnswerPrediction
{
    std::string answer;
    std::size_t start = 0;
    std::size_t end = 0;
    double score = 0; ///< probability of start times that of end
};

struct TokenCandidate
{
    std::int32_t id = 0;
    std::string token;
    double probability = 0;
};

/// causal-lm and masked-lm: for each token of the input what the model expects there (masked) or next
/// (causal), most probable first.
struct TokensPrediction
{
    std::vector<std::string> tokens;
    std::vector<bool> isMask; ///< whether the token is the mask token
    std::vector<std::vector<TokenCandidate>> candidates;
};

/// Of one row of data.
struct Prediction
{
    std::variant<LabelPrediction, LabelsPrediction, ValuePrediction, TagsPrediction, AnswerPrediction,
                 TokensPrediction>
        value;
    /// Only when asked for, [logitRows, columns] row by row: sequence tasks one row; tokens otherwise. Of a
    /// question with several windows those of the window with the answer.
    std::vector<float> logits;
    std::size_t logitColumns = 0;
};

struct PredictionOptions
{
    int threads = 0; ///< 0: one per processor
    bool keepsLogits = false;
    std::size_t candidates = 5;  ///< of language models, for each token
    bool allowsNoAnswer = false; ///< question answering: whether "no answer" (the first token) may win
};

/// Rows of one typed text, or pair (question answering: question and passage). Throws lora::Error when the
/// model folder has no tokenizer or the text no tokens.
TokenizedDataset rowsOfText(const TrainedModel& trained, std::string_view text,
                            const std::optional<std::string>& textPair = std::nullopt);
/// Rows of a file of texts, or of token ids; labels are not needed.
TokenizedDataset rowsOfFile(const TrainedModel& trained, const std::string& file,
                            bool areLabelsRequired = false);

/// One prediction for each row of data (not for each window of a long passage), in order.
std::vector<Prediction> predict(const TrainedModel& trained, const TokenizedDataset& rows,
                                const PredictionOptions& options = {});

/// Class names as they stand in data files: those of a run; "0", "1", … where the model has only Hugging
/// Face's "LABEL_0".
std::vector<std::string> dataLabelNames(const TrainedModel& trained);
/// The experiment's max_length, or fewer where the model has fewer positions.
int maxLengthOf(const TrainedModel& trained);

} // namespace lora
