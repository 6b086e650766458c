#include "core/base/error.h"
#include "core/lora/weight_decomposition.h"
#include "core/math/gemm.h"
#include "tests/support/temporary_folder.h"
#include "tests/training/tiny_run.h"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <gtest/gtest.h>

namespace lora::test {
namespace {

using Dense = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr TaskType classification = TaskType::SequenceClassification;
const Batch batch = randomBatch({5, 1, 9, 3}, classification);

Dense denseOf(ConstMatrix<float> matrix)
{
    return Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
               matrix.data, matrix.rows, matrix.cols)
        .cast<double>();
}

std::vector<std::string> variantNames()
{
    return {"dora", "rslora", "pissa", "pissa_niter_3", "olora", "loraFa", "loraPlus", "doraLoraFa", "bias"};
}

LoraConfig variant(const std::string& name)
{
    LoraConfig lora = loraMethod().lora;
    lora.useDora = name.starts_with("dora");
    lora.useRslora = name == "rslora";
    lora.loraFa = name.ends_with("oraFa");
    if (name.starts_with("pissa") || name == "olora")
        lora.initLoraWeights = name;
    if (name == "loraPlus")
        lora.loraplusLrRatio = 16;
    if (name == "bias")
        lora.bias = "all";
    return lora;
}

class EveryVariant : public testing::TestWithParam<std::string>
{};

TEST_P(EveryVariant, ResumesBitForBit)
{
    ExperimentConfig experiment = tinyExperiment();
    const double dropout = experiment.method.lora.loraDropout;
    experiment.method.lora = variant(GetParam());
    experiment.method.lora.loraDropout = dropout;
    experiment.training.loadBestModelAtEnd = false;
    TinyRun whole(experiment, tinyWithDropout);
    whole.run();
    const TemporaryFolder folder;
    TinyRun first(experiment, tinyWithDropout, folder.path());
    first.notes.whenStep = [&](const StepMetrics& metrics) {
        if (metrics.step == 7)
            first.control.requestStop();
    };
    EXPECT_EQ(first.run().status, RunStatus::Stopped);
    TinyRun second(experiment, tinyWithDropout, folder.path());
    ASSERT_TRUE(second.trainer().resume());
    EXPECT_EQ(second.run().status, RunStatus::Completed);
    EXPECT_EQ(second.weights(true), whole.weights(true));
    EXPECT_EQ(second.weights(false), whole.weights(false));
    EXPECT_EQ(logitsOf(*second.model, batch), logitsOf(*whole.model, batch));
    EXPECT_EQ(second.notes.evaluations.back().values, whole.notes.evaluations.back().values);
}

TEST_P(EveryVariant, Learns)
{
    const auto model = tinyModel<float>({});
    MethodConfig method;
    method.lora = variant(GetParam());
    const auto trainable = applyMethod(*model, method, 1);
    WorkerPool pool(1);
    TrainingStep<float> step(*model, trainable, pool, {}, 1);
    const double first = step.run(std::span(&batch, 1), 5e-3, 1).loss;
    double last = first;
    for (int i = 0; i < 60; ++i)
        last = step.run(std::span(&batch, 1), 5e-3, 1).loss;
    EXPECT_LT(last, 0.5 * first);
}

/// Frozen layers below an adapted top give the same whether they are computed once or in every epoch.
TEST_P(EveryVariant, IsTheSameWithAndWithoutThePrefixCache)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method.lora = variant(GetParam());
    experiment.method.lora.bias = "none";
    experiment.method.lora.layersToTransform = std::vector<int>{1};
    experiment.training.hiddenDropout = 0;
    std::vector<std::vector<float>> trained;
    for (const char* use : {"off", "memory"}) {
        experiment.training.prefixCache = use;
        TinyRun run(experiment, {});
        run.run();
        trained.push_back(run.weights(true));
    }
    EXPECT_EQ(trained[0], trained[1]);
}

TEST_P(EveryVariant, MergedIsUnmerged)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method.lora = variant(GetParam());
    TinyRun run(experiment, {});
    run.run();
    const std::vector<float> unmerged = logitsOf(*run.model, batch);
    mergeAdapters(*run.model);
    const std::vector<float> merged = logitsOf(*run.model, batch);
    for (std::size_t i = 0; i < merged.size(); ++i)
        EXPECT_NEAR(merged[i], unmerged[i], 1e-4 * (1 + std::abs(unmerged[i])));
}

INSTANTIATE_TEST_SUITE_P(Variants, EveryVariant, testing::ValuesIn(variantNames()),
                         [](const auto& test) { return test.param; });

/// A random module and what a start takes out of it.
struct Taken
{
    Taken(std::int64_t in, std::int64_t out, int rank, const std::string& start)
        : linear("layer", in, out, Bias::None)
    {
        randomize(linear.weight);
        whole = denseOf(linear.weight.value());
        linear.adapter.emplace("layer", in, out, rank);
        linear.adapter->scaling = 2;
        takeOutOfWeight(linear, start, 5);
        rest = denseOf(linear.weight.value());
        a = denseOf(linear.adapter->a.value());
        b = denseOf(linear.adapter->b.value());
    }

    Linear<float> linear;
    Dense whole, rest, a, b;
};

TEST(Pissa, LeavesTheWeightItsTailOfSingularValues)
{
    for (const auto& [in, out] : {std::pair{40, 23}, std::pair{23, 40}, std::pair{30, 30}}) {
        const Taken taken(in, out, 5, "pissa");
        const Eigen::VectorXd all = Eigen::JacobiSVD<Eigen::MatrixXd>(taken.whole).singularValues();
        const Eigen::VectorXd rest = Eigen::JacobiSVD<Eigen::MatrixXd>(taken.rest).singularValues();
        const Eigen::VectorXd pair =
            Eigen::JacobiSVD<Eigen::MatrixXd>(2 * taken.b * taken.a).singularValues();
        for (Eigen::Index k = 0; k < 5; ++k)
            EXPECT_NEAR(pair[k], all[k], 1e-5 * all[0]);
        for (Eigen::Index k = 5; k < all.size(); ++k)
            EXPECT_NEAR(rest[k - 5], all[k], 1e-5 * all[0]);
        EXPECT_LT((2 * taken.b * taken.a + taken.rest - taken.whole).norm(), 1e-6 * taken.whole.norm());
        // Both factors weigh the same.
        for (Eigen::Index k = 0; k < 5; ++k)
            EXPECT_NEAR(taken.a.row(k).norm(), taken.b.col(k).norm(), 1e-5);
    }
}

TEST(Pissa, IterationsComeNearTheExactTail)
{
    const double exact = Taken(60, 45, 5, "pissa").rest.norm();
    const double coarse = Taken(60, 45, 5, "pissa_niter_1").rest.norm();
    const double fine = Taken(60, 45, 5, "pissa_niter_20").rest.norm();
    EXPECT_LE(exact, fine * (1 + 1e-6));
    EXPECT_LT(fine, coarse);
    EXPECT_NEAR(fine, exact, 1e-3 * exact);
}

TEST(Olora, StartsWithOrthonormalColumnsAndAnUpperTriangle)
{
    const Taken taken(40, 23, 5, "olora");
    EXPECT_LT((taken.b.transpose() * taken.b - Dense::Identity(5, 5)).norm(), 1e-5);
    for (Eigen::Index row = 0; row < 5; ++row)
        for (Eigen::Index column = 0; column < row; ++column)
            EXPECT_NEAR(taken.a(row, column), 0, 1e-5);
    EXPECT_LT((2 * taken.b * taken.a + taken.rest - taken.whole).norm(), 1e-6 * taken.whole.norm());
}

TEST(Decomposition, RankAboveTheSmallerSideIsRefused)
{
    EXPECT_THROW(Taken(40, 4, 5, "pissa"), Error);
    EXPECT_THROW(Taken(4, 40, 5, "olora"), Error);
}

/// Adam's first step has the size of the learning rate, whatever the gradient: B moves `ratio` times as far.
TEST(LoraPlus, MovesBRatioTimesAsFarAsA)
{
    const auto model = tinyModel<float>({});
    const auto trainable = applyMethod(*model, loraMethod(), 1);
    std::map<const Parameter<float>*, std::vector<float>> before;
    for (Parameter<float>* parameter : trainable.parameters()) {
        if (parameter->name().ends_with("lora_B.weight"))
            randomize(*parameter); // else A has no gradient yet
        before[parameter].assign(parameter->data(), parameter->data() + parameter->size());
    }
    WorkerPool pool(1);
    TrainingStep<float> step(*model, trainable, pool, {}, 0);
    step.setLoraPlusRatio(16);
    step.run(std::span(&batch, 1), 1e-4, 5);
    for (const auto& [parameter, old] : before) {
        double moved = 0;
        for (std::size_t i = 0; i < old.size(); ++i)
            moved = std::max(moved, std::abs(static_cast<double>(parameter->data()[i]) - old[i]));
        const bool isFast = parameter->name().ends_with("lora_B.weight") || parameter->shape().size() == 1;
        EXPECT_NEAR(moved / 1e-4, isFast ? 16 : 1, isFast ? 0.2 : 0.02) << parameter->name();
    }
}

TEST(LoraFa, LeavesAAtItsStartAndMovesTheWeightWithinItsRows)
{
    ExperimentConfig experiment = tinyExperiment();
    experiment.method.lora.loraFa = true;
    TinyRun run(experiment, {});
    TinyRun fresh(experiment, {});
    run.run();
    const auto moved = run.model->linears();
    const auto start = fresh.model->linears();
    int adapted = 0;
    for (std::size_t i = 0; i < moved.size(); ++i) {
        if (!moved[i].linear->adapter)
            continue;
        ++adapted;
        const Linear<float>& linear = *moved[i].linear;
        const Dense a = denseOf(start[i].linear->adapter->a.value());
        EXPECT_TRUE(a == denseOf(linear.adapter->a.value()));
        EXPECT_GT(denseOf(linear.adapter->b.value()).norm(), 0);
        std::vector<float> change(static_cast<std::size_t>(linear.weight.size()));
        const Matrix<float> view(change.data(), linear.outFeatures(), linear.inFeatures());
        linear.writeChange(view);
        const Eigen::MatrixXd rows = a.transpose(); // [in, r]
        const Eigen::MatrixXd dense = denseOf(view).transpose();
        const Eigen::MatrixXd within = rows * rows.colPivHouseholderQr().solve(dense);
        EXPECT_LT((within - dense).norm(), 1e-3 * dense.norm() + 1e-7);
    }
    EXPECT_GT(adapted, 0);
    EXPECT_LT(run.trainable.size(), TinyRun(tinyExperiment(), {}).trainable.size());
}

TEST(Dora, BeforeTheFirstStepTheModelIsTheBaseModel)
{
    const auto model = tinyModel<float>({});
    const std::vector<float> base = logitsOf(*model, batch);
    MethodConfig method = loraMethod();
    method.lora.useDora = true;
    applyMethod(*model, method, 1);
    const std::vector<float> fresh = logitsOf(*model, batch);
    for (std::size_t i = 0; i < base.size(); ++i)
        EXPECT_NEAR(fresh[i], base[i], 1e-6f * (1 + std::abs(base[i])));
}

/// Norms and products are then those of the rounded weight.
TEST(Dora, LearnsOverABaseInBFloat16)
{
    if (!hasBFloat16Products())
        GTEST_SKIP() << "skipped: no bfloat16 products on this processor";
    const auto model = tinyModel<float>({});
    MethodConfig method = loraMethod();
    method.lora.useDora = true;
    const auto trainable = applyMethod(*model, method, 1);
    const std::vector<float> exact = logitsOf(*model, batch);
    model->useBFloat16();
    const std::vector<float> rounded = logitsOf(*model, batch);
    EXPECT_NE(rounded, exact);
    for (std::size_t i = 0; i < exact.size(); ++i)
        EXPECT_NEAR(rounded[i], exact[i], 0.1 * (1 + std::abs(exact[i])));
    for (const LinearSite<float>& site : model->linears()) {
        const Linear<float>& linear = *site.linear;
        if (!linear.magnitude || !linear.weight.isBFloat16())
            continue;
        // B is zero: m / n is the length before rounding over the length after.
        for (std::int64_t row = 0; row < linear.outFeatures(); ++row) {
            double square = 0;
            for (std::int64_t k = 0; k < linear.inFeatures(); ++k)
                square += std::pow(toFloat(linear.weight.halves()(row, k)), 2);
            EXPECT_NEAR(linear.magnitude->factors()[static_cast<std::size_t>(row)],
                        linear.magnitude->vector.data()[row] / std::sqrt(square), 1e-5);
        }
    }
    WorkerPool pool(2);
    TrainingStep<float> step(*model, trainable, pool, {}, 1);
    const double first = step.run(std::span(&batch, 1), 5e-3, 1).loss;
    double last = first;
    for (int i = 0; i < 60; ++i)
        last = step.run(std::span(&batch, 1), 5e-3, 1).loss;
    EXPECT_LT(last, 0.5 * first);
}

} // namespace
} // namespace lora::test
