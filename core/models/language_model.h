#pragma once

#include "core/config/model_config.h"
#include "core/config/task.h"
#include "core/models/task_head.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// A trunk with a task's head: weights, names, nothing of a step. Many passes may read it at the same time.
template <class T>
class LanguageModel
{
public:
    LanguageModel(ModelConfig config, TaskType task, std::unique_ptr<Trunk<T>> trunk,
                  std::unique_ptr<TaskHead<T>> head);

    const ModelConfig& config() const { return m_config; }
    TaskType task() const { return m_task; }
    Trunk<T>& trunk() { return *m_trunk; }
    const Trunk<T>& trunk() const { return *m_trunk; }
    TaskHead<T>& head() { return *m_head; }
    const TaskHead<T>& head() const { return *m_head; }

    /// Every weight once, trunk first; tied weights are visited once.
    void visitParameters(const std::function<void(Parameter<T>&)>& visit);
    /// Those of the task's head alone.
    void visitHeadParameters(const std::function<void(Parameter<T>&)>& visit);
    std::vector<LinearSite<T>> linears();
    std::int64_t parameterCount();
    /// Dropout of all layers; the head's follows `hidden` unless the model's config has its own.
    void setDropout(double hidden, double attention, double head);
    /// Products with frozen weights of linear layers, and with frozen word embeddings, are done in bfloat16
    /// from now on; what is trained, and all sums, stay float. Only where `hasBFloat16Products`.
    void useBFloat16() requires std::is_same_v<T, float>;
    /// DoRA: to be called after adapters' weights have changed (Linear::refreshMagnitude).
    void refreshMagnitudes();
    /// 1: as trained, 0: base model, bit for bit.
    void setAdapterStrength(double strength);

    std::vector<std::string> labelNames;       ///< class id -> name
    std::vector<std::string> newlyInitialized; ///< parameters the checkpoint did not have

private:
    ModelConfig m_config;
    TaskType m_task;
    std::unique_ptr<Trunk<T>> m_trunk;
    std::unique_ptr<TaskHead<T>> m_head;
};

/// One worker's forward and backward through a model, with its own arena.
template <class T>
class ModelPass
{
public:
    explicit ModelPass(const LanguageModel<T>& model);

    /// Inference: loss over the labels there are, and logits.
    LossSum evaluate(const Batch& batch);
    /// Training: keeps what backward needs. `gradientScale`: 1 / labelled items of the whole step.
    LossSum forward(const Batch& batch, GradientStore<T>& gradients, T gradientScale,
                    std::uint64_t dropoutKey);
    /// See TrunkPass.
    void setGradientCheckpointing(bool isOn) { m_trunk->setGradientCheckpointing(isOn); }
    /// Inference: what enters `layer` of the trunk, which nothing below may train; [tokens, hidden]. Valid
    /// until the next call.
    ConstMatrix<T> prefix(const Batch& batch, int layer);
    /// Adds to the gradients given to forward.
    void backward();
    /// Valid until the next evaluate or forward.
    ConstMatrix<T> logits() const { return m_head->logits(); }
    /// See HeadPass.
    std::span<const ItemLoss> itemLosses() const { return m_head->itemLosses(); }

    /// Generation with a causal head: forgets what was seen and makes room for so many tokens.
    void startSequence(std::int64_t capacity);
    /// Logits [vocabulary] of what follows the last of `ids`, the next tokens of the sequence. Valid until
    /// the next call.
    std::span<const T> nextLogits(std::span<const std::int32_t> ids);
    Arena& arena() { return m_arena; }

private:
    LossSum run(const Batch& batch, T gradientScale);

    const LanguageModel<T>& m_model;
    Arena m_arena;
    std::unique_ptr<TrunkPass<T>> m_trunk;
    std::unique_ptr<HeadPass<T>> m_head;
    PassContext<T> m_context;
    NeededRows m_rows; ///< its storage is used again
    std::int64_t m_hiddenSize;
    std::int64_t m_hiddenRows = 0; ///< of the last forward
};

} // namespace lora
