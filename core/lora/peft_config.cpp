#include "core/lora/peft_config.h"

#include "core/base/error.h"
#include "core/config/config_issue.h"
#include "core/io/json_text.h"

#include <nlohmann/json.hpp>

namespace lora {

namespace {

using Json = nlohmann::json;

class PeftReader
{
public:
    PeftReader(const Json& document, std::string source)
        : m_document(document)
        , m_source(std::move(source))
    {}

    [[noreturn]] void fail(const std::string& key, const std::string& expected) const
    {
        throw Error(ErrorKind::BadInput, fmt::format("{}: \"{}\" must be {}", m_source, key, expected),
                    "Export the adapter again with PEFT, or correct the file.");
    }
    bool has(const char* key) const { return m_document.contains(key) && !m_document[key].is_null(); }

    double numberOr(const char* key, double fallback, double low, double high) const
    {
        if (!has(key))
            return fallback;
        const Json& value = m_document[key];
        if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high))
            fail(key, fmt::format("a number from {} to {}", low, high));
        return value.get<double>();
    }
    bool flag(const char* key) const
    {
        if (!has(key))
            return false;
        if (!m_document[key].is_boolean())
            fail(key, "true or false");
        return m_document[key].get<bool>();
    }
    std::string textOr(const char* key, const std::string& fallback) const
    {
        if (!has(key))
            return fallback;
        if (!m_document[key].is_string())
            fail(key, "a text");
        return m_document[key].get<std::string>();
    }
    std::vector<std::string> texts(const char* key) const
    {
        std::vector<std::string> list;
        if (!has(key))
            return list;
        if (!m_document[key].is_array())
            fail(key, "a list of texts");
        for (const Json& entry : m_document[key]) {
            if (!entry.is_string())
                fail(key, "a list of texts");
            list.push_back(entry.get<std::string>());
        }
        return list;
    }
    template <class Value>
    std::map<std::string, Value> pattern(const char* key) const
    {
        std::map<std::string, Value> values;
        if (!has(key))
            return values;
        if (!m_document[key].is_object())
            fail(key, "an object of module pattern to number");
        for (const auto& [name, value] : m_document[key].items()) {
            const bool isKind = std::is_integral_v<Value> ? value.is_number_integer() : value.is_number();
            if (!isKind || !(value.template get<double>() > 0 && value.template get<double>() <= 1e6))
                fail(key, std::is_integral_v<Value> ? "an object of module pattern to whole number above 0"
                                                    : "an object of module pattern to positive number");
            values[name] = value.template get<Value>();
        }
        return values;
    }
    std::optional<std::vector<int>> layers(const char* key) const
    {
        if (!has(key))
            return std::nullopt;
        const Json& value = m_document[key];
        std::vector<int> list;
        for (const Json& entry : value.is_array() ? value : Json::array({value})) {
            if (!entry.is_number_integer() || entry.get<std::int64_t>() < 0 ||
                entry.get<std::int64_t>() > 100000)
                fail(key, "a layer's index or a list of them");
            list.push_back(entry.get<int>());
        }
        return list;
    }
    void refuse(const char* key, const char* what) const
    {
        if (flag(key))
            throw Error(ErrorKind::Unsupported,
                        fmt::format("{}: {} ({}: true) is not supported", m_source, what, key),
                        "Supported: LoRA, rsLoRA and DoRA with rank_pattern, alpha_pattern, "
                        "layers_to_transform and bias.");
    }

private:
    const Json& m_document;
    std::string m_source;
};

std::variant<std::vector<std::string>, std::string>
readTargets(const Json& document, const PeftReader& reader, const std::string& source)
{
    if (!reader.has("target_modules"))
        throw Error(ErrorKind::BadInput, fmt::format("{}: \"target_modules\" is missing", source),
                    "Without it nobody can tell which modules the adapter belongs to.");
    if (document["target_modules"].is_string())
        return document["target_modules"].get<std::string>();
    return reader.texts("target_modules");
}

} // namespace

PeftConfig readPeftConfig(const std::filesystem::path& folder)
{
    const std::filesystem::path path = folder / "adapter_config.json";
    const std::string source = path.string();
    const Json document = readJsonFile(path, std::uintmax_t{16} << 20);
    if (!document.is_object())
        throw Error(ErrorKind::BadInput, fmt::format("{}: expected a JSON object", source));
    const PeftReader reader(document, source);
    const std::string type = reader.textOr("peft_type", "");
    if (type != "LORA")
        throw Error(ErrorKind::Unsupported,
                    fmt::format("{}: peft_type \"{}\" is not supported", source, type),
                    "Only \"LORA\" adapters can be read.");
    reader.refuse("lora_bias", "a bias on the low-rank pair");
    reader.refuse("use_qalora", "QALoRA");
    if (document.contains("init_lora_weights") && document["init_lora_weights"].is_string()) {
        const std::string start = document["init_lora_weights"];
        if (start != "gaussian")
            throw Error(
                ErrorKind::Unsupported,
                fmt::format(
                    "{}: init_lora_weights \"{}\": this adapter does not fit the base model, but what "
                    "that start left of its weights",
                    source, start),
                "Save it in PEFT with path_initial_model_for_weight_conversion: plain LoRA of doubled rank.");
    }
    PeftConfig config;
    config.taskType = reader.textOr("task_type", "");
    config.baseModel = reader.textOr("base_model_name_or_path", "");
    LoraConfig& lora = config.lora;
    const double rank = reader.numberOr("r", 8, 1, 65536);
    if (rank != std::floor(rank))
        reader.fail("r", "a whole number");
    lora.r = static_cast<int>(rank);
    lora.loraAlpha = reader.numberOr("lora_alpha", 8, 0, 1e9);
    lora.loraDropout = reader.numberOr("lora_dropout", 0, 0, 0.999);
    lora.targetModules = readTargets(document, reader, source);
    lora.layersToTransform = reader.layers("layers_to_transform");
    lora.rankPattern = reader.pattern<int>("rank_pattern");
    lora.alphaPattern = reader.pattern<double>("alpha_pattern");
    lora.modulesToSave = reader.texts("modules_to_save");
    lora.bias = reader.textOr("bias", "none");
    if (lora.bias != "none" && lora.bias != "all" && lora.bias != "lora_only")
        reader.fail("bias", "\"none\", \"all\" or \"lora_only\"");
    lora.useRslora = reader.flag("use_rslora");
    lora.useDora = reader.flag("use_dora");
    return config;
}

Json peftConfigJson(const PeftConfig& config)
{
    const LoraConfig& lora = config.lora;
    Json document = {{"alpha_pattern", lora.alphaPattern},
                     {"auto_mapping", nullptr},
                     {"base_model_name_or_path", config.baseModel},
                     {"bias", lora.bias},
                     {"fan_in_fan_out", config.isTransposed},
                     {"inference_mode", true},
                     {"init_lora_weights", true},
                     {"layer_replication", nullptr},
                     {"layers_pattern", nullptr},
                     {"layers_to_transform", nullptr},
                     {"loftq_config", Json::object()},
                     {"lora_alpha", lora.loraAlpha},
                     {"lora_dropout", lora.loraDropout},
                     {"megatron_config", nullptr},
                     {"megatron_core", "megatron.core"},
                     {"modules_to_save", nullptr},
                     {"peft_type", "LORA"},
                     {"r", lora.r},
                     {"rank_pattern", lora.rankPattern},
                     {"revision", nullptr},
                     {"task_type", nullptr},
                     {"use_dora", lora.useDora},
                     {"use_rslora", lora.useRslora}};
    // Whole numbers stay whole: some readers take lora_alpha for an int.
    if (lora.loraAlpha == std::floor(lora.loraAlpha))
        document["lora_alpha"] = static_cast<std::int64_t>(lora.loraAlpha);
    for (auto& [module, alpha] : document["alpha_pattern"].items())
        if (alpha.get<double>() == std::floor(alpha.get<double>()))
            alpha = static_cast<std::int64_t>(alpha.get<double>());
    if (!config.taskType.empty())
        document["task_type"] = config.taskType;
    if (lora.layersToTransform)
        document["layers_to_transform"] = *lora.layersToTransform;
    if (!lora.modulesToSave.empty())
        document["modules_to_save"] = lora.modulesToSave;
    std::visit([&](const auto& targets) { document["target_modules"] = targets; }, lora.targetModules);
    return document;
}

} // namespace lora
