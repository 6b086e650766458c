#include "app/cli/experiment_help.h"

#include "core/base/display_text.h"
#include "core/config/experiment_config.h"
#include "core/config/experiment_paths.h"
#include "core/config/number_range.h"

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

constexpr std::size_t keyColumns = 44;

nlohmann::ordered_json::json_pointer pointerTo(std::string path)
{
    std::ranges::replace(path, '.', '/');
    return nlohmann::ordered_json::json_pointer("/" + path);
}

std::string line(const std::string& path, const nlohmann::ordered_json& value)
{
    const bool isRequired = path == "model" || path == "data.train";
    const std::string shown = isRequired ? "(required)" : value.dump();
    const NumberRange* range = numberRange(path);
    const std::string text = shown + (range ? "; " + range->text() : "");
    return besideLabel("  " + path, text, keyColumns) + "\n";
}

} // namespace

std::string experimentHelp()
{
    const nlohmann::ordered_json defaults = toJson(ExperimentConfig{});
    std::string help = "Keys of an experiment file and their defaults:\n";
    for (const std::string& path : experimentPaths()) {
        const nlohmann::ordered_json& value = defaults[pointerTo(path)];
        if (!value.is_object() || value.empty())
            help += line(path, value);
    }
    help += "Variants of LoRA: use_rslora scales by lora_alpha / sqrt(r); use_dora trains the\n"
            "lengths of the weight's rows too; init_lora_weights is true, \"pissa\" (exact),\n"
            "\"pissa_niter_16\" (approximate, for large weights) or \"olora\", both exported as\n"
            "plain LoRA of doubled rank; loraplus_lr_ratio is the learning rate of B over\n"
            "that of A (PEFT: also of biases); lora_fa leaves A at its random start.\n"
            "method.type \"head\" with bias \"all\" is BitFit: the head and every bias.\n"
            "data.columns may use the task's own names: labels (multi-label), score\n"
            "(regression), tokens and tags (token-classification), question, context and\n"
            "answers (question-answering), prompt and completion, or messages (causal-lm).\n"
            "A multi-label task may name several columns of 0 and 1 as a list.\n"
            "task.type is one of";
    std::string tasks;
    for (const TaskType task : allTasks())
        tasks += (tasks.empty() ? "" : ", ") + std::string(toString(task));
    help += "\n" + wrapped("  " + tasks + ".", 80, 2) + "\n";
    return help + "Paths are relative to the experiment file. Metrics and keys are named as in\n"
                  "Hugging Face's TrainingArguments and PEFT's LoraConfig.";
}

} // namespace lora::app
