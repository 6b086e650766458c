#pragma once

#include "core/base/rng.h"
#include "core/nn/parameter.h"

#include <string_view>
#include <vector>

namespace lora::test {

/// Standard normal numbers, the same for the same name.
template <class T = double>
std::vector<T> randomValues(std::int64_t count, std::string_view name, double scale = 1)
{
    Rng rng(7, name);
    std::vector<T> values(static_cast<std::size_t>(count));
    for (T& value : values)
        value = static_cast<T>(scale * rng.normal());
    return values;
}

/// Fills a weight so that no gradient vanishes: one-dimensional weights around 1 (norms' gains) or 0.
template <class T>
void randomize(Parameter<T>& parameter, double scale = 0.5)
{
    const bool isGain = parameter.shape().size() == 1 && parameter.name().ends_with(".weight");
    const std::vector<T> values = randomValues<T>(parameter.size(), parameter.name(), scale);
    for (std::size_t i = 0; i < values.size(); ++i)
        parameter.mutableValue().data[i] = values[i] + (isGain ? T(1) : T(0));
}

} // namespace lora::test
