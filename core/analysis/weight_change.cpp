#include "core/analysis/weight_change.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace lora {

std::vector<float> LinearChange::delta() const
{
    std::vector<float> storage;
    const ConstMatrix<float> after = tuned.linear->usedWeight().readable(storage);
    std::vector<float> otherStorage;
    const ConstMatrix<float> before = base.linear->usedWeight().readable(otherStorage);
    std::vector<float> change(static_cast<std::size_t>(after.size()));
    for (std::size_t i = 0; i < change.size(); ++i)
        change[i] = after.data[i] - before.data[i];
    return change;
}

std::vector<LinearChange> linearChanges(LanguageModel<float>& tuned, LanguageModel<float>& base)
{
    std::map<std::string, LinearSite<float>> sites;
    for (const LinearSite<float>& site : base.linears())
        sites.emplace(site.linear->name(), site);
    std::vector<LinearChange> changes;
    for (const LinearSite<float>& site : tuned.linears()) {
        const Linear<float>& linear = *site.linear;
        const auto isNew = [&](const std::string& parameter) {
            return parameter == linear.name() + ".weight";
        };
        if (site.isHead || std::ranges::any_of(base.newlyInitialized, isNew))
            continue;
        const auto found = sites.find(linear.name());
        const Linear<float>* other = found == sites.end() ? nullptr : found->second.linear;
        if (!other || other->inFeatures() != linear.inFeatures() ||
            other->outFeatures() != linear.outFeatures())
            throw Error(ErrorKind::BadInput,
                        fmt::format("{} is [{}, {}] in one model and {} in the other", linear.name(),
                                    linear.outFeatures(), linear.inFeatures(),
                                    other ? fmt::format("[{}, {}]", other->outFeatures(), other->inFeatures())
                                          : "missing"),
                        "Name with --base the model the training began from.");
        changes.push_back({site, found->second});
    }
    return changes;
}

double frobeniusNorm(const Parameter<float>& weight)
{
    std::vector<float> storage;
    const ConstMatrix<float> values = weight.readable(storage);
    double sum = 0;
    for (std::int64_t i = 0; i < values.size(); ++i)
        sum += static_cast<double>(values.data[i]) * values.data[i];
    return std::sqrt(sum);
}

bool areEqual(const Parameter<float>& a, const Parameter<float>& b)
{
    std::vector<float> aStorage;
    std::vector<float> bStorage;
    const ConstMatrix<float> left = a.readable(aStorage);
    const ConstMatrix<float> right = b.readable(bStorage);
    return left.size() == right.size() && std::equal(left.data, left.data + left.size(), right.data);
}

} // namespace lora
