#include "core/config/experiment_config.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace lora {
namespace {

using Json = nlohmann::json;

double realIn(double low, double high)
{
    return low + (high - low) * (*rc::gen::inRange(1, 1000000)) / 1000001.0;
}

template <class T>
std::optional<T> maybe(T value)
{
    return *rc::gen::arbitrary<bool>() ? std::optional<T>(value) : std::nullopt;
}

std::string asciiWord()
{
    return *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::inRange('a', 'z')));
}

LoraConfig anyLora()
{
    LoraConfig lora;
    lora.r = *rc::gen::inRange(1, 4097);
    lora.loraAlpha = realIn(0, 256);
    lora.loraDropout = realIn(0, 1);
    if (*rc::gen::arbitrary<bool>())
        lora.targetModules = std::string("all-linear");
    else
        lora.targetModules = std::vector<std::string>{asciiWord(), asciiWord()};
    if (*rc::gen::arbitrary<bool>())
        lora.layersToTransform =
            *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 100)));
    lora.rankPattern = {{asciiWord(), *rc::gen::inRange(1, 4097)}, {asciiWord() + "." + asciiWord(), 3}};
    lora.alphaPattern = {{asciiWord(), realIn(0, 9)}};
    if (*rc::gen::arbitrary<bool>())
        lora.modulesToSave = {asciiWord()};
    lora.bias = *rc::gen::element<std::string>("none", "all", "lora_only");
    lora.useRslora = *rc::gen::arbitrary<bool>();
    lora.initAdapter = maybe(asciiWord());
    // Of those that exclude each other at most one.
    switch (*rc::gen::inRange(0, 5)) {
    case 0:
        lora.useDora = true;
        break;
    case 1:
        if (!lora.useRslora && !lora.initAdapter)
            lora.initLoraWeights = *rc::gen::element<std::string>("pissa", "pissa_niter_16", "olora");
        break;
    case 2:
        lora.loraplusLrRatio = *rc::gen::element(0.5, 1.0, 16.0);
        break;
    case 3:
        lora.loraFa = true;
        break;
    default:
        break;
    }
    return lora;
}

TrainingConfig anyTraining()
{
    TrainingConfig training;
    training.numTrainEpochs = realIn(0, 100);
    training.maxSteps = *rc::gen::element<std::int64_t>(-1, 1, 17, 1234567890123);
    training.perDeviceTrainBatchSize = *rc::gen::inRange(1, 65537);
    training.gradientAccumulationSteps = *rc::gen::inRange(1, 100);
    training.learningRate = realIn(0, 1e-2);
    training.weightDecay = realIn(0, 1);
    training.adamBeta1 = realIn(0, 1);
    training.adamBeta2 = realIn(0, 1);
    training.adamEpsilon = realIn(0, 1e-6);
    training.maxGradNorm = realIn(0, 10);
    training.lrSchedulerType = *rc::gen::element<std::string>("linear", "cosine", "constant_with_warmup");
    training.warmupRatio = realIn(0, 1);
    training.saveSteps = maybe<std::int64_t>(*rc::gen::inRange(1, 1000));
    training.metricForBestModel = maybe<std::string>("loss");
    training.loadBestModelAtEnd = *rc::gen::arbitrary<bool>();
    training.hiddenDropout = maybe(realIn(0, 1));
    training.seed = *rc::gen::arbitrary<std::uint64_t>();
    training.threads = *rc::gen::inRange(0, 64);
    training.gradientCheckpointing = maybe<bool>(*rc::gen::arbitrary<bool>());
    return training;
}

ExperimentConfig anyExperiment()
{
    ExperimentConfig experiment;
    experiment.name = asciiWord();
    experiment.model = asciiWord();
    experiment.task = *rc::gen::elementOf(std::vector<TaskType>(allTasks().begin(), allTasks().end()));
    experiment.data.train = asciiWord();
    experiment.data.eval = maybe(asciiWord());
    experiment.data.evalSplit = realIn(0, 1);
    experiment.data.columns = {maybe<std::string>("a\"b"), maybe<std::string>("ü"), maybe<std::string>("l")};
    experiment.data.maxLength = *rc::gen::inRange(1, 100000);
    experiment.data.docStride = maybe<int>(*rc::gen::inRange(0, experiment.data.maxLength));
    experiment.data.trainOnPrompt = *rc::gen::arbitrary<bool>();
    experiment.data.maxTrainSamples = maybe<std::int64_t>(*rc::gen::inRange(1, 1000));
    experiment.data.shuffle = *rc::gen::arbitrary<bool>();
    experiment.method.type = *rc::gen::element(MethodType::Lora, MethodType::Head);
    experiment.method.lora = anyLora();
    experiment.training = anyTraining();
    return experiment;
}

RC_GTEST_PROP(ExperimentRoundTrip, WhatIsWrittenReadsBackAsTheSameExperiment, ())
{
    const ExperimentConfig experiment = anyExperiment();
    ConfigIssues issues;
    const std::string text = toJson(experiment).dump();
    const ExperimentConfig again = experimentFromJson(Json::parse(text), "", issues);
    RC_ASSERT_FALSE(hasErrors(issues));
    RC_ASSERT(again == experiment);
    RC_ASSERT(toJson(again).dump() == text);
}

RC_GTEST_PROP(ExperimentRoundTrip, AnyValueAtAnyKeyIsReadOrReportedButNeverThrown, ())
{
    Json document = toJson(ExperimentConfig{});
    const Json values = {nullptr,
                         true,
                         -1,
                         0,
                         3,
                         1e300,
                         -2.5,
                         18446744073709551615ull,
                         "",
                         "x",
                         Json::array(),
                         Json::array({-1, "y"}),
                         Json::object(),
                         {{"deep", {{"er", 1}}}}};
    const auto flat = document.flatten();
    auto entry = flat.begin();
    std::advance(entry, *rc::gen::inRange<std::size_t>(0, flat.size()));
    Json::json_pointer where(entry.key());
    if (*rc::gen::arbitrary<bool>())
        where = where.parent_pointer();
    document[where] = values[*rc::gen::inRange<std::size_t>(0, values.size())];
    ConfigIssues issues;
    experimentFromJson(document, "", issues);
    for (const ConfigIssue& issue : issues)
        RC_ASSERT(!issue.field.empty() && !issue.text.empty());
}

TEST(ExperimentRoundTrip, EveryDefaultIsWritten)
{
    const auto document = toJson(ExperimentConfig{});
    EXPECT_EQ(document["training"].size(), 23u);
    EXPECT_EQ(document["method"].size(), 16u);
    EXPECT_EQ(document["data"].size(), 9u);
    EXPECT_TRUE(document["training"]["eval_steps"].is_null());
    EXPECT_EQ(document["method"]["target_modules"], (nlohmann::ordered_json{"query", "value"}));
    EXPECT_EQ(document["task"]["type"], "sequence-classification");
}

} // namespace
} // namespace lora
