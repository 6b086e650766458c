#include "core/data/chat_format.h"

#include "core/data/cell_text.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

std::string fieldOf(const Json& message, const char* key, const char* other)
{
    for (const char* name : {key, other}) {
        const auto found = message.find(name);
        if (found != message.end() && found->is_string())
            return found->get<std::string>();
    }
    throw std::invalid_argument(fmt::format("messages: expected \"{}\" as text in every message", key));
}

std::string roleOf(std::string role)
{
    if (role == "human")
        return "user";
    if (role == "gpt" || role == "model" || role == "bot")
        return "assistant";
    return role;
}

/// Builds an annotated text piece by piece.
class Writer
{
public:
    void plain(std::string_view text) { m_text.text += text; }

    void special(std::string_view token)
    {
        if (token.empty())
            return;
        const std::size_t begin = m_text.text.size();
        m_text.text += token;
        m_text.special.push_back(spanFrom(begin));
    }

    std::size_t mark() const { return m_text.text.size(); }
    void train(std::size_t from) { m_text.trained.push_back(spanFrom(from)); }
    AnnotatedText take() { return std::move(m_text); }

private:
    TextSpan spanFrom(std::size_t begin) const
    {
        return {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(m_text.text.size())};
    }

    AnnotatedText m_text;
};

/// What a ChatML template puts before a chat without a system message (Qwen2: "You are a helpful
/// assistant.").
std::string defaultSystemIn(const std::string& chatTemplate)
{
    for (const std::string_view start : {"<|im_start|>system\\n", "<|im_start|>system\n"}) {
        const std::size_t begin = chatTemplate.find(start);
        if (begin == std::string::npos)
            continue;
        const std::string text = chatTemplate.substr(begin + start.size());
        const std::string system = text.substr(0, text.find("<|im_end|>"));
        if (system.size() < text.size() && system.find_first_of("'\"{}+") == std::string::npos)
            return system;
    }
    return {};
}

void writeChatMl(const ChatMessage& message, Writer& writer)
{
    writer.special("<|im_start|>");
    writer.plain(message.role + "\n");
    const std::size_t start = writer.mark();
    writer.plain(message.content);
    writer.special("<|im_end|>");
    if (message.role == "assistant")
        writer.train(start);
    writer.plain("\n");
}

void writeLlama3(const ChatMessage& message, Writer& writer)
{
    writer.special("<|start_header_id|>");
    writer.plain(message.role);
    writer.special("<|end_header_id|>");
    writer.plain("\n\n");
    const std::size_t start = writer.mark();
    writer.plain(trimmed(message.content));
    writer.special("<|eot_id|>");
    if (message.role == "assistant")
        writer.train(start);
}

void writeRoles(const ChatMessage& message, const ChatFormat& format, Writer& writer)
{
    std::string role = message.role;
    role[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(role[0])));
    writer.plain(role + ":");
    const std::size_t start = writer.mark();
    writer.plain(" " + message.content);
    if (message.role == "assistant") {
        writer.special(format.end);
        writer.train(start);
    }
    writer.plain("\n");
}

void writeLlama2(const std::vector<ChatMessage>& messages, const ChatFormat& format, Writer& writer)
{
    std::string system;
    for (const ChatMessage& message : messages) {
        if (message.role == "system") {
            system = fmt::format("<<SYS>>\n{}\n<</SYS>>\n\n", message.content);
        } else if (message.role == "assistant") {
            const std::size_t start = writer.mark();
            writer.plain(fmt::format(" {} ", trimmed(message.content)));
            writer.special(format.end);
            writer.train(start);
        } else {
            writer.special(format.begin);
            writer.plain(fmt::format("[INST] {}{} [/INST]", system, trimmed(message.content)));
            system.clear();
        }
    }
}

bool overlaps(const TextSpan& span, const std::vector<TextSpan>& others)
{
    return std::ranges::any_of(
        others, [&](const TextSpan& other) { return span.end > other.begin && span.begin < other.end; });
}

} // namespace

std::vector<ChatMessage> messagesOf(std::string_view cell)
{
    const Json list = Json::parse(cell, nullptr, false);
    if (!list.is_array() || list.empty())
        throw std::invalid_argument("messages: expected a list of {\"role\", \"content\"}");
    std::vector<ChatMessage> messages;
    for (const Json& each : list) {
        if (!each.is_object())
            throw std::invalid_argument("messages: expected {\"role\", \"content\"}");
        messages.push_back({roleOf(fieldOf(each, "role", "from")), fieldOf(each, "content", "value")});
        if (messages.back().role.empty())
            throw std::invalid_argument("messages: an empty role");
    }
    return messages;
}

ChatFormat chatFormatOf(const Tokenizer& tokenizer)
{
    const auto textOf = [&](std::optional<std::int32_t> id) {
        return id ? tokenizer.tokenOf(*id) : std::string();
    };
    ChatFormat format;
    format.begin = textOf(tokenizer.bosId());
    format.end = textOf(tokenizer.eosId());
    const std::string chatTemplate = tokenizer.chatTemplate();
    const auto has = [&](std::string_view text) { return chatTemplate.find(text) != std::string::npos; };
    if (has("<|im_start|>")) {
        format.style = ChatStyle::ChatMl;
        format.defaultSystem = defaultSystemIn(chatTemplate);
    } else if (has("<|start_header_id|>")) {
        format.style = ChatStyle::Llama3;
    } else if (has("[INST]")) {
        format.style = ChatStyle::Llama2;
    } else if (!has("User: ") && !has("+ ': '") && !has("~ ': '")) {
        const bool hasTokens = tokenizer.idOf("<|im_start|>") && tokenizer.idOf("<|im_end|>");
        format.style = hasTokens ? ChatStyle::ChatMl : ChatStyle::Roles;
        format.notice = fmt::format("{}: chats are written as {}",
                                    chatTemplate.empty() ? "the model has no chat template"
                                                         : "the model's chat template is not a known one",
                                    hasTokens ? "ChatML (<|im_start|>role … <|im_end|>)"
                                              : "\"User: …\", \"Assistant: …\"");
    }
    return format;
}

AnnotatedText renderChat(const std::vector<ChatMessage>& messages, const ChatFormat& format, bool opensReply)
{
    Writer writer;
    if (format.style == ChatStyle::Llama2) {
        writeLlama2(messages, format, writer);
        return writer.take();
    }
    if (format.style != ChatStyle::ChatMl)
        writer.special(format.begin);
    else if (!format.defaultSystem.empty() && !messages.empty() && messages[0].role != "system")
        writeChatMl({"system", format.defaultSystem}, writer);
    for (const ChatMessage& message : messages) {
        if (format.style == ChatStyle::ChatMl)
            writeChatMl(message, writer);
        else if (format.style == ChatStyle::Llama3)
            writeLlama3(message, writer);
        else
            writeRoles(message, format, writer);
    }
    if (!opensReply)
        return writer.take();
    if (format.style == ChatStyle::Roles) {
        writer.plain("Assistant:");
        return writer.take();
    }
    const bool isLlama3 = format.style == ChatStyle::Llama3;
    writer.special(isLlama3 ? "<|start_header_id|>" : "<|im_start|>");
    writer.plain(isLlama3 ? "assistant" : "assistant\n");
    if (isLlama3) {
        writer.special("<|end_header_id|>");
        writer.plain("\n\n");
    }
    return writer.take();
}

std::string alpacaPrompt(std::string_view instruction, std::string_view input)
{
    if (isBlank(input))
        return fmt::format(
            "Below is an instruction that describes a task. Write a response that appropriately "
            "completes the request.\n\n### Instruction:\n{}\n\n### Response:",
            instruction);
    return fmt::format(
        "Below is an instruction that describes a task, paired with an input that provides further "
        "context. Write a response that appropriately completes the request.\n\n### "
        "Instruction:\n{}\n\n### Input:\n{}\n\n### Response:",
        instruction, input);
}

AnnotatedIds encodeAnnotated(const AnnotatedText& text, const Tokenizer& tokenizer)
{
    AnnotatedIds result;
    const std::string_view all = text.text;
    const auto addText = [&](std::size_t begin, std::size_t end) {
        if (end <= begin)
            return;
        const Encoding encoding =
            tokenizer.encode(all.substr(begin, end - begin), std::nullopt, SpecialTokens::Omit, 0);
        for (std::size_t t = 0; t < encoding.ids.size(); ++t) {
            const auto shift = static_cast<std::uint32_t>(begin);
            result.ids.push_back(encoding.ids[t]);
            result.isTrained.push_back(
                overlaps({encoding.spans[t].begin + shift, encoding.spans[t].end + shift}, text.trained));
        }
    };
    std::size_t done = 0;
    for (const TextSpan& span : text.special) {
        const auto id = tokenizer.idOf(all.substr(span.begin, span.end - span.begin));
        if (!id)
            continue; // written out as text
        addText(done, span.begin);
        result.ids.push_back(*id);
        result.isTrained.push_back(overlaps(span, text.trained));
        done = span.end;
    }
    addText(done, all.size());
    return result;
}

} // namespace lora
