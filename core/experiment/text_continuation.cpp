#include "core/experiment/text_continuation.h"

#include "core/base/error.h"
#include "core/base/stopwatch.h"
#include "core/data/chat_format.h"

#include <algorithm>

namespace lora {

namespace {

std::vector<std::int32_t> promptIds(const Prompt& prompt, const Tokenizer& tokenizer)
{
    if (prompt.style == PromptStyle::Chat)
        return encodeAnnotated(renderChat({{"user", prompt.text}}, chatFormatOf(tokenizer), true), tokenizer)
            .ids;
    const std::string text =
        prompt.style == PromptStyle::Instruction ? alpacaPrompt(prompt.text, prompt.input) : prompt.text;
    std::vector<std::int32_t> ids = tokenizer.encode(text).ids;
    // Some templates close a text with the end token, after which there is nothing to say.
    while (!ids.empty() && ids.back() == tokenizer.eosId() && ids.size() > 1)
        ids.pop_back();
    if (ids.empty() && tokenizer.bosId())
        ids.push_back(*tokenizer.bosId());
    return ids;
}

void addStopTokens(const TrainedModel& trained, std::vector<std::int32_t>& stops)
{
    std::vector<std::int32_t> ends = trained.model->config().eosTokenIds;
    if (const auto end = trained.tokenizer->eosId())
        ends.push_back(*end);
    for (const char* name : {"<|im_end|>", "<|eot_id|>", "<|end_of_text|>"}) // ends of a turn in a chat
        if (const auto id = trained.tokenizer->idOf(name))
            ends.push_back(*id);
    for (const std::int32_t end : ends)
        if (std::find(stops.begin(), stops.end(), end) == stops.end())
            stops.push_back(end);
}

} // namespace

std::string_view toString(GenerationEnd end)
{
    switch (end) {
    case GenerationEnd::StopToken:
        return "stop";
    case GenerationEnd::Length:
        return "length";
    case GenerationEnd::Context:
        return "context";
    case GenerationEnd::Cancelled:
        break;
    }
    return "cancelled";
}

Continuation continueText(const TrainedModel& trained, const Prompt& prompt, GenerationConfig config,
                          const std::function<bool(const std::string&)>& onText)
{
    if (!trained.tokenizer)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: this model has no tokenizer", trained.experiment.model),
                    "Put its tokenizer.json beside config.json.");
    TextGenerator generator(*trained.model);
    addStopTokens(trained, config.stopTokens);
    Continuation continuation;
    continuation.promptIds = promptIds(prompt, *trained.tokenizer);
    StreamDecoder decoder(*trained.tokenizer);
    decoder.skip(continuation.promptIds);
    const Stopwatch clock;
    const auto take = [&](const std::string& piece) {
        continuation.text += piece;
        return !onText || onText(piece);
    };
    const auto result = generator.generate(continuation.promptIds, config,
                                           [&](std::int32_t id) { return take(decoder.push(id)); });
    take(decoder.finish());
    continuation.ids = result.ids;
    continuation.end = result.end;
    continuation.seconds = clock.seconds();
    return continuation;
}

} // namespace lora
