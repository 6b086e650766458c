#include "core/config/model_config.h"

#include "core/base/nearest_name.h"
#include "core/config/model_config_reader.h"
#include "core/config/model_document.h"

#include <fmt/ranges.h>
#include <fstream>
#include <map>
#include <span>

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

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

std::vector<std::int32_t> readEndTokens(const Json& document, const ConfigReader& reader)
{
    if (!reader.has("eos_token_id"))
        return {};
    const Json& value = document["eos_token_id"];
    std::vector<std::int32_t> ids;
    for (const Json& id : value.is_array() ? value : Json::array({value})) {
        if (!id.is_number_integer() || id.get<double>() < 0 || id.get<double>() > (1 << 24))
            reader.fail("eos_token_id", "a token id or a list of them");
        ids.push_back(id.get<std::int32_t>());
    }
    return ids;
}

bool isOneOf(const std::string& name, std::span<const std::string_view> names)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

constexpr std::array<std::string_view, 5> encoderFamilies{"bert", "roberta", "distilbert", "albert",
                                                          "electra"};
constexpr std::array<std::string_view, 5> decoderFamilies{"gpt2", "gpt_neo", "llama", "mistral", "qwen2"};

/// The family that opens models nearly like the ones of `family`: what a user may have meant or can use.
std::string nearestFamilyHint(const std::string& family)
{
    static const std::map<std::string, std::string_view> relatives{
        {"xlm-roberta", "roberta"}, {"camembert", "roberta"}, {"deberta-v2", "roberta"},
        {"modernbert", "bert"},     {"mobilebert", "bert"},   {"gptj", "gpt2"},
        {"gpt_neox", "gpt_neo"},    {"opt", "gpt2"},          {"bloom", "gpt2"},
        {"phi", "llama"},           {"phi3", "llama"},        {"gemma", "llama"},
        {"gemma2", "llama"},        {"gemma3", "llama"},      {"qwen3", "qwen2"},
        {"mixtral", "mistral"},     {"t5", "bert"},           {"mpnet", "bert"},
        {"falcon", "llama"},        {"olmo", "llama"}};
    const auto relative = relatives.find(family);
    if (relative != relatives.end())
        return fmt::format("; the nearest supported one is \"{}\"", relative->second);
    return didYouMean(family, supportedFamilies());
}

} // namespace

void checkHeads(const ModelConfig& config, const ConfigReader& reader)
{
    const auto fail = [&](const std::string& what) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", reader.source(), what),
                    "Use the config.json that belongs to this model.");
    };
    if (config.headDim * config.numAttentionHeads > (1 << 20))
        fail(fmt::format("{} heads of {} numbers are too large", config.numAttentionHeads, config.headDim));
    if (config.numAttentionHeads % config.numKeyValueHeads != 0)
        fail(fmt::format("num_attention_heads {} is not a multiple of num_key_value_heads {}",
                         config.numAttentionHeads, config.numKeyValueHeads));
    if (!config.rotary && config.hiddenSize % config.numAttentionHeads != 0)
        fail(fmt::format("hidden_size {} is not a multiple of num_attention_heads {}", config.hiddenSize,
                         config.numAttentionHeads));
    if (config.rotary && config.headDim % 2 != 0)
        fail(fmt::format("head_dim {} is odd, rotary positions need pairs", config.headDim));
}

void checkActivation(const std::string& activation, const char* key,
                     std::initializer_list<std::string_view> supported, const ConfigReader& reader)
{
    if (std::find(supported.begin(), supported.end(), activation) == supported.end())
        reader.unsupported(fmt::format("{} \"{}\" is not supported", key, activation),
                           fmt::format("Supported: {}.", fmt::join(supported, ", ")));
}

const std::vector<std::string>& supportedFamilies()
{
    static const std::vector<std::string> families = [] {
        std::vector<std::string> all(encoderFamilies.begin(), encoderFamilies.end());
        all.insert(all.end(), decoderFamilies.begin(), decoderFamilies.end());
        return all;
    }();
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
    const bool isEncoder = isOneOf(family, encoderFamilies);
    if (!isEncoder && !isOneOf(family, decoderFamilies))
        reader.unsupported(
            fmt::format("models of the family \"{}\" are not supported{}", family, nearestFamilyHint(family)),
            supported);
    ModelConfig config = isEncoder ? readEncoderConfig(family, reader) : readDecoderConfig(family, reader);
    config.family = family;
    config.isDecoder = !isEncoder;
    checkHeads(config, reader);
    config.initializerRange = reader.numberOr("initializer_range", 0.02, 0, 10);
    config.labelNames = readLabelNames(document, reader);
    config.eosTokenIds = readEndTokens(document, reader);
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
    // A pipe would be waited for without end.
    if (!std::filesystem::is_regular_file(path, error) && std::filesystem::exists(path, error))
        throw Error(ErrorKind::FileSystem, fmt::format("{}: not a regular file", path.string()),
                    "A model folder holds config.json beside model.safetensors.");
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw Error(ErrorKind::FileSystem, fmt::format("{}: cannot be read", path.string()),
                    "A model folder holds config.json beside model.safetensors.");
    std::string text;
    constexpr std::size_t limit = std::size_t{16} << 20;
    constexpr std::size_t part = std::size_t{64} << 10; // a config.json is a few kilobytes
    while (file && text.size() <= limit) {
        const std::size_t size = text.size();
        text.resize(size + part);
        file.read(text.data() + size, static_cast<std::streamsize>(part));
        text.resize(size + static_cast<std::size_t>(file.gcount()));
    }
    if (text.size() > limit)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: larger than 16 MiB, not a config.json", path.string()));
    return modelConfigFromJson(parseModelDocument(text, path.string()), path.string());
}

} // namespace lora
