#include "core/lora/adapter_injection.h"
#include "core/train/checkpoint.h"
#include "tests/support/expect_error.h"
#include "tests/support/mutation.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_models.h"

namespace lora::test {
namespace {

struct Trained
{
    explicit Trained(int rank = 2)
        : model(tinyModel<float>())
        , trainable(applyMethod(*model, method(rank), 1))
        , optimizer(trainable.size(), {})
    {}

    static MethodConfig method(int rank)
    {
        MethodConfig config;
        config.lora.r = rank;
        return config;
    }

    std::vector<float> weights() const
    {
        std::vector<float> all;
        for (const Parameter<float>* parameter : trainable.parameters())
            all.insert(all.end(), parameter->data(), parameter->data() + parameter->size());
        return all;
    }

    std::unique_ptr<LanguageModel<float>> model;
    TrainableParameters<float> trainable;
    AdamW<float> optimizer;
};

TrainerState exampleState()
{
    return {.step = 17,
            .tokens = 1234,
            .flops = 5.5e9,
            .trainSeconds = 2.25,
            .seconds = 3.5,
            .bestStep = 12,
            .bestValue = 0.625,
            .evaluationsWithoutGain = 1,
            .evaluatedStep = 16,
            .workers = 2};
}

class Checkpoint : public testing::Test
{
protected:
    Checkpoint()
    {
        for (Parameter<float>* parameter : original.trainable.parameters())
            randomize(*parameter);
        original.optimizer.moment1() = randomValues<float>(original.trainable.size(), "m");
        original.optimizer.moment2() = randomValues<float>(original.trainable.size(), "v");
        saveCheckpoint(path, original.trainable, original.optimizer, exampleState());
    }

    std::string stateText() const
    {
        std::ifstream file(path / "trainer_state.json");
        return {std::istreambuf_iterator<char>(file), {}};
    }

    TemporaryFolder folder;
    std::filesystem::path path = checkpointFolder(folder.path(), 17);
    Trained original;
};

TEST_F(Checkpoint, EverythingComesBackBitForBit)
{
    Trained other;
    const TrainerState state = loadCheckpoint(path, other.trainable, other.optimizer);
    EXPECT_EQ(other.weights(), original.weights());
    EXPECT_EQ(other.optimizer.moment1(), original.optimizer.moment1());
    EXPECT_EQ(other.optimizer.moment2(), original.optimizer.moment2());
    EXPECT_EQ(other.optimizer.stepsDone(), 17);
    const TrainerState expected = exampleState();
    EXPECT_EQ(state.step, expected.step);
    EXPECT_EQ(state.tokens, expected.tokens);
    EXPECT_EQ(state.flops, expected.flops);
    EXPECT_EQ(state.trainSeconds, expected.trainSeconds);
    EXPECT_EQ(state.seconds, expected.seconds);
    EXPECT_EQ(state.bestStep, expected.bestStep);
    EXPECT_EQ(state.bestValue, expected.bestValue);
    EXPECT_EQ(state.evaluationsWithoutGain, expected.evaluationsWithoutGain);
    EXPECT_EQ(state.evaluatedStep, expected.evaluatedStep);
    EXPECT_EQ(state.workers, expected.workers);
}

TEST_F(Checkpoint, WeightsAloneLeaveTheOptimizerAlone)
{
    Trained other;
    loadCheckpointWeights(path, other.trainable);
    EXPECT_EQ(other.weights(), original.weights());
    EXPECT_EQ(other.optimizer.stepsDone(), 0);
}

TEST_F(Checkpoint, FoldersAreListedByStepAndIncompleteOnesLeftOut)
{
    std::filesystem::create_directories(folder / "checkpoint-9");
    std::filesystem::create_directories(folder / "checkpoint-x");
    folder.write("checkpoint-x/trainer_state.json", "{}");
    std::filesystem::create_directories(folder / "checkpoint-100");
    folder.write("checkpoint-100/trainer_state.json", "{}");
    EXPECT_EQ(checkpointSteps(folder.path()), (std::vector<std::int64_t>{17, 100}));
    EXPECT_TRUE(checkpointSteps(folder / "nowhere").empty());
}

TEST_F(Checkpoint, AnotherConfigurationIsRefusedByTensor)
{
    Trained other(3);
    expectError(ErrorKind::BadInput, "expected [3, 9]",
                [&] { loadCheckpoint(path, other.trainable, other.optimizer); });
}

TEST_F(Checkpoint, MissingTensorsAreNamed)
{
    std::filesystem::copy_file(path / "trainable.safetensors", path / "optimizer.safetensors",
                               std::filesystem::copy_options::overwrite_existing);
    Trained other;
    expectError(ErrorKind::BadInput, ".exp_avg is missing",
                [&] { loadCheckpoint(path, other.trainable, other.optimizer); });
}

TEST_F(Checkpoint, AMissingFileIsNamed)
{
    std::filesystem::remove(path / "optimizer.safetensors");
    Trained other;
    expectError(ErrorKind::FileSystem, "optimizer.safetensors",
                [&] { loadCheckpoint(path, other.trainable, other.optimizer); });
}

TEST_F(Checkpoint, DamagedStatesAreReadOrRefusedButNeverCrash)
{
    const std::string text = stateText();
    Rng rng(9, "damage");
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
        std::ofstream(path / "trainer_state.json") << mutated(text, rng);
        Trained other;
        try {
            EXPECT_GE(loadCheckpoint(path, other.trainable, other.optimizer).step, 0);
        } catch (const Error& error) {
            EXPECT_NE(error.kind(), ErrorKind::Internal) << error.what();
            ++refused;
        }
    }
    EXPECT_GT(refused, 100);
}

TEST_F(Checkpoint, TruncatedWeightsAreRefused)
{
    for (const char* name : {"trainable.safetensors", "optimizer.safetensors"}) {
        saveCheckpoint(path, original.trainable, original.optimizer, exampleState());
        for (const std::uintmax_t size : {0u, 7u, 8u, 100u, 600u}) {
            std::filesystem::resize_file(path / name, size);
            Trained other;
            expectError(ErrorKind::BadInput, name,
                        [&] { loadCheckpoint(path, other.trainable, other.optimizer); });
        }
    }
}

} // namespace
} // namespace lora::test
