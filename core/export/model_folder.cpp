#include "core/export/model_folder.h"

#include "core/export/tensor_collection.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/lora/adapter_injection.h"
#include "core/models/model_family.h"

namespace lora {

namespace {

std::string_view problemType(TaskType task)
{
    if (task == TaskType::Regression)
        return "regression";
    return task == TaskType::MultiLabelClassification ? "multi_label_classification"
                                                      : "single_label_classification";
}

/// Whether the output embedding will no longer be the word embeddings in what is written.
bool isUntied(LanguageModel<float>& model)
{
    const Linear<float>* output = model.head().outputEmbedding();
    return output && model.config().tieWordEmbeddings && (!output->isTied() || output->adapter);
}

void setLabels(nlohmann::ordered_json& document, const std::vector<std::string>& labels)
{
    nlohmann::ordered_json id2label = nlohmann::ordered_json::object();
    nlohmann::ordered_json label2id = nlohmann::ordered_json::object();
    for (std::size_t id = 0; id < labels.size(); ++id) {
        id2label[std::to_string(id)] = labels[id];
        label2id[labels[id]] = id;
    }
    document["id2label"] = id2label;
    document["label2id"] = label2id;
}

} // namespace

void writeModelFolder(const std::filesystem::path& folder, LanguageModel<float>& model,
                      const std::filesystem::path& baseFolder)
{
    TensorCollection collection;
    std::map<std::string, Linear<float>*> linears;
    for (const LinearSite<float>& site : model.linears())
        linears[site.linear->weight.name()] = site.linear;
    model.visitParameters([&](Parameter<float>& parameter) {
        const auto linear = linears.find(parameter.name());
        if (linear != linears.end())
            collection.addMerged(parameter.name(), *linear->second);
        else if (!isAdapterParameter(parameter.name()))
            collection.add(parameter.name(), parameter);
    });
    nlohmann::ordered_json config = model.config().document;
    config["architectures"] = {architectureName(model.config(), model.task())};
    config["torch_dtype"] = "float32";
    if (isUntied(model)) {
        const Linear<float>& output = *model.head().outputEmbedding();
        if (output.isTied())
            collection.addMerged(output.name() + ".weight", output);
        config["tie_word_embeddings"] = false;
    }
    if (isSequenceTask(model.task()))
        config["problem_type"] = problemType(model.task());
    if (isSequenceTask(model.task()) || model.task() == TaskType::TokenClassification)
        setLabels(config, model.task() == TaskType::Regression ? std::vector<std::string>{"LABEL_0"}
                                                               : model.labelNames);
    writeFolderAtomically(folder, [&](const std::filesystem::path& temporary) {
        writeSafetensors(temporary / "model.safetensors", std::move(collection.tensors()));
        writeFileAtomically(temporary / "config.json", config.dump(2) + "\n");
        for (const char* name :
             {"tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "vocab.txt",
              "tokenizer_config.json", "special_tokens_map.json", "generation_config.json"}) {
            std::error_code error;
            if (std::filesystem::exists(baseFolder / name, error))
                writeFileAtomically(temporary / name, readFile(baseFolder / name));
        }
    });
}

} // namespace lora
