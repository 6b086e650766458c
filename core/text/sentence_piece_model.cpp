#include "core/text/sentence_piece_model.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <fmt/format.h>
#include <sentencepiece_processor.h>

namespace lora {

namespace {

using Processor = sentencepiece::SentencePieceProcessor;

void check(const sentencepiece::util::Status& status, const std::string& what)
{
    if (!status.ok())
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: {}", what, unicode::validUtf8(status.error_message())),
                    "The file is damaged, or no sentencepiece model; fetch it again.");
}

class SentencePieceStep : public DecoderStep
{
public:
    explicit SentencePieceStep(std::shared_ptr<const Processor> processor)
        : m_processor(std::move(processor))
    {}

    void apply(std::vector<std::string>& tokens) const override
    {
        std::string text;
        check(m_processor->Decode(tokens, &text), "sentencepiece cannot decode");
        tokens = {text};
    }

private:
    std::shared_ptr<const Processor> m_processor;
};

std::optional<std::int32_t> known(int id)
{
    return id >= 0 ? std::optional<std::int32_t>(id) : std::nullopt;
}

} // namespace

SentencePieceModel::SentencePieceModel(const std::string& serialized, const std::string& source)
{
    const auto processor = std::make_shared<Processor>();
    check(processor->LoadFromSerializedProto(serialized),
          source + ": expected a model of sentencepiece, which reports");
    for (int id = 0; id < processor->GetPieceSize(); ++id) {
        const std::string& piece = processor->IdToPiece(id);
        if (!unicode::isValidUtf8(piece))
            throw Error(ErrorKind::BadInput, fmt::format("{}: piece {} is not UTF-8", source, id));
        m_vocabulary.add(piece, id);
    }
    if (m_vocabulary.size() == 0)
        throw Error(ErrorKind::BadInput, fmt::format("{}: it has no pieces", source));
    m_processor = processor;
}

void SentencePieceModel::tokenize(std::string_view word, std::vector<WordToken>& tokens) const
{
    const auto encoded = m_processor->EncodeAsImmutableProto(word);
    for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
        const auto piece = encoded.pieces(static_cast<int>(i));
        std::size_t begin = std::min<std::size_t>(piece.begin(), word.size());
        std::size_t end = std::min<std::size_t>(std::max(piece.begin(), piece.end()), word.size());
        // The library gives a character's place to the last of its bytes alone.
        if (m_processor->IsByte(static_cast<int>(piece.id())) && begin < word.size()) {
            end = begin;
            unicode::next(word, end);
        }
        tokens.push_back({static_cast<std::int32_t>(piece.id()), begin, end});
    }
}

bool SentencePieceModel::isByteToken(std::int32_t id) const
{
    return id >= 0 && id < m_processor->GetPieceSize() && m_processor->IsByte(id);
}

std::vector<std::int32_t> SentencePieceModel::specialIds() const
{
    std::vector<std::int32_t> ids;
    for (int id = 0; id < m_processor->GetPieceSize(); ++id)
        if (m_processor->IsControl(id) || m_processor->IsUnknown(id))
            ids.push_back(id);
    return ids;
}

std::optional<std::int32_t> SentencePieceModel::bosId() const
{
    return known(m_processor->bos_id());
}
std::optional<std::int32_t> SentencePieceModel::eosId() const
{
    return known(m_processor->eos_id());
}

std::unique_ptr<DecoderStep> SentencePieceModel::decoderStep() const
{
    return std::make_unique<SentencePieceStep>(m_processor);
}

} // namespace lora
