#pragma once

#include "core/config/experiment_config.h"

#include <span>
#include <string_view>

namespace lora {

/// The values a number of an experiment may take; one table for reading, validation and the fields of the
/// window.
struct NumberRange
{
    enum class Kind { Whole, Real };
    enum class Ends { Closed, LowOpen, HighOpen, Open };

    std::string_view field; ///< dotted path, for example "training.learning_rate"
    Kind kind = Kind::Real;
    double low = 0;
    double high = 0; ///< may be infinite
    Ends ends = Ends::Closed;
    /// The value in an experiment; none where it is not set.
    std::optional<double> (*value)(const ExperimentConfig&) = nullptr;

    bool contains(double number) const;
    /// "a whole number from 1 to 4096", "a number above 0"
    std::string text() const;
};

std::span<const NumberRange> numberRanges();
/// Null when there is no such field.
const NumberRange* numberRange(std::string_view field);

/// Ranks and alphas of the patterns, whose keys are free.
const NumberRange& rankRange();
const NumberRange& alphaRange();

} // namespace lora
