#include "core/config/lora_variant.h"

namespace lora {

namespace {

constexpr double usualRatio = 16;

bool isSameKind(const LoraConfig& a, const LoraConfig& b)
{
    return a.useRslora == b.useRslora && a.useDora == b.useDora && a.initLoraWeights == b.initLoraWeights &&
           a.loraFa == b.loraFa;
}

} // namespace

const std::vector<std::string>& loraVariants()
{
    static const std::vector<std::string> names{"lora",  "rslora",  "dora", "pissa",
                                                "olora", "lora-fa", "lora+"};
    return names;
}

void setVariant(LoraConfig& lora, const std::string& name)
{
    const std::optional<double> ratio = lora.loraplusLrRatio;
    lora.useRslora = name == "rslora";
    lora.useDora = name == "dora";
    lora.initLoraWeights = name == "pissa" || name == "olora" ? name : "true";
    lora.loraFa = name == "lora-fa";
    lora.loraplusLrRatio.reset();
    if (name == "lora+")
        lora.loraplusLrRatio = ratio.value_or(usualRatio);
}

std::string variantOf(const LoraConfig& lora)
{
    for (const std::string& name : loraVariants()) {
        LoraConfig kind = lora;
        setVariant(kind, name);
        if (isSameKind(kind, lora))
            return name;
    }
    return lora.initLoraWeights.starts_with("pissa_niter_") && !lora.useRslora && !lora.useDora &&
                   !lora.loraFa
               ? "pissa"
               : std::string();
}

} // namespace lora
