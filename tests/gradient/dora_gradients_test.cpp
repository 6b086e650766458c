#include "core/math/elementwise.h"
#include "core/nn/linear.h"
#include "tests/gradient/layer_gradients.h"

namespace lora::test {
namespace {

using Context = LayerGradients::Context;
using Input = LayerGradients::Input;
const std::vector<std::int32_t> ragged = {0, 1, 6, 13, 14, 17};

/// Which weights' gradients are checked. The norm counts as a constant in backward: so A and B are moved with
/// the norms as they were, and the magnitudes, which norms do not depend on, with fresh ones.
enum class Moved { Pair, Magnitude };

struct DoraCase
{
    Moved moved = Moved::Pair;
    double dropout = 0;
    Input input = Input::Checked;
    bool isAFrozen = false;
};

void checkDora(const DoraCase& what)
{
    Linear<double> linear("layer", 7, 5, Bias::Yes);
    linear.adapter.emplace("layer", 7, 5, 3);
    linear.adapter->scaling = 1.7;
    linear.adapter->dropoutProbability = what.dropout;
    linear.magnitude.emplace("layer", 5);
    visitLinearParameters(linear, [](Parameter<double>& parameter) { randomize(parameter); });
    linear.refreshMagnitude();
    LayerGradients gradients(ragged);
    gradients.train(linear.bias);
    if (what.moved == Moved::Magnitude) {
        gradients.train(linear.magnitude->vector);
    } else {
        gradients.train(linear.adapter->b);
        if (!what.isAFrozen)
            gradients.train(linear.adapter->a);
    }
    Linear<double>::Saved saved;
    gradients.checkOutput(
        7, 5, what.input,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            if (what.moved == Moved::Magnitude)
                linear.refreshMagnitude();
            else if (!linear.needsInput())
                linear.reserve(context, x.rows, saved);
            linear.forward(context, x, y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            linear.backward(context, saved, dy, dx, writeUnlessEmpty(dx));
        });
}

TEST(DoraGradient, PairBiasAndInput)
{
    checkDora({});
}

TEST(DoraGradient, MagnitudeBiasAndInput)
{
    checkDora({.moved = Moved::Magnitude});
    checkDora({.moved = Moved::Magnitude, .input = Input::Skipped});
}

TEST(DoraGradient, DropoutStandsInFrontOfAllTheAdapterChanges)
{
    for (const Moved moved : {Moved::Pair, Moved::Magnitude})
        for (const Input input : {Input::Checked, Input::Skipped})
            checkDora({.moved = moved, .dropout = 0.4, .input = input});
}

TEST(DoraGradient, FrozenAKeepsNoInput)
{
    for (const double dropout : {0.0, 0.4})
        for (const Input input : {Input::Checked, Input::Skipped})
            checkDora({.dropout = dropout, .input = input, .isAFrozen = true});
}

/// What the paper is about: the rows of the merged weight have the magnitudes as their lengths, whatever the
/// pair does to their directions.
TEST(Dora, MagnitudesAreTheLengthsOfTheMergedRows)
{
    Linear<double> linear("layer", 7, 5, Bias::Yes);
    linear.adapter.emplace("layer", 7, 5, 3);
    linear.adapter->scaling = 1.7;
    linear.magnitude.emplace("layer", 5);
    visitLinearParameters(linear, [](Parameter<double>& parameter) { randomize(parameter); });
    for (const double size : {0.0, 1.0, 30.0}) {
        for (std::int64_t i = 0; i < linear.adapter->b.size(); ++i)
            linear.adapter->b.mutableValue().data[i] = size * std::cos(static_cast<double>(i));
        linear.refreshMagnitude();
        std::vector<double> merged(5 * 7);
        linear.writeMerged({merged.data(), 5, 7});
        for (std::int64_t row = 0; row < 5; ++row) {
            const std::span<const double> values(merged.data() + row * 7, 7);
            EXPECT_NEAR(std::sqrt(sumOfSquares<double>(values)),
                        std::abs(linear.magnitude->vector.data()[row]), 1e-12);
        }
    }
}

/// Half the strength lies between the base model and the adapted one; none is the base model, bit for bit.
TEST(Dora, StrengthZeroIsTheBaseModelBitForBit)
{
    Linear<double> linear("layer", 7, 5, Bias::Yes);
    visitLinearParameters(linear, [](Parameter<double>& parameter) { randomize(parameter); });
    const std::vector<double> base(linear.weight.data(), linear.weight.data() + 35);
    linear.adapter.emplace("layer", 7, 5, 3);
    linear.magnitude.emplace("layer", 5);
    randomize(linear.adapter->a);
    randomize(linear.adapter->b);
    randomize(linear.magnitude->vector);
    std::vector<double> merged(35);
    const auto distanceAt = [&](double strength) {
        linear.adapter->strength = strength;
        linear.refreshMagnitude();
        linear.writeMerged({merged.data(), 5, 7});
        double distance = 0;
        for (std::size_t i = 0; i < base.size(); ++i)
            distance += std::pow(merged[i] - base[i], 2);
        return std::sqrt(distance);
    };
    const double whole = distanceAt(1);
    EXPECT_EQ(distanceAt(0), 0);
    EXPECT_GT(distanceAt(0.01), 0);
    EXPECT_LT(distanceAt(0.01), 0.2 * whole);
}

} // namespace
} // namespace lora::test
