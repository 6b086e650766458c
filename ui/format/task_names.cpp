#include "ui/format/task_names.h"

#include <QCoreApplication>

namespace lora::ui {

namespace {

struct TaskNames
{
    Q_DECLARE_TR_FUNCTIONS(TaskNames)
};

} // namespace

QString taskName(TaskType task)
{
    switch (task) {
    case TaskType::SequenceClassification:
        return TaskNames::tr("classification");
    case TaskType::MultiLabelClassification:
        return TaskNames::tr("multi-label classification");
    case TaskType::Regression:
        return TaskNames::tr("regression");
    case TaskType::TokenClassification:
        return TaskNames::tr("token classification");
    case TaskType::QuestionAnswering:
        return TaskNames::tr("question answering");
    case TaskType::CausalLm:
        return TaskNames::tr("text generation");
    case TaskType::MaskedLm:
        return TaskNames::tr("masked language modelling");
    }
    return {};
}

QString taskMeaning(TaskType task)
{
    switch (task) {
    case TaskType::SequenceClassification:
        return TaskNames::tr("One label per text or pair of texts");
    case TaskType::MultiLabelClassification:
        return TaskNames::tr("Any number of labels per text");
    case TaskType::Regression:
        return TaskNames::tr("A number per text or pair, for example how similar two texts are");
    case TaskType::TokenClassification:
        return TaskNames::tr("A label per word, for example names of people and places");
    case TaskType::QuestionAnswering:
        return TaskNames::tr("The part of a passage that answers a question");
    case TaskType::CausalLm:
        return TaskNames::tr("The next word: continuing texts, answering prompts and chats");
    case TaskType::MaskedLm:
        return TaskNames::tr("Hidden words: getting used to a kind of text without labels");
    }
    return {};
}

} // namespace lora::ui
