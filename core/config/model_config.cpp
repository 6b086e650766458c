#include "core/config/model_config.h"

#include "core/base/error.h"

#include <fmt/ranges.h>
#include <fstream>
#include <limits>
#include <sstream>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

/// Reads keys of one config.json with checks; every fault names file, key, expectation and what was found.
class ConfigReader
{
public:
    ConfigReader(const Json& document, std::string source)
        : m_document(document)
        , m_source(std::move(source))
    {}

    bool has(const char* key) const { return m_document.contains(key) && !m_document[key].is_null(); }

    std::int64_t size(const char* key, std::int64_t largest) const
    {
        if (!has(key))
            throw Error(ErrorKind::BadInput, fmt::format("{}: the key \"{}\" is missing", m_source, key),
                        "Use the config.json that belongs to this model.");
        return sizeOr(key, 0, largest);
    }

    std::int64_t sizeOr(const char* key, std::int64_t fallback, std::int64_t largest) const
    {
        if (!has(key))
            return fallback;
        const Json& value = m_document[key];
        if (!value.is_number_integer() ||
            (value.is_number_unsigned() && value.get<std::uint64_t>() > std::uint64_t(largest)) ||
            value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > largest)
            fail(key, fmt::format("a whole number from 1 to {}", largest));
        return value.get<std::int64_t>();
    }

    double numberOr(const char* key, double fallback, double low, double high) const
    {
        if (!has(key))
            return fallback;
        const Json& value = m_document[key];
        if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
            fail(key, fmt::format("a number from {} to {}", low, high));
        return value.get<double>();
    }

    std::string textOr(const char* key, const std::string& fallback) const
    {
        if (!has(key))
            return fallback;
        if (!m_document[key].is_string())
            fail(key, "a text");
        return m_document[key].get<std::string>();
    }

    [[noreturn]] void fail(const char* key, const std::string& expected) const
    {
        std::string found = m_document[key].dump(-1, ' ', false, Json::error_handler_t::replace);
        if (found.size() > 60)
            found = found.substr(0, 57) + "…";
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: \"{}\" must be {}, found {}", m_source, key, expected, found),
                    "Use the config.json that belongs to this model.");
    }

    [[noreturn]] void unsupported(const std::string& what, const std::string& hint) const
    {
        throw Error(ErrorKind::Unsupported, fmt::format("{}: {}", m_source, what), hint);
    }

    const std::string& source() const { return m_source; }

private:
    const Json& m_document;
    std::string m_source;
};

std::vector<std::string> readLabelNames(const Json& document, const ConfigReader& reader)
{
    if (!reader.has("id2label"))
        return {};
    const Json& labels = document["id2label"];
    if (!labels.is_object())
        reader.fail("id2label", "an object of id to name");
    std::vector<std::string> names(labels.size());
    std::vector<bool> isSet(labels.size(), false);
    for (const auto& [id, name] : labels.items()) {
        std::size_t index = labels.size();
        if (!id.empty() && id.size() < 9 && id.find_first_not_of("0123456789") == std::string::npos)
            index = std::stoul(id);
        if (index >= names.size() || isSet[index] || !name.is_string())
            reader.fail("id2label", "an object with the keys \"0\", \"1\", … and texts");
        names[index] = name.get<std::string>();
        isSet[index] = true;
    }
    return names;
}

void refuseUnsupportedBertOptions(const ConfigReader& reader)
{
    const std::string positions = reader.textOr("position_embedding_type", "absolute");
    if (positions != "absolute")
        reader.unsupported(fmt::format("position_embedding_type \"{}\" is not supported", positions),
                           "Only \"absolute\" positions are.");
    const std::string activation = reader.textOr("hidden_act", "gelu");
    if (activation != "gelu" && activation != "relu")
        reader.unsupported(fmt::format("hidden_act \"{}\" is not supported", activation),
                           "Supported: \"gelu\", \"relu\".");
}

ModelConfig readBert(const Json& document, const ConfigReader& reader)
{
    constexpr std::int64_t largest = 1 << 20;
    refuseUnsupportedBertOptions(reader);
    ModelConfig config;
    config.vocabSize = reader.size("vocab_size", 1 << 24);
    config.hiddenSize = reader.size("hidden_size", largest);
    config.numHiddenLayers = reader.size("num_hidden_layers", 4096);
    config.numAttentionHeads = reader.size("num_attention_heads", largest);
    config.intermediateSize = reader.size("intermediate_size", largest);
    config.maxPositionEmbeddings = reader.size("max_position_embeddings", 1 << 24);
    config.typeVocabSize = reader.sizeOr("type_vocab_size", 2, 1 << 16);
    config.hiddenAct = reader.textOr("hidden_act", "gelu");
    config.layerNormEps = reader.numberOr("layer_norm_eps", 1e-12, 0, 1);
    config.hiddenDropoutProb = reader.numberOr("hidden_dropout_prob", 0.1, 0, 0.999);
    config.attentionProbsDropoutProb = reader.numberOr("attention_probs_dropout_prob", 0.1, 0, 0.999);
    config.classifierDropout = reader.numberOr("classifier_dropout", config.hiddenDropoutProb, 0, 0.999);
    config.initializerRange = reader.numberOr("initializer_range", 0.02, 0, 10);
    if (reader.has("pad_token_id"))
        config.padTokenId = static_cast<std::int32_t>(reader.numberOr("pad_token_id", 0, -1, 1 << 24));
    if (config.hiddenSize % config.numAttentionHeads != 0)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: hidden_size {} is not a multiple of num_attention_heads {}",
                                reader.source(), config.hiddenSize, config.numAttentionHeads),
                    "Use the config.json that belongs to this model.");
    config.labelNames = readLabelNames(document, reader);
    return config;
}

} // namespace

const std::vector<std::string>& supportedFamilies()
{
    static const std::vector<std::string> families = {"bert"};
    return families;
}

ModelConfig modelConfigFromJson(const Json& document, const std::string& source)
{
    if (!document.is_object())
        throw Error(ErrorKind::BadInput, fmt::format("{}: expected a JSON object", source));
    const ConfigReader reader(document, source);
    const std::string family = reader.textOr("model_type", "");
    const std::string supported =
        fmt::format("Supported families: {}.", fmt::join(supportedFamilies(), ", "));
    if (family.empty())
        throw Error(ErrorKind::BadInput, fmt::format("{}: the key \"model_type\" is missing", source),
                    supported);
    if (family != "bert")
        reader.unsupported(fmt::format("models of the family \"{}\" are not supported", family), supported);
    ModelConfig config = readBert(document, reader);
    config.family = family;
    if (reader.has("architectures")) {
        const Json& architectures = document["architectures"];
        if (!architectures.is_array() || (!architectures.empty() && !architectures[0].is_string()))
            reader.fail("architectures", "a list of class names");
        if (!architectures.empty())
            config.architecture = architectures[0].get<std::string>();
    }
    config.document = document;
    return config;
}

ModelConfig readModelConfig(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "config.json";
    std::error_code error;
    if (!std::filesystem::is_directory(folder, error))
        throw Error(ErrorKind::FileSystem, fmt::format("{}: there is no such model folder", folder.string()),
                    "Give a folder with config.json, model.safetensors and a tokenizer, or builtin:encoder.");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw Error(ErrorKind::FileSystem, fmt::format("{}: cannot be read", path.string()),
                    "A model folder holds config.json beside model.safetensors.");
    std::string text;
    constexpr std::size_t limit = std::size_t{16} << 20;
    text.resize(limit + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > limit)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: larger than 16 MiB, not a config.json", path.string()));
    const Json document = Json::parse(text, nullptr, false);
    if (document.is_discarded())
        throw Error(ErrorKind::BadInput, fmt::format("{}: not valid JSON", path.string()),
                    "Fetch the model's config.json again.");
    return modelConfigFromJson(document, path.string());
}

} // namespace lora
