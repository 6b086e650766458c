#include "core/math/elementwise.h"
#include "core/nn/attention_core.h"
#include "core/nn/embeddings.h"
#include "core/nn/linear.h"
#include "core/nn/losses.h"
#include "core/nn/rotary_table.h"
#include "tests/gradient/layer_gradients.h"

#include <limits>

namespace lora::test {
namespace {

using Context = LayerGradients::Context;
using Input = LayerGradients::Input;
const std::vector<std::int32_t> ragged = {0, 1, 6, 13, 14, 17};

struct LinearCase
{
    bool isWeightTrained = true;
    bool isBiasTrained = true;
    bool hasAdapter = false;
    double adapterDropout = 0;
    Input input = Input::Checked;
};

void checkLinear(const LinearCase& what)
{
    Linear<double> linear("layer", 7, 5, Bias::Yes);
    LayerGradients gradients(ragged);
    if (what.hasAdapter) {
        linear.adapter.emplace("layer", 7, 5, 3);
        linear.adapter->scaling = 1.7;
        linear.adapter->dropoutProbability = what.adapterDropout;
        gradients.train(linear.adapter->a);
        gradients.train(linear.adapter->b);
    }
    visitLinearParameters(linear, [](Parameter<double>& parameter) { randomize(parameter); });
    if (what.isWeightTrained)
        gradients.train(linear.weight);
    if (what.isBiasTrained)
        gradients.train(linear.bias);
    Linear<double>::Saved saved;
    gradients.checkOutput(
        7, 5, what.input,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            linear.forward(context, x, y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            linear.backward(context, saved, dy, dx, writeUnlessEmpty(dx));
        });
}

TEST(LinearGradient, WeightBiasAndInput)
{
    checkLinear({});
}

TEST(LinearGradient, FrozenWeightStillGivesTheInputItsGradient)
{
    checkLinear({.isWeightTrained = false, .isBiasTrained = false});
}

TEST(LinearGradient, AdapterOnAFrozenWeight)
{
    checkLinear({.isWeightTrained = false, .isBiasTrained = false, .hasAdapter = true});
}

TEST(LinearGradient, AdapterWithDropoutAndEverythingTrained)
{
    checkLinear({.hasAdapter = true, .adapterDropout = 0.4});
}

TEST(LinearGradient, AdapterWithoutInputGradient)
{
    checkLinear({.isWeightTrained = false,
                 .isBiasTrained = false,
                 .hasAdapter = true,
                 .adapterDropout = 0.4,
                 .input = Input::Skipped});
}

TEST(LinearGradient, InputGradientIsAddedWhenAsked)
{
    Linear<double> linear("layer", 3, 5, Bias::None);
    linear.adapter.emplace("layer", 3, 5, 2);
    visitLinearParameters(linear, [](Parameter<double>& parameter) { randomize(parameter); });
    LayerGradients gradients(ragged);
    gradients.train(linear.adapter->a);
    gradients.train(linear.adapter->b);
    Linear<double>::Saved saved;
    gradients.checkOutput(
        3, 5, Input::Checked,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            linear.forward(context, x, y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            std::fill_n(dx.data, dx.size(), 2.0);
            linear.backward(context, saved, dy, dx, InputGradient::Add);
            for (std::int64_t i = 0; i < dx.size(); ++i)
                dx.data[i] -= 2.0;
        });
}

TEST(LayerNormGradient, GainBiasAndInput)
{
    Norm<double> norm("norm", 9, 1e-5);
    randomize(norm.weight);
    randomize(norm.bias);
    LayerGradients gradients(ragged);
    gradients.train(norm.weight);
    gradients.train(norm.bias);
    Norm<double>::Saved saved;
    gradients.checkOutput(
        9, 9, Input::Checked,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            norm.forward(context, x, y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            copyRows<double>(dy, dx);
            norm.backward(context, saved, dx);
        });
}

TEST(RmsNormGradient, GainAndInput)
{
    Norm<double> norm("norm", 9, 1e-5, NormKind::Rms);
    randomize(norm.weight);
    LayerGradients gradients(ragged);
    gradients.train(norm.weight);
    Norm<double>::Saved saved;
    gradients.checkOutput(
        9, 9, Input::Checked,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            norm.forward(context, x, y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            copyRows<double>(dy, dx);
            norm.backward(context, saved, dx);
        });
}

TEST(RotaryGradient, TurnsBack)
{
    RotaryTable<double> table({.theta = 100}, 4);
    table.extendTo(8);
    LayerGradients gradients(ragged);
    gradients.checkOutput(
        8, 8, Input::Checked,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            copyRows<double>(x, y);
            table.apply(y, context.offsets, 0);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            copyRows<double>(dy, dx);
            table.applyBackward(dx, context.offsets);
        });
}

using Kernel = void (*)(ConstMatrix<double>, Matrix<double>);
using KernelBackward = void (*)(ConstMatrix<double>, ConstMatrix<double>, Matrix<double>);

/// tanh's mirror wants the output, the others the input.
void checkActivation(Kernel forward, KernelBackward backward, bool wantsOutput)
{
    LayerGradients gradients(ragged);
    std::vector<double> kept(static_cast<std::size_t>(gradients.tokens()) * 6);
    const Matrix<double> saved(kept.data(), gradients.tokens(), 6);
    gradients.checkOutput(
        6, 6, Input::Checked,
        [&](Context&, ConstMatrix<double> x, Matrix<double> y) {
            forward(x, y);
            copyRows<double>(wantsOutput ? y : x, saved);
        },
        [&](Context&, Matrix<double> dy, Matrix<double> dx) { backward(saved, dy, dx); });
}

TEST(ActivationGradient, Gelu)
{
    checkActivation(gelu<double>, geluBackward<double>, false);
}

TEST(ActivationGradient, GeluWithTanh)
{
    checkActivation(geluTanh<double>, geluTanhBackward<double>, false);
}

TEST(ActivationGradient, SiluTimesUp)
{
    LayerGradients gradients(ragged);
    std::vector<double> kept(static_cast<std::size_t>(gradients.tokens()) * 10);
    const Matrix<double> saved(kept.data(), gradients.tokens(), 10);
    gradients.checkOutput(
        10, 5, Input::Checked,
        [&](Context&, ConstMatrix<double> x, Matrix<double> y) {
            copyRows<double>(x, saved);
            siluMultiply<double>(x.colRange(0, 5), x.colRange(5, 5), y);
        },
        [&](Context&, Matrix<double> dy, Matrix<double> dx) {
            siluMultiplyBackward<double>(saved.colRange(0, 5), saved.colRange(5, 5), dy, dx.colRange(0, 5),
                                         dx.colRange(5, 5));
        });
}

/// Shifted, so that no input lies within a difference's step of the kink at zero.
void shiftedRelu(ConstMatrix<double> x, Matrix<double> y)
{
    for (std::int64_t i = 0; i < x.size(); ++i)
        y.data[i] = x.data[i] + 0.005;
    relu<double>(y, y);
}

TEST(ActivationGradient, Relu)
{
    checkActivation(
        shiftedRelu,
        [](ConstMatrix<double> x, ConstMatrix<double> dy, Matrix<double> dx) {
            std::vector<double> shifted(static_cast<std::size_t>(x.size()));
            for (std::int64_t i = 0; i < x.size(); ++i)
                shifted[static_cast<std::size_t>(i)] = x.data[i] + 0.005;
            reluBackward<double>(ConstMatrix<double>(shifted.data(), x.rows, x.cols), dy, dx);
        },
        false);
}

TEST(ActivationGradient, Tanh)
{
    checkActivation(tanhForward<double>, tanhBackward<double>, true);
}

void checkAttention(const AttentionShape& shape, double dropoutProbability,
                    const std::vector<std::int32_t>& offsets = ragged)
{
    const std::int64_t queries = shape.querySize();
    const std::int64_t keys = shape.keyValueSize();
    AttentionCore<double> attention(shape);
    attention.dropoutProbability = dropoutProbability;
    LayerGradients gradients(offsets);
    AttentionCore<double>::Saved saved;
    gradients.checkOutput(
        queries + 2 * keys, queries, Input::Checked,
        [&](Context& context, ConstMatrix<double> x, Matrix<double> y) {
            attention.forward(context, x.colRange(0, queries), x.colRange(queries, keys),
                              x.colRange(queries + keys, keys), y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double> dx) {
            attention.backward(context, saved, dy, dx.colRange(0, queries), dx.colRange(queries, keys),
                               dx.colRange(queries + keys, keys));
        });
}

const AttentionShape threeHeads{.heads = 3, .keyValueHeads = 3, .headDim = 3};

TEST(AttentionGradient, QueriesKeysAndValuesOfRaggedSequences)
{
    checkAttention(threeHeads, 0);
}

TEST(AttentionGradient, WithDropoutOfProbabilities)
{
    checkAttention(threeHeads, 0.3);
}

TEST(AttentionGradient, CausalWithSharedKeysAndValues)
{
    checkAttention({.heads = 4, .keyValueHeads = 2, .headDim = 3, .isCausal = true}, 0);
    checkAttention({.heads = 3, .keyValueHeads = 1, .headDim = 2, .isCausal = true}, 0.3);
}

TEST(AttentionGradient, CausalWithAWindowAndUnscaledScores)
{
    checkAttention({.heads = 2, .keyValueHeads = 2, .headDim = 3, .isCausal = true, .window = 3, .scale = 1},
                   0);
}

TEST(AttentionGradient, CausalSequencesOfSeveralStrips)
{
    checkAttention({.heads = 2, .keyValueHeads = 1, .headDim = 1, .isCausal = true}, 0.2, {0, 60, 63, 180});
}

void checkEmbeddings(bool hasTypes, double dropoutProbability)
{
    Embeddings<double> embeddings(
        {.word = "word", .position = "position", .tokenType = hasTypes ? "type" : "", .norm = "norm"},
        {.vocabulary = 5,
         .positions = 9,
         .tokenTypes = 2,
         .hidden = 7,
         .firstPosition = 2,
         .normEpsilon = 1e-5});
    embeddings.dropoutProbability = dropoutProbability;
    LayerGradients gradients(ragged);
    embeddings.visitParameters([&](Parameter<double>& parameter) {
        randomize(parameter);
        gradients.train(parameter);
    });
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> types;
    for (std::int32_t token = 0; token < gradients.tokens(); ++token) {
        ids.push_back(token * 7 % 5);
        types.push_back(token % 3 == 0);
    }
    Embeddings<double>::Saved saved;
    gradients.checkOutput(
        1, 7, Input::Skipped,
        [&](Context& context, ConstMatrix<double>, Matrix<double> y) {
            embeddings.forward(context, ids, types, y, &saved);
        },
        [&](Context& context, Matrix<double> dy, Matrix<double>) {
            embeddings.backward(context, saved, dy);
        });
}

TEST(EmbeddingsGradient, WordsPositionsTypesAndNorm)
{
    checkEmbeddings(true, 0);
}

TEST(EmbeddingsGradient, WithoutTypesAndWithDropout)
{
    checkEmbeddings(false, 0.3);
}

TEST(CrossEntropyGradient, OfLogitsWithIgnoredRows)
{
    LayerGradients gradients({0, 5});
    const std::vector<std::int32_t> labels = {2, -100, 0, 6, -100};
    const double scale = 1.0 / 3;
    std::vector<double> logits(5 * 7);
    gradients.check(
        7, Input::Checked,
        [&](Context&, ConstMatrix<double> x) {
            std::copy_n(x.data, x.size(), logits.data());
            const double outside = crossEntropySum<double>(x, labels);
            const double inPlace = crossEntropyInPlace<double>({logits.data(), 5, 7}, labels, scale);
            EXPECT_NEAR(outside, inPlace, 1e-12);
            return scale * outside;
        },
        [&](Context&, Matrix<double> dx) { std::copy_n(logits.data(), logits.size(), dx.data); });
}

TEST(BinaryCrossEntropyGradient, OfLogitsWithMissingTargets)
{
    LayerGradients gradients({0, 4});
    const float none = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> targets = {1, 0, 1, 0, none, 1, 0, 0, 0.25f, none, none, none};
    std::vector<double> logits(12);
    gradients.check(
        3, Input::Checked,
        [&](Context&, ConstMatrix<double> x) {
            std::copy_n(x.data, x.size(), logits.data());
            return 0.1 * binaryCrossEntropyInPlace<double>({logits.data(), 4, 3}, targets, 0.1);
        },
        [&](Context&, Matrix<double> dx) { std::copy_n(logits.data(), logits.size(), dx.data); });
}

TEST(SquaredErrorGradient, OfValuesWithMissingTargets)
{
    LayerGradients gradients({0, 4});
    const std::vector<float> targets = {1, -3, std::numeric_limits<float>::quiet_NaN(), 0.5f};
    std::vector<double> values(4);
    gradients.check(
        1, Input::Checked,
        [&](Context&, ConstMatrix<double> x) {
            std::copy_n(x.data, x.size(), values.data());
            return 0.25 * squaredErrorInPlace<double>({values.data(), 4, 1}, targets, 0.25);
        },
        [&](Context&, Matrix<double> dx) { std::copy_n(values.data(), values.size(), dx.data); });
}

TEST(PositionCrossEntropyGradient, OverTheTokensOfEachSequence)
{
    LayerGradients gradients(ragged);
    const std::vector<std::int32_t> positions = {0, 3, -100, 0, 2};
    std::vector<double> logits(17);
    gradients.check(
        1, Input::Checked,
        [&](Context& context, ConstMatrix<double> x) {
            std::copy_n(x.data, x.size(), logits.data());
            return 0.5 * positionCrossEntropyInPlace<double>({logits.data(), 17, 1}, context.offsets,
                                                             positions, 0.5);
        },
        [&](Context&, Matrix<double> dx) { std::copy_n(logits.data(), logits.size(), dx.data); });
}

} // namespace
} // namespace lora::test
