#pragma once

#include "core/config/task.h"
#include "core/models/task_head.h"

namespace lora {

/// A result for every token: logits = classifier(drop(hidden)), [tokens, labels]. Token classification has
/// the cross-entropy of each labelled token; question answering two columns, start and end, and the mean of
/// the cross-entropies of both over the tokens of a sequence.
template <class T>
class TokenHead : public TaskHead<T>
{
public:
    TokenHead(TaskType task, const std::string& classifierName, std::int64_t hidden, std::int64_t labels);

    std::unique_ptr<HeadPass<T>> startPass() const override;
    void visitParameters(const std::function<void(Parameter<T>&)>& visit) override;
    void visitLinears(const std::function<void(const LinearSite<T>&)>& visit) override;
    void setDropout(double probability) override { dropoutProbability = probability; }
    TaskType task() const { return m_task; }

    Linear<T> classifier; ///< [labels, hidden]
    double dropoutProbability = 0;

private:
    TaskType m_task;
};

} // namespace lora
