#include "core/lora/prefix_plan.h"

namespace lora {

PrefixUse planPrefix(std::string_view mode, const PrefixFacts& facts)
{
    PrefixUse use;
    if (mode == "off" || facts.lowestLayer <= 0)
        return use;
    use.isForEvaluation = true;
    // A run of less than an epoch would compute rows it never reads. One whole epoch gains nothing by itself,
    // but costs nothing either, and its rows serve the next run.
    const bool isEveryRowRead = facts.epochs >= 1;
    const bool isRepeated = isEveryRowRead && !facts.isHiddenAnew;
    use.isForTraining = isRepeated && facts.dropout == 0;
    use.isDropoutInTheWay = isRepeated && facts.epochs > 1 && facts.dropout > 0;
    return use;
}

} // namespace lora
