#pragma once

#include "tests/gradient/gradient_check.h"

namespace lora::test {

/// Checks one layer: gradients of its trained parameters and of its input [tokens, cols], with the same
/// dropout masks in every pass.
class LayerGradients
{
public:
    using Context = PassContext<double>;
    using Loss = std::function<double(Context&, ConstMatrix<double> x)>;
    using Backward = std::function<void(Context&, Matrix<double> dx)>;
    using Forward = std::function<void(Context&, ConstMatrix<double> x, Matrix<double> y)>;
    using OutputBackward = std::function<void(Context&, Matrix<double> dy, Matrix<double> dx)>;
    enum class Input { Checked, Skipped };

    explicit LayerGradients(std::vector<std::int32_t> offsets)
        : m_offsets(std::move(offsets))
        , m_store(0)
    {
        m_context.arena = &m_arena;
        m_context.offsets = m_offsets;
        m_context.isDropoutOn = true;
    }

    void train(Parameter<double>& parameter)
    {
        parameter.setGradientOffset(static_cast<std::int64_t>(m_store.values().size()));
        m_store.values().resize(m_store.values().size() + static_cast<std::size_t>(parameter.size()));
        m_trained.push_back(&parameter);
    }

    /// A layer that ends in a loss. With a skipped input `backward` gets an empty dx.
    void check(std::int64_t inCols, Input input, const Loss& loss, const Backward& backward)
    {
        m_context.gradients = &m_store;
        std::fill(m_store.values().begin(), m_store.values().end(), 0.0);
        std::vector<double> xs = randomValues(tokens() * inCols, "x");
        const Matrix<double> x(xs.data(), tokens(), inCols);
        const auto lossNow = [&] {
            m_arena.reset();
            m_context.restartDropout(77);
            return loss(m_context, x);
        };
        lossNow();
        std::vector<double> dxs(xs.size(), 0.5);
        const Matrix<double> dx =
            input == Input::Checked ? Matrix<double>(dxs.data(), tokens(), inCols) : Matrix<double>();
        backward(m_context, dx);
        const std::vector<double> analytic = m_store.values();
        for (Parameter<double>* parameter : m_trained)
            expectGradient(parameter->name(), parameter->mutableValue(),
                           {analytic.data() + parameter->gradientOffset(), parameter->value().rows,
                            parameter->value().cols},
                           lossNow);
        if (input == Input::Checked)
            expectGradient("input", x, dx, lossNow);
    }

    /// A layer with output y [tokens, outCols]; the loss is a random weighted sum of y.
    void checkOutput(std::int64_t inCols, std::int64_t outCols, Input input, const Forward& forward,
                     const OutputBackward& backward)
    {
        const std::vector<double> weights = randomValues(tokens() * outCols, "weights");
        std::vector<double> ys(weights.size());
        const auto loss = [&](Context& context, ConstMatrix<double> x) {
            forward(context, x, {ys.data(), tokens(), outCols});
            double sum = 0;
            for (std::size_t i = 0; i < ys.size(); ++i)
                sum += weights[i] * ys[i];
            return sum;
        };
        check(inCols, input, loss, [&](Context& context, Matrix<double> dx) {
            std::vector<double> dys = weights;
            backward(context, {dys.data(), tokens(), outCols}, dx);
        });
    }

    std::int64_t tokens() const { return m_offsets.back(); }

private:
    std::vector<std::int32_t> m_offsets;
    Arena m_arena;
    GradientStore<double> m_store;
    Context m_context;
    std::vector<Parameter<double>*> m_trained;
};

inline InputGradient writeUnlessEmpty(const Matrix<double>& dx)
{
    return dx.isEmpty() ? InputGradient::Skip : InputGradient::Write;
}

} // namespace lora::test
