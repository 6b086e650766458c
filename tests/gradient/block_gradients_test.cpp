#include "core/nn/post_norm_block.h"
#include "core/nn/pre_norm_block.h"
#include "core/nn/rotary_table.h"
#include "tests/gradient/layer_gradients.h"

namespace lora::test {
namespace {

using Context = LayerGradients::Context;
using Input = LayerGradients::Input;
const std::vector<std::int32_t> ragged = {0, 4, 5, 12};
constexpr std::int64_t hidden = 9;

PostNormBlock<double> encoderBlock(Activation activation = Activation::Gelu)
{
    return {
        {"query", "key", "value", "attentionOutput", "attentionNorm", "intermediate", "output", "outputNorm"},
        {.hidden = hidden, .heads = 3, .intermediate = 11, .normEpsilon = 1e-5, .activation = activation}};
}

/// One block in every pass with the same dropout masks; decoders with rotary positions where asked.
template <class Block>
class BlockCheck
{
public:
    explicit BlockCheck(Block checked)
        : block(std::move(checked))
        , gradients(ragged)
    {
        block.visitParameters([](Parameter<double>& parameter) { randomize(parameter); });
    }

    void setDropout(double probability)
    {
        block.dropoutProbability = probability;
        block.attention.dropoutProbability = probability;
    }

    void adapt(Linear<double>& linear, double dropoutProbability = 0)
    {
        linear.adapter.emplace(linear.name(), linear.inFeatures(), linear.outFeatures(), 2);
        linear.adapter->scaling = 1.3;
        linear.adapter->dropoutProbability = dropoutProbability;
        for (Parameter<double>* parameter : {&linear.adapter->a, &linear.adapter->b}) {
            randomize(*parameter);
            gradients.train(*parameter);
        }
    }

    /// As a block in the middle of a stack, and as the last one under a head that reads some rows.
    void run(Input input)
    {
        typename Block::Saved saved;
        gradients.checkOutput(
            hidden, hidden, input,
            [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
                context.rotary = rotary.exists() ? &rotary : nullptr;
                block.forward(context, x, y, &saved);
            },
            [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
                block.backward(context, saved, dy, dx, writeUnlessEmpty(dx));
            });
        runForSomeRows(input);
    }

    void runForSomeRows(Input input)
    {
        NeededRows rows; // several of a sequence, its only one, and none
        rows.tokens = {0, 3, 4};
        rows.offsets = {0, 2, 3, 3};
        typename Block::Saved saved;
        gradients.checkOutput(
            hidden, hidden, input,
            [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
                context.rotary = rotary.exists() ? &rotary : nullptr;
                Matrix<double> needed = context.arena->template matrix<double>(rows.count(), hidden);
                block.forward(context, x, needed, &saved, &rows);
                std::fill_n(y.data, y.size(), 0.0);
                addToRows<double>(needed, rows, y);
            },
            [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
                Matrix<double> needed = context.arena->template matrix<double>(rows.count(), hidden);
                gatherRows<double>(dy, rows, needed);
                block.backward(context, saved, needed, dx, writeUnlessEmpty(dx));
            });
    }

    Block block;
    RotaryTable<double> rotary;
    LayerGradients gradients;
};

TEST(PostNormBlockGradient, EveryParameterAndTheInput)
{
    BlockCheck check(encoderBlock());
    check.block.visitParameters([&](Parameter<double>& parameter) { check.gradients.train(parameter); });
    check.run(Input::Checked);
}

TEST(PostNormBlockGradient, EveryParameterWithDropoutAndRelu)
{
    BlockCheck check(encoderBlock(Activation::Relu));
    check.setDropout(0.25);
    check.block.visitParameters([&](Parameter<double>& parameter) { check.gradients.train(parameter); });
    check.run(Input::Checked);
}

TEST(PostNormBlockGradient, FrozenBlockPassesTheInputsGradient)
{
    BlockCheck check(encoderBlock());
    check.setDropout(0.25);
    check.run(Input::Checked);
}

TEST(PostNormBlockGradient, AdaptersOnEveryTargetWithDropout)
{
    BlockCheck check(encoderBlock());
    check.setDropout(0.2);
    check.block.visitLinears([&](Linear<double>& linear, BlockStage) { check.adapt(linear, 0.3); });
    check.run(Input::Checked);
}

/// Nothing below the lowest trained part is computed, and still every trained part is right.
class SinglePart : public testing::TestWithParam<std::string>
{};

TEST_P(SinglePart, AdapterAloneWithAndWithoutInputGradient)
{
    for (const Input input : {Input::Skipped, Input::Checked})
        for (const double dropoutProbability : {0.0, 0.3}) {
            BlockCheck check(encoderBlock());
            check.setDropout(dropoutProbability);
            check.block.visitLinears([&](Linear<double>& linear, BlockStage) {
                if (linear.name() == GetParam())
                    check.adapt(linear, dropoutProbability);
            });
            check.run(input);
        }
}

TEST_P(SinglePart, WeightAloneAndBiasAlone)
{
    for (const bool isBias : {false, true}) {
        BlockCheck check(encoderBlock());
        check.block.visitLinears([&](Linear<double>& linear, BlockStage) {
            if (linear.name() == GetParam())
                check.gradients.train(isBias ? linear.bias : linear.weight);
        });
        check.run(Input::Skipped);
    }
}

INSTANTIATE_TEST_SUITE_P(PostNormBlockGradient, SinglePart,
                         testing::Values("query", "key", "value", "attentionOutput", "intermediate",
                                         "output"),
                         [](const auto& test) { return test.param; });

TEST(PostNormBlockGradient, EachNormAlone)
{
    for (const bool isFirst : {true, false}) {
        BlockCheck check(encoderBlock());
        Norm<double>& norm = isFirst ? check.block.attentionNorm : check.block.outputNorm;
        check.gradients.train(norm.weight);
        check.gradients.train(norm.bias);
        check.run(Input::Skipped);
    }
}

/// GPT-2's block: one module for query, key and value.
PreNormBlock<double> fusedBlock()
{
    PreNormBlockNames names;
    names.attentionNorm = "attentionNorm";
    names.fused = "fused";
    names.attentionOutput = "attentionOutput";
    names.feedForwardNorm = "feedForwardNorm";
    names.up = "up";
    names.down = "down";
    PreNormBlockShape shape;
    shape.hidden = hidden;
    shape.intermediate = 11;
    shape.attention = {.heads = 3, .keyValueHeads = 3, .headDim = 3, .isCausal = true};
    return {names, shape};
}

/// Llama's block: shared keys and values, rotary positions, gated feed-forward, no biases.
BlockCheck<PreNormBlock<double>> gatedCheck()
{
    PreNormBlockNames names;
    names.attentionNorm = "attentionNorm";
    names.query = "query";
    names.key = "key";
    names.value = "value";
    names.attentionOutput = "attentionOutput";
    names.feedForwardNorm = "feedForwardNorm";
    names.gate = "gate";
    names.up = "up";
    names.down = "down";
    PreNormBlockShape shape;
    shape.hidden = hidden;
    shape.intermediate = 11;
    shape.attention = {.heads = 4, .keyValueHeads = 2, .headDim = 2, .isCausal = true};
    shape.norm = NormKind::Rms;
    shape.activation = Activation::Silu;
    shape.hasAttentionInputBias = shape.hasAttentionOutputBias = shape.hasFeedForwardBias = false;
    BlockCheck<PreNormBlock<double>> check(PreNormBlock<double>(names, shape));
    check.rotary = RotaryTable<double>({.theta = 50}, 2);
    check.rotary.extendTo(12);
    return check;
}

TEST(PreNormBlockGradient, EveryParameterAndTheInputWithDropout)
{
    BlockCheck check(fusedBlock());
    check.setDropout(0.2);
    check.block.visitParameters([&](Parameter<double>& parameter) { check.gradients.train(parameter); });
    check.run(Input::Checked);
}

TEST(PreNormBlockGradient, EveryParameterOfAGatedBlockWithRotaryPositions)
{
    for (const Input input : {Input::Checked, Input::Skipped}) {
        auto check = gatedCheck();
        check.block.visitParameters([&](Parameter<double>& parameter) { check.gradients.train(parameter); });
        check.run(input);
    }
}

TEST(PreNormBlockGradient, FrozenBlockPassesTheInputsGradient)
{
    auto check = gatedCheck();
    check.setDropout(0.25);
    check.run(Input::Checked);
}

TEST(PreNormBlockGradient, EachAdapterAloneWithAndWithoutInputGradient)
{
    for (const std::string part : {"query", "key", "value", "attentionOutput", "gate", "up", "down"})
        for (const Input input : {Input::Skipped, Input::Checked}) {
            auto check = gatedCheck();
            check.setDropout(0.2);
            check.block.visitLinears([&](Linear<double>& linear, BlockStage) {
                if (linear.name() == part)
                    check.adapt(linear, 0.3);
            });
            check.run(input);
        }
}

TEST(PreNormBlockGradient, AdapterOfTheFusedModuleAlone)
{
    BlockCheck check(fusedBlock());
    check.adapt(*check.block.fused);
    check.run(Input::Skipped);
}

TEST(PreNormBlockGradient, EachNormAlone)
{
    for (const bool isFirst : {true, false}) {
        BlockCheck check(fusedBlock());
        visitNormParameters(isFirst ? check.block.attentionNorm : check.block.feedForwardNorm,
                            [&](Parameter<double>& parameter) { check.gradients.train(parameter); });
        check.run(Input::Skipped);
    }
}

} // namespace
} // namespace lora::test
