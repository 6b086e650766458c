#pragma once

#include "core/experiment/trained_model.h"
#include "core/models/text_generator.h"

#include <functional>
#include <string>

namespace lora {

/// How a text for the model is written.
enum class PromptStyle {
    Plain,       ///< as it stands, after the tokenizer's begin token where it has one
    Instruction, ///< Stanford Alpaca's prompt, as instruction data is trained on
    Chat         ///< one user's message in the model's chat format
};

struct Prompt
{
    std::string text;
    std::string input; ///< Instruction: what the instruction is about; may be empty
    PromptStyle style = PromptStyle::Plain;
};

struct Continuation
{
    std::vector<std::int32_t> promptIds;
    std::vector<std::int32_t> ids;
    std::string text;
    GenerationEnd end = GenerationEnd::Length;
    double seconds = 0;
};

std::string_view toString(GenerationEnd end);

/// Lets a causal language model go on from a prompt; ends at the tokens config.json and the tokenizer name as
/// end tokens, besides `config.stopTokens`. `onText` gets each piece of text once it cannot change any more
/// and ends the generation by returning false. Throws lora::Error (BadInput) without a tokenizer, else as
/// TextGenerator does.
Continuation continueText(const TrainedModel& trained, const Prompt& prompt, GenerationConfig config,
                          const std::function<bool(const std::string&)>& onText = {});

} // namespace lora
