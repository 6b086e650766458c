#include "core/config/experiment_config.h"

namespace lora {

namespace {

using OrderedJson = nlohmann::ordered_json;

template <class T>
OrderedJson orNull(const std::optional<T>& value)
{
    return value ? OrderedJson(*value) : OrderedJson(nullptr);
}

OrderedJson orAuto(const std::optional<bool>& choice)
{
    return choice ? OrderedJson(*choice) : OrderedJson("auto");
}

OrderedJson dataJson(const DataConfig& data)
{
    return {{"train", data.train},
            {"eval", orNull(data.eval)},
            {"eval_split", data.evalSplit},
            {"columns",
             {{"text", orNull(data.columns.text)},
              {"text_pair", orNull(data.columns.textPair)},
              {"label", orNull(data.columns.label)}}},
            {"max_length", data.maxLength},
            {"doc_stride", orNull(data.docStride)},
            {"train_on_prompt", data.trainOnPrompt},
            {"max_train_samples", orNull(data.maxTrainSamples)},
            {"shuffle", data.shuffle}};
}

OrderedJson methodJson(const MethodConfig& method)
{
    const LoraConfig& lora = method.lora;
    OrderedJson targets;
    std::visit([&](const auto& value) { targets = value; }, lora.targetModules);
    return {{"type", toString(method.type)},
            {"r", lora.r},
            {"lora_alpha", lora.loraAlpha},
            {"lora_dropout", lora.loraDropout},
            {"target_modules", targets},
            {"layers_to_transform", orNull(lora.layersToTransform)},
            {"rank_pattern", OrderedJson(lora.rankPattern)},
            {"alpha_pattern", OrderedJson(lora.alphaPattern)},
            {"modules_to_save",
             lora.modulesToSave.empty() ? OrderedJson(nullptr) : OrderedJson(lora.modulesToSave)},
            {"bias", lora.bias},
            {"use_rslora", lora.useRslora},
            {"use_dora", lora.useDora},
            {"init_lora_weights",
             lora.initLoraWeights == "true" ? OrderedJson(true) : OrderedJson(lora.initLoraWeights)},
            {"loraplus_lr_ratio", orNull(lora.loraplusLrRatio)},
            {"lora_fa", lora.loraFa},
            {"init_adapter", orNull(lora.initAdapter)}};
}

OrderedJson trainingJson(const TrainingConfig& training)
{
    return {{"num_train_epochs", training.numTrainEpochs},
            {"max_steps", training.maxSteps},
            {"per_device_train_batch_size", training.perDeviceTrainBatchSize},
            {"gradient_accumulation_steps", training.gradientAccumulationSteps},
            {"learning_rate", training.learningRate},
            {"weight_decay", training.weightDecay},
            {"adam_beta1", training.adamBeta1},
            {"adam_beta2", training.adamBeta2},
            {"adam_epsilon", training.adamEpsilon},
            {"max_grad_norm", training.maxGradNorm},
            {"lr_scheduler_type", training.lrSchedulerType},
            {"warmup_ratio", training.warmupRatio},
            {"eval_steps", orNull(training.evalSteps)},
            {"save_steps", orNull(training.saveSteps)},
            {"early_stopping_patience", orNull(training.earlyStoppingPatience)},
            {"metric_for_best_model", orNull(training.metricForBestModel)},
            {"load_best_model_at_end", training.loadBestModelAtEnd},
            {"hidden_dropout", orNull(training.hiddenDropout)},
            {"seed", training.seed},
            {"threads", training.threads},
            {"dtype", training.dtype},
            {"prefix_cache", training.prefixCache},
            {"gradient_checkpointing", orAuto(training.gradientCheckpointing)}};
}

} // namespace

OrderedJson toJson(const ExperimentConfig& experiment)
{
    return {{"name", experiment.name},
            {"model", experiment.model},
            {"task", {{"type", toString(experiment.task)}}},
            {"data", dataJson(experiment.data)},
            {"method", methodJson(experiment.method)},
            {"training", trainingJson(experiment.training)}};
}

} // namespace lora
