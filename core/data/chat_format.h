#pragma once

#include "core/text/tokenizer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

struct ChatMessage
{
    std::string role; ///< "system", "user", "assistant"
    std::string content;

    bool operator==(const ChatMessage&) const = default;
};

/// Messages of a cell: [{"role", "content"}], or ShareGPT's [{"from", "value"}]. Throws std::invalid_argument
/// telling what is wrong.
std::vector<ChatMessage> messagesOf(std::string_view cell);

/// A text with what stands out in it, by bytes.
struct AnnotatedText
{
    std::string text;
    std::vector<TextSpan> trained; ///< what a model is to learn to write
    std::vector<TextSpan> special; ///< special tokens: one token each where the tokenizer knows them
};

enum class ChatStyle {
    ChatMl, ///< "<|im_start|>role\ncontent<|im_end|>\n"
    Llama2, ///< "<s>[INST] … [/INST] … </s>"
    Llama3, ///< "<|start_header_id|>role<|end_header_id|>\n\ncontent<|eot_id|>"
    Roles   ///< "User: …\nAssistant: …"
};

/// How a model expects chats to be written.
struct ChatFormat
{
    ChatStyle style = ChatStyle::Roles;
    std::string defaultSystem; ///< what the template says where there is no system message
    std::string begin, end;    ///< texts of the tokenizer's begin and end tokens; may be empty
    std::string notice;        ///< when the model has no chat template, or none that is known
};

/// By the model's chat template where it is one of the well-known ones; else ChatML where its tokens exist,
/// else plain roles, with a notice.
ChatFormat chatFormatOf(const Tokenizer& tokenizer);

/// The messages as one text; the assistant's with their end are trained. With `opensReply` it ends where the
/// assistant begins to write.
AnnotatedText renderChat(const std::vector<ChatMessage>& messages, const ChatFormat& format,
                         bool opensReply = false);

/// Stanford Alpaca's prompt for an instruction, with or without input.
std::string alpacaPrompt(std::string_view instruction, std::string_view input);

/// Ids of an annotated text: special tokens by their ids, what is between them as texts of their own without
/// a template; and for each whether it is trained (in part).
struct AnnotatedIds
{
    std::vector<std::int32_t> ids;
    std::vector<bool> isTrained;
};

AnnotatedIds encodeAnnotated(const AnnotatedText& text, const Tokenizer& tokenizer);

} // namespace lora
