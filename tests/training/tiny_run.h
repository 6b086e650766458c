#pragma once

#include "core/lora/adapter_injection.h"
#include "core/train/outcome_metric.h"
#include "core/train/trainer.h"
#include "tests/support/tiny_models.h"

#include <functional>

namespace lora::test {

/// Notes everything a run says; `whenStep` may act on it.
class RunNotes : public TrainingObserver
{
public:
    void onStep(const StepMetrics& metrics) override
    {
        steps.push_back(metrics);
        if (whenStep)
            whenStep(metrics);
    }
    void onEvaluation(const EvalMetrics& metrics) override { evaluations.push_back(metrics); }
    void onExampleOutcomes(std::int64_t step, const ExampleOutcomes& ofStep) override
    {
        outcomes[step] = ofStep;
    }
    void onPause(bool isPaused) override
    {
        if (whenPause)
            whenPause(isPaused);
    }
    void onMessage(const std::string& message) override { messages.push_back(message); }

    std::vector<double> losses() const
    {
        std::vector<double> values;
        for (const StepMetrics& metrics : steps)
            values.push_back(metrics.loss);
        return values;
    }

    std::vector<StepMetrics> steps;
    std::vector<EvalMetrics> evaluations;
    std::map<std::int64_t, ExampleOutcomes> outcomes;
    std::vector<std::string> messages;
    std::function<void(const StepMetrics&)> whenStep;
    std::function<void(bool)> whenPause;
};

inline MethodConfig loraMethod(int rank = 4,
                               std::variant<std::vector<std::string>, std::string> targets = "all-linear")
{
    MethodConfig method;
    method.lora.r = rank;
    method.lora.targetModules = std::move(targets);
    return method;
}

/// 48 rows, batches of 8, 12 steps of LoRA with dropout, evaluated every 4: to be changed by each test.
inline ExperimentConfig tinyExperiment()
{
    ExperimentConfig experiment;
    experiment.name = "tiny";
    experiment.method = loraMethod();
    experiment.method.lora.loraDropout = 0.1;
    experiment.training.maxSteps = 12;
    experiment.training.perDeviceTrainBatchSize = 8;
    experiment.training.learningRate = 5e-3;
    experiment.training.evalSteps = 4;
    experiment.training.seed = 3;
    return experiment;
}

/// A tiny model prepared for an experiment, with its trainer.
struct TinyRun
{
    TinyRun(ExperimentConfig config, const TinyBert& tiny, const std::filesystem::path& runFolder = {},
            int workers = 2)
        : experiment(std::move(config))
        , model(tinyModel<float>(tiny, experiment.task, isLanguageModelling(experiment.task) ? 0 : 3))
        , trainable(applyMethod(*model, experiment.method, experiment.training.seed))
        , pool(workers)
        , folder(runFolder)
    {}

    Trainer& trainer()
    {
        if (!m_trainer)
            m_trainer.emplace(TrainerInputs{*model, trainable, train, &eval, experiment, folder, cache.get()},
                              pool);
        return *m_trainer;
    }
    RunOutcome run() { return trainer().run(notes, control); }

    std::vector<float> weights(bool isTrained) const
    {
        std::vector<float> all;
        model->visitParameters([&](Parameter<float>& parameter) {
            if (parameter.isTrainable() == isTrained)
                all.insert(all.end(), parameter.data(), parameter.data() + parameter.size());
        });
        return all;
    }

    ExperimentConfig experiment;
    std::unique_ptr<LanguageModel<float>> model;
    TrainableParameters<float> trainable;
    TokenizedDataset train = learnableDataset(48);
    TokenizedDataset eval = learnableDataset(30);
    WorkerPool pool;
    std::filesystem::path folder;
    std::shared_ptr<PrefixCache> cache; ///< null: the trainer's own
    RunNotes notes;
    TrainingControl control;

private:
    std::optional<Trainer> m_trainer;
};

inline const TinyBert tinyWithDropout{.hidden = 12, .heads = 2, .dropout = 0.1};

inline std::vector<float> logitsOf(const LanguageModel<float>& model, const Batch& batch)
{
    ModelPass<float> pass(model);
    pass.evaluate(batch);
    return {pass.logits().data, pass.logits().data + pass.logits().size()};
}

} // namespace lora::test
