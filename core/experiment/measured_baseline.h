#pragma once

#include "core/analysis/paired_statistics.h"
#include "core/config/experiment_config.h"
#include "core/train/training_control.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// One of the two ways of training that are measured against each other.
struct MeasuredSide
{
    std::vector<double> seconds; ///< of each step that counts
    double flops = 0;            ///< counted inside the products, of those steps
    std::optional<double> joules;
    double memoryBytes = 0; ///< resident: the program, and what the model and its first steps added
};

/// A ratio of the configuration to full fine-tuning, from the pairs of steps.
struct MeasuredRatio
{
    double ratio = 0;  ///< median over the pairs
    Interval interval; ///< 95 % or more, from the pairs' order alone (order statistics of a binomial)
};

/// Real training steps of a configuration and of full fine-tuning on the same batches, taken in turn.
struct BaselineMeasurement
{
    MeasuredSide method;
    MeasuredSide full;
    std::int64_t pairs = 0;
    std::int64_t tokens = 0; ///< of the steps that count
    /// Where frozen layers run once and are kept: what that took for the rows of these steps, spread over the
    /// planned epochs. Contained in `method`.
    double prefixSeconds = 0;
    double prefixFlops = 0;
    double epochs = 1;
    bool isPrefixKept = false;

    MeasuredRatio timeRatio() const;
    double computeRatio() const { return full.flops > 0 ? method.flops / full.flops : 0; }
    double memoryRatio() const { return full.memoryBytes > 0 ? method.memoryBytes / full.memoryBytes : 0; }
    std::optional<double> energyRatio() const;
};

/// Median of positive values with its distribution-free interval: the narrowest pair of order statistics that
/// holds the median with at least 95 % (Conover 1999, section 3.2). With fewer than six values that is all of
/// them, and less sure. `values` must not be empty.
MeasuredRatio medianWithInterval(std::vector<double> values);

struct BaselineRequest
{
    ExperimentConfig experiment;
    int pairs = 15;
};

/// Told after each pair of steps; warm-up pairs count as well.
using BaselineProgress = std::function<void(std::int64_t done, std::int64_t total)>;

/// Loads the model twice and trains both copies in memory, nothing is written. None when `control` asked to
/// stop. Throws lora::Error for what is wrong with configuration, model or data, and where the method is full
/// fine-tuning itself.
std::optional<BaselineMeasurement> measureBaseline(const BaselineRequest& request, TrainingControl& control,
                                                   const BaselineProgress& progress = {});

/// For people, about 80 columns: time, compute, memory and energy one by one, each said to be measured.
std::string measurementText(const BaselineMeasurement& measurement);

} // namespace lora
