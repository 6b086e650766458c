#pragma once

#include "core/lora/adapter_injection.h"
#include "tests/golden/golden_case.h"
#include "tests/support/model_folder.h"

#include <Eigen/Dense>

namespace lora::test {

/// The GPT-2 cases were computed with a bias in every c_attn, but their model.safetensors lacks it: its
/// writer dropped the causal masks by their ending, "attn.bias". The case's base logits determine the biases
/// (but for the key's part, which softmax ignores): damped Gauss-Newton in double finds them to about 1e-6.
/// Gradients, adapters and training steps then are as good a check as with the biases given.
class BiasSearch
{
public:
    explicit BiasSearch(const GoldenCase& golden)
        : m_model(loadModel<double>(golden.folder, golden.task(), golden.labels(), 1).model)
        , m_batch(golden.batch())
        , m_expected(golden.logits("base.logits"))
        , m_pass(*m_model)
        , m_trainable(applyMethod(*m_model, {.type = MethodType::Full, .lora = {}}, 1))
    {
        m_model->visitParameters([&](Parameter<double>& parameter) {
            if (parameter.name().ends_with("c_attn.bias"))
                for (std::int64_t i = 0; i < parameter.size(); ++i)
                    if (i < parameter.size() / 3 || i >= parameter.size() / 3 * 2)
                        m_unknowns.push_back(&parameter.mutableValue().data[i]);
            if (parameter.name().ends_with("attn.c_proj.weight")) {
                m_witnesses.push_back(&parameter);
                m_gradients.push_back(golden.values("full_grad." + parameter.name()));
            }
        });
    }

    std::vector<StoredTensor> run()
    {
        Eigen::VectorXd residual = differences();
        double damping = 1e-2;
        for (int round = 0, lost = 0; round < 40 && lost < 3; ++round) {
            const Eigen::MatrixXd jacobian = slopes(residual);
            Eigen::MatrixXd normal = jacobian.transpose() * jacobian;
            normal.diagonal().array() += damping;
            const Eigen::VectorXd move = normal.ldlt().solve(-jacobian.transpose() * residual);
            shift(move, 1);
            const Eigen::VectorXd moved = differences();
            lost = moved.norm() < 0.999 * residual.norm() ? 0 : lost + 1;
            if (moved.norm() < residual.norm()) {
                residual = moved;
                damping = std::max(damping / 5, 1e-9);
            } else {
                shift(move, -1);
                damping *= 10;
            }
        }
        std::vector<StoredTensor> found;
        m_model->visitParameters([&](Parameter<double>& bias) {
            if (bias.name().ends_with("c_attn.bias"))
                found.push_back({bias.name(), bias.shape(), {bias.data(), bias.data() + bias.size()}});
        });
        return found;
    }

private:
    /// Of logits, then of the gradients in units of their largest entry.
    Eigen::VectorXd differences()
    {
        Batch unlabelled = m_batch;
        unlabelled.tokenLabels.clear();
        m_pass.evaluate(unlabelled);
        const ConstMatrix<double> logits = m_pass.logits();
        std::vector<double> all;
        for (std::int64_t i = 0; i < logits.size(); ++i)
            all.push_back(logits.data[i] - static_cast<double>(m_expected[static_cast<std::size_t>(i)]));
        GradientStore<double> gradients(m_trainable.size());
        m_pass.forward(m_batch, gradients, 1.0 / static_cast<double>(m_batch.labelledItems()), 0);
        m_pass.backward();
        for (std::size_t w = 0; w < m_witnesses.size(); ++w) {
            const Matrix<double> gradient = gradients.of(*m_witnesses[w]);
            double largest = 0;
            for (const float value : m_gradients[w])
                largest = std::max(largest, std::abs(static_cast<double>(value)));
            for (std::int64_t r = 0; r < gradient.rows; ++r)
                for (std::int64_t c = 0; c < gradient.cols; ++c) // the file's are [in, out]
                    all.push_back((gradient(r, c) -
                                   static_cast<double>(
                                       m_gradients[w][static_cast<std::size_t>(c * gradient.rows + r)])) /
                                  largest);
        }
        return Eigen::Map<Eigen::VectorXd>(all.data(), static_cast<Eigen::Index>(all.size()));
    }

    Eigen::MatrixXd slopes(const Eigen::VectorXd& residual)
    {
        constexpr double h = 1e-6;
        Eigen::MatrixXd jacobian(residual.size(), static_cast<Eigen::Index>(m_unknowns.size()));
        for (std::size_t i = 0; i < m_unknowns.size(); ++i) {
            *m_unknowns[i] += h;
            jacobian.col(static_cast<Eigen::Index>(i)) = (differences() - residual) / h;
            *m_unknowns[i] -= h;
        }
        return jacobian;
    }

    void shift(const Eigen::VectorXd& move, double sign)
    {
        for (std::size_t i = 0; i < m_unknowns.size(); ++i)
            *m_unknowns[i] += sign * move(static_cast<Eigen::Index>(i));
    }

    std::unique_ptr<LanguageModel<double>> m_model;
    Batch m_batch;
    std::vector<float> m_expected;
    ModelPass<double> m_pass;
    TrainableParameters<double> m_trainable;
    std::vector<double*> m_unknowns;
    std::vector<Parameter<double>*> m_witnesses;
    std::vector<std::vector<float>> m_gradients;
};

/// Writes the case's base model with the biases it lacks into `folder`.
inline void writeCompleted(const GoldenCase& golden, const std::filesystem::path& folder)
{
    static std::map<std::filesystem::path, std::vector<StoredTensor>> found; // the search takes seconds
    if (!found.contains(golden.folder))
        found[golden.folder] = BiasSearch(golden).run();
    std::vector<StoredTensor> tensors = found[golden.folder];
    const SafetensorsFile file = SafetensorsFile::open(golden.folder / "model.safetensors");
    for (const NamedTensor& tensor : file.tensors()) {
        std::vector<float> values(static_cast<std::size_t>(tensor.elements()));
        tensor.copyTo(std::span<float>(values));
        tensors.push_back({tensor.name, tensor.shape, std::move(values)});
    }
    std::filesystem::copy_file(golden.folder / "config.json", folder / "config.json");
    writeTensors(folder / "model.safetensors", tensors);
}

} // namespace lora::test
