#pragma once

#include "core/models/task_head.h"

namespace lora {

/// BERT's head for one label per sequence: logits = classifier(drop(tanh(pooler(hidden of the first
/// token)))). The pooler counts as a body module (LoRA may adapt it), the classifier as head.
template <class T>
class SequenceClassificationHead : public TaskHead<T>
{
public:
    SequenceClassificationHead(const std::string& poolerName, const std::string& classifierName,
                               std::int64_t hidden, std::int64_t labels);

    std::unique_ptr<HeadPass<T>> startPass() const override;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void setDropout(double probability) override { dropoutProbability = probability; }

    Linear<T> pooler;     ///< [hidden, hidden]
    Linear<T> classifier; ///< [labels, hidden]
    double dropoutProbability = 0;
};

} // namespace lora
