#include "core/config/number_range.h"

#include <array>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr double unlimited = std::numeric_limits<double>::infinity();
constexpr double largestCount = 9007199254740992.0; // 2^53: whole numbers stay exact in JSON readers

using Kind = NumberRange::Kind;
using Ends = NumberRange::Ends;

template <class T>
std::optional<double> asDouble(const T& value)
{
    return static_cast<double>(value);
}

template <class T>
std::optional<double> asDouble(const std::optional<T>& value)
{
    return value ? std::optional<double>(static_cast<double>(*value)) : std::nullopt;
}

// A captureless accessor of one member, for the table below.
#define LORA_FIELD(member) [](const ExperimentConfig& e) { return asDouble(e.member); }

const std::array<NumberRange, 24> ranges{{
    {"data.eval_split", Kind::Real, 0, 1, Ends::Open, LORA_FIELD(data.evalSplit)},
    {"data.max_length", Kind::Whole, 1, 1048576, Ends::Closed, LORA_FIELD(data.maxLength)},
    {"data.doc_stride", Kind::Whole, 0, 1048575, Ends::Closed, LORA_FIELD(data.docStride)},
    {"data.max_train_samples", Kind::Whole, 1, largestCount, Ends::Closed, LORA_FIELD(data.maxTrainSamples)},
    {"method.r", Kind::Whole, 1, 4096, Ends::Closed, LORA_FIELD(method.lora.r)},
    {"method.lora_alpha", Kind::Real, 0, unlimited, Ends::Open, LORA_FIELD(method.lora.loraAlpha)},
    {"method.lora_dropout", Kind::Real, 0, 1, Ends::HighOpen, LORA_FIELD(method.lora.loraDropout)},
    {"method.loraplus_lr_ratio", Kind::Real, 0, 1e6, Ends::LowOpen, LORA_FIELD(method.lora.loraplusLrRatio)},
    {"training.num_train_epochs", Kind::Real, 0, 1e6, Ends::LowOpen, LORA_FIELD(training.numTrainEpochs)},
    {"training.max_steps", Kind::Whole, -1, largestCount, Ends::Closed, LORA_FIELD(training.maxSteps)},
    {"training.per_device_train_batch_size", Kind::Whole, 1, 65536, Ends::Closed,
     LORA_FIELD(training.perDeviceTrainBatchSize)},
    {"training.gradient_accumulation_steps", Kind::Whole, 1, 65536, Ends::Closed,
     LORA_FIELD(training.gradientAccumulationSteps)},
    {"training.learning_rate", Kind::Real, 0, unlimited, Ends::Open, LORA_FIELD(training.learningRate)},
    {"training.weight_decay", Kind::Real, 0, unlimited, Ends::HighOpen, LORA_FIELD(training.weightDecay)},
    {"training.adam_beta1", Kind::Real, 0, 1, Ends::HighOpen, LORA_FIELD(training.adamBeta1)},
    {"training.adam_beta2", Kind::Real, 0, 1, Ends::HighOpen, LORA_FIELD(training.adamBeta2)},
    {"training.adam_epsilon", Kind::Real, 0, unlimited, Ends::Open, LORA_FIELD(training.adamEpsilon)},
    {"training.max_grad_norm", Kind::Real, 0, unlimited, Ends::HighOpen, LORA_FIELD(training.maxGradNorm)},
    {"training.warmup_ratio", Kind::Real, 0, 1, Ends::Closed, LORA_FIELD(training.warmupRatio)},
    {"training.eval_steps", Kind::Whole, 1, largestCount, Ends::Closed, LORA_FIELD(training.evalSteps)},
    {"training.save_steps", Kind::Whole, 1, largestCount, Ends::Closed, LORA_FIELD(training.saveSteps)},
    {"training.early_stopping_patience", Kind::Whole, 1, 1e6, Ends::Closed,
     LORA_FIELD(training.earlyStoppingPatience)},
    {"training.hidden_dropout", Kind::Real, 0, 1, Ends::HighOpen, LORA_FIELD(training.hiddenDropout)},
    {"training.threads", Kind::Whole, 0, 1024, Ends::Closed, LORA_FIELD(training.threads)},
}};

#undef LORA_FIELD

} // namespace

bool NumberRange::contains(double number) const
{
    const bool isLowOpen = ends == Ends::LowOpen || ends == Ends::Open;
    const bool isHighOpen = ends == Ends::HighOpen || ends == Ends::Open;
    if (!(isLowOpen ? number > low : number >= low) || !(isHighOpen ? number < high : number <= high))
        return false;
    return kind == Kind::Real || number == std::floor(number);
}

std::string NumberRange::text() const
{
    const bool isLowOpen = ends == Ends::LowOpen || ends == Ends::Open;
    const bool isHighOpen = ends == Ends::HighOpen || ends == Ends::Open;
    std::string result = kind == Kind::Whole ? "a whole number" : "a number";
    const bool isUnlimited = high >= largestCount;
    if (isUnlimited)
        return result + fmt::format(" {} {}", isLowOpen ? "above" : "of at least", low);
    result += fmt::format(" {} {}", isLowOpen ? "above" : "from", low);
    return result +
           fmt::format("{}{} {}", isLowOpen ? " and" : "",
                       isHighOpen ? (isLowOpen ? " below" : " to below") : (isLowOpen ? " up to" : " to"),
                       high);
}

std::span<const NumberRange> numberRanges()
{
    return ranges;
}

const NumberRange* numberRange(std::string_view field)
{
    const auto found = std::ranges::find(ranges, field, &NumberRange::field);
    return found == ranges.end() ? nullptr : &*found;
}

const NumberRange& rankRange()
{
    static const NumberRange* const range = numberRange("method.r");
    return *range;
}

const NumberRange& alphaRange()
{
    static const NumberRange* const range = numberRange("method.lora_alpha");
    return *range;
}

} // namespace lora
