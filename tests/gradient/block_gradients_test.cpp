#include "core/nn/post_norm_block.h"
#include "tests/gradient/layer_gradients.h"

namespace lora::test {
namespace {

using Context = LayerGradients::Context;
using Input = LayerGradients::Input;
const std::vector<std::int32_t> ragged = {0, 4, 5, 12};
constexpr std::int64_t hidden = 9;

class BlockCheck
{
public:
    explicit BlockCheck(Activation activation = Activation::Gelu)
        : block({"query", "key", "value", "attentionOutput", "attentionNorm", "intermediate", "output",
                 "outputNorm"},
                {.hidden = hidden,
                 .heads = 3,
                 .intermediate = 11,
                 .normEpsilon = 1e-5,
                 .activation = activation})
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

    void run(Input input)
    {
        PostNormBlock<double>::Saved saved;
        gradients.checkOutput(
            hidden, hidden, input,
            [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
                block.forward(context, x, y, &saved);
            },
            [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
                block.backward(context, saved, dy, writeUnlessEmpty(dx));
                if (!dx.isEmpty())
                    copyRows<double>(dy, dx);
            });
    }

    PostNormBlock<double> block;
    LayerGradients gradients;
};

TEST(PostNormBlockGradient, EveryParameterAndTheInput)
{
    BlockCheck check;
    check.block.visitParameters([&](Parameter<double>& parameter) { check.gradients.train(parameter); });
    check.run(Input::Checked);
}

TEST(PostNormBlockGradient, EveryParameterWithDropoutAndRelu)
{
    BlockCheck check(Activation::Relu);
    check.setDropout(0.25);
    check.block.visitParameters([&](Parameter<double>& parameter) { check.gradients.train(parameter); });
    check.run(Input::Checked);
}

TEST(PostNormBlockGradient, FrozenBlockPassesTheInputsGradient)
{
    BlockCheck check;
    check.setDropout(0.25);
    check.run(Input::Checked);
}

TEST(PostNormBlockGradient, AdaptersOnEveryTargetWithDropout)
{
    BlockCheck check;
    check.setDropout(0.2);
    check.block.visitLinears([&](Linear<double>& linear) { check.adapt(linear, 0.3); });
    check.run(Input::Checked);
}

/// Nothing below the lowest trained part is computed, and still every trained part is right.
class SinglePart : public testing::TestWithParam<std::string>
{};

TEST_P(SinglePart, AdapterAloneWithAndWithoutInputGradient)
{
    for (const Input input : {Input::Skipped, Input::Checked})
        for (const double dropoutProbability : {0.0, 0.3}) {
            BlockCheck check;
            check.setDropout(dropoutProbability);
            check.block.visitLinears([&](Linear<double>& linear) {
                if (linear.name() == GetParam())
                    check.adapt(linear, dropoutProbability);
            });
            check.run(input);
        }
}

TEST_P(SinglePart, WeightAloneAndBiasAlone)
{
    for (const bool isBias : {false, true}) {
        BlockCheck check;
        check.block.visitLinears([&](Linear<double>& linear) {
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
        BlockCheck check;
        LayerNorm<double>& norm = isFirst ? check.block.attentionNorm : check.block.outputNorm;
        check.gradients.train(norm.weight);
        check.gradients.train(norm.bias);
        check.run(Input::Skipped);
    }
}

} // namespace
} // namespace lora::test
