#include "core/nn/linear.h"
#include "tests/support/random_values.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

TEST(Parameter, HasNoValuesUntilTheyAreNeeded)
{
    Parameter<float> parameter("weight", {1 << 20, 1 << 20});
    EXPECT_TRUE(parameter.exists());
    EXPECT_FALSE(parameter.hasValues());
    EXPECT_EQ(parameter.size(), std::int64_t{1} << 40);
    EXPECT_EQ(parameter.ownedBytes(), 0);
    EXPECT_FALSE(Parameter<float>().exists());
}

TEST(Parameter, AViewIsCopiedBeforeTheFirstWrite)
{
    const auto owner = std::make_shared<std::vector<float>>(std::vector<float>{1, 2, 3, 4, 5, 6});
    Parameter<float> parameter("weight", {2, 3});
    parameter.view(owner->data(), owner);
    EXPECT_EQ(parameter.data(), owner->data());
    EXPECT_EQ(parameter.ownedBytes(), 0);
    parameter.mutableValue()(1, 2) = 9;
    EXPECT_EQ((*owner)[5], 6);
    EXPECT_EQ(parameter.value()(1, 2), 9);
    EXPECT_EQ(parameter.value()(0, 1), 2);
    EXPECT_EQ(parameter.ownedBytes(), 24);
    EXPECT_EQ(owner.use_count(), 1);
}

TEST(Parameter, NewValuesAreZeroAndVectorsAreOneRow)
{
    Parameter<float> parameter("bias", {5});
    EXPECT_EQ(parameter.value().rows, 1);
    EXPECT_EQ(parameter.value().cols, 5);
    for (std::int64_t i = 0; i < 5; ++i)
        EXPECT_EQ(parameter.mutableValue().data[i], 0);
}

TEST(GradientStore, GivesEachTrainedParameterItsPlace)
{
    Parameter<float> a("a", {2, 3});
    Parameter<float> b("b", {4});
    b.setGradientOffset(6);
    GradientStore<float> gradients(10);
    EXPECT_TRUE(gradients.of(a).isEmpty());
    EXPECT_EQ(gradients.of(b).data, gradients.values().data() + 6);
    EXPECT_EQ(gradients.of(b).cols, 4);
}

/// x Wᵀ + b (+ s x Aᵀ Bᵀ) with rows at a stride, in float.
std::vector<float> output(const Linear<float>& linear, const std::vector<float>& x)
{
    Arena arena;
    const std::vector<std::int32_t> offsets = {0, 4};
    PassContext<float> context;
    context.arena = &arena;
    context.offsets = offsets;
    std::vector<float> y(static_cast<std::size_t>(4 * linear.outFeatures()));
    linear.forward(context, {x.data(), 4, linear.inFeatures()}, {y.data(), 4, linear.outFeatures()}, nullptr);
    EXPECT_EQ(arena.mark().total, 0u) << "inference keeps nothing";
    return y;
}

Linear<float> randomLinear(int rank)
{
    Linear<float> linear("layer", 33, 17, Bias::Yes);
    linear.adapter.emplace("layer", 33, 17, rank);
    linear.adapter->scaling = 1.5;
    visitLinearParameters(linear, [](Parameter<float>& parameter) { randomize(parameter); });
    return linear;
}

TEST(LoraAdapter, ZeroBLeavesTheOutputUnchangedBitForBit)
{
    Linear<float> linear = randomLinear(4);
    std::fill_n(linear.adapter->b.mutableValue().data, linear.adapter->b.size(), 0.0f);
    const std::vector<float> x = randomValues<float>(4 * 33, "x");
    const std::vector<float> adapted = output(linear, x);
    linear.adapter.reset();
    EXPECT_EQ(adapted, output(linear, x));
}

TEST(LoraAdapter, StrengthZeroIsTheBaseModelBitForBit)
{
    Linear<float> linear = randomLinear(4);
    const std::vector<float> x = randomValues<float>(4 * 33, "x");
    const std::vector<float> adapted = output(linear, x);
    linear.adapter->strength = 0;
    const std::vector<float> switchedOff = output(linear, x);
    linear.adapter.reset();
    EXPECT_EQ(switchedOff, output(linear, x));
    EXPECT_NE(switchedOff, adapted);
}

TEST(LoraAdapter, MergedEqualsUnmergedAndSubtractingRestores)
{
    Linear<float> linear = randomLinear(5);
    const std::vector<float> x = randomValues<float>(4 * 33, "x");
    const std::vector<float> adapted = output(linear, x);
    const std::vector<float> before(linear.weight.data(), linear.weight.data() + linear.weight.size());
    std::vector<float> delta(before.size());
    linear.adapter->writeDelta({delta.data(), 17, 33});
    linear.mergeAdapter();
    EXPECT_FALSE(linear.adapter);
    const std::vector<float> merged = output(linear, x);
    for (std::size_t i = 0; i < merged.size(); ++i)
        EXPECT_NEAR(merged[i], adapted[i], 1e-5 * (1 + std::abs(adapted[i])));
    for (std::size_t i = 0; i < before.size(); ++i)
        EXPECT_NEAR(linear.weight.data()[i] - delta[i], before[i], 1e-6);
}

TEST(LoraAdapter, DeltaIsScaledByStrength)
{
    Linear<float> linear = randomLinear(2);
    std::vector<float> full(17 * 33);
    std::vector<float> half(17 * 33);
    linear.adapter->writeDelta({full.data(), 17, 33});
    linear.adapter->strength = 0.5;
    linear.adapter->writeDelta({half.data(), 17, 33});
    for (std::size_t i = 0; i < full.size(); ++i)
        EXPECT_NEAR(half[i], full[i] / 2, 1e-6);
}

} // namespace
} // namespace lora::test
