#pragma once

#include "core/config/task.h"
#include "core/models/task_head.h"
#include "core/nn/activation.h"

#include <optional>

namespace lora {

/// How a family makes one result of a sequence.
struct SequenceHeadShape
{
    std::int64_t hidden = 0;
    std::int64_t labels = 0;
    bool isLastToken = false; ///< decoders read the last token, encoders the first
    std::string denseName;    ///< layer before the classifier; empty: none
    Activation denseActivation = Activation::Tanh;
    bool isDenseInHead = true;     ///< false: a body module such as BERT's pooler, which LoRA may adapt
    bool hasDropoutBefore = false; ///< also before the dense layer
    std::string classifierName;
    Bias classifierBias = Bias::Yes;
};

/// One result per sequence: logits = classifier(drop(f(dense(hidden of one token)))). Loss by task:
/// cross-entropy, binary cross-entropy of each label, or squared error.
template <class T>
class SequenceHead : public TaskHead<T>
{
public:
    SequenceHead(TaskType task, const SequenceHeadShape& shape);

    std::unique_ptr<HeadPass<T>> startPass() const override;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void setDropout(double probability) override { dropoutProbability = probability; }

    const SequenceHeadShape& shape() const { return m_shape; }
    TaskType task() const { return m_task; }

    std::optional<Linear<T>> dense; ///< [hidden, hidden]
    Linear<T> classifier;           ///< [labels, hidden]
    double dropoutProbability = 0;

private:
    TaskType m_task;
    SequenceHeadShape m_shape;
};

} // namespace lora
