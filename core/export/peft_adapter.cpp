#include "core/export/peft_adapter.h"

#include "core/base/error.h"
#include "core/data/data_loader.h"
#include "core/export/tensor_collection.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/lora/adapter_files.h"
#include "core/lora/adapter_injection.h"
#include "core/models/model_family.h"
#include "core/models/model_loader.h"

#include <cmath>
#include <limits>
#include <set>

namespace lora {

namespace {

std::string moduleOf(const std::string& parameter)
{
    return parameter.substr(0, parameter.rfind('.'));
}

/// Modules that have to be saved whole besides the head: newly initialised ones and what `config` names.
std::vector<std::string> modulesToSaveOf(LanguageModel<float>& model, const LoraConfig& config)
{
    std::vector<std::string> modules = savedModules(config.modulesToSave, model.task());
    for (const std::string& parameter : model.newlyInitialized)
        if (!isInSavedModule(parameter, modules))
            modules.push_back(savedModuleName(moduleOf(parameter)));
    return modules;
}

std::set<std::string> adaptedModules(LanguageModel<float>& model, const std::vector<std::string>& saved)
{
    std::set<std::string> modules;
    for (const LinearSite<float>& site : model.linears())
        if (site.linear->adapter && !isInSavedModule(site.linear->name() + ".weight", saved))
            modules.insert(site.linear->name());
    return modules;
}

bool selects(const LoraConfig& config, const ModelParts& parts, const std::vector<std::string>& saved,
             const std::set<std::string>& modules)
{
    std::set<std::string> selected;
    for (const AdapterPlan& plan : planAdapters(config, parts.linears, saved))
        selected.insert(plan.module);
    return selected == modules;
}

/// The configuration a reader needs to find exactly the adapted modules: a plain list, since not every reader
/// knows "all-linear" and regular expressions; short names where they suffice, full paths otherwise.
LoraConfig exportedConfig(LanguageModel<float>& model, const LoraConfig& config,
                          const std::vector<std::string>& saved, const std::set<std::string>& modules)
{
    LoraConfig exported = config;
    exported.modulesToSave = saved;
    std::set<std::string> shortNames;
    for (const std::string& module : modules)
        shortNames.insert(module.substr(module.rfind('.') + 1));
    exported.targetModules = std::vector<std::string>(shortNames.begin(), shortNames.end());
    const ModelParts parts = partsOf(model);
    if (!selects(exported, parts, saved, modules)) {
        exported.targetModules = std::vector<std::string>(modules.begin(), modules.end());
        exported.layersToTransform.reset();
    }
    return exported;
}

/// Whether adapters were taken out of the weights (PiSSA, OLoRA).
bool holdsStarts(LanguageModel<float>& model)
{
    const std::vector<LinearSite<float>> sites = model.linears();
    return std::any_of(sites.begin(), sites.end(), [](const LinearSite<float>& site) {
        return site.linear->adapter && site.linear->adapter->start;
    });
}

/// The configuration of plain LoRA of doubled rank with the same scaling, as PEFT converts it.
void doubleRanks(LoraConfig& config)
{
    const double factor = config.useRslora ? std::sqrt(2.0) : 2.0;
    config.r *= 2;
    config.loraAlpha *= factor;
    for (auto& [pattern, rank] : config.rankPattern)
        rank *= 2;
    for (auto& [pattern, alpha] : config.alphaPattern)
        alpha *= factor;
    config.initLoraWeights = "true";
}

void collectAdapter(LanguageModel<float>& model, const LoraConfig& config,
                    const std::vector<std::string>& saved, TensorCollection& out)
{
    std::map<std::string, Linear<float>*> linears;
    std::map<std::string, const LoraAdapter<float>*> doubled; // by the name of A; null: B of one
    for (const LinearSite<float>& site : model.linears()) {
        linears[site.linear->weight.name()] = site.linear;
        if (site.linear->adapter && site.linear->adapter->start) {
            doubled[site.linear->adapter->a.name()] = &*site.linear->adapter;
            doubled[site.linear->adapter->b.name()] = nullptr;
        }
    }
    const TrainingPlan plan = planTraining({MethodType::Lora, config}, partsOf(model));
    model.visitParameters([&](Parameter<float>& parameter) {
        const std::string& name = parameter.name();
        const bool isSaved = isInSavedModule(name, saved);
        if (isAdapterParameter(name)) {
            const auto pair = doubled.find(name);
            if (!isSaved && pair == doubled.end())
                out.add(peftTensorName(name), parameter);
            else if (!isSaved && pair->second)
                out.addDoubled(peftTensorName(name), peftTensorName(pair->second->b.name()), *pair->second);
        } else if (isSaved) {
            const auto linear = linears.find(name);
            if (linear != linears.end())
                out.addMerged(peftTensorName(name), *linear->second);
            else
                out.add(peftTensorName(name), parameter);
        } else if (plan.isTrained(name)) { // a bias
            const std::string module = moduleOf(name);
            out.add(peftTensorName(plan.adapterOf(module) ? module + ".base_layer.bias" : name), parameter);
        }
    });
    // A saved module that holds the output embedding holds a copy of the weight it shares.
    const Linear<float>* output = model.head().outputEmbedding();
    if (output && output->isTied() && isInSavedModule(output->name() + ".weight", saved))
        out.addMerged(peftTensorName(output->name() + ".weight"), *output);
}

std::int64_t folderBytes(const std::filesystem::path& folder)
{
    std::int64_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.is_regular_file())
            bytes += static_cast<std::int64_t>(entry.file_size());
    return bytes;
}

/// Logits of the probe's rows, one after the other.
std::vector<float> probeLogits(const LanguageModel<float>& model, const TokenizedDataset& probe)
{
    ModelPass<float> pass(model);
    const EvaluationLoader loader(probe, model.task(), 1024, 0);
    Batch batch;
    std::vector<float> all;
    for (std::size_t i = 0; i < loader.size(); ++i) {
        loader.load(i, batch);
        if (isLanguageModelling(model.task()))
            batch.tokenLabels.clear(); // with labels there is a loss but no logits
        pass.evaluate(batch);
        const ConstMatrix<float> logits = pass.logits();
        all.insert(all.end(), logits.data, logits.data + logits.size());
    }
    return all;
}

/// Outputs of the classifier, as loadModel wants them; 0 for language models.
std::int64_t labelCountOf(LanguageModel<float>& model)
{
    return isLanguageModelling(model.task()) ? 0 : model.linears().back().linear->outFeatures();
}

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

namespace {

/// What multiplies in bfloat16 in one model does so in the other.
void roundAs(LanguageModel<float>& model, LanguageModel<float>& other)
{
    std::set<std::string> rounded;
    model.visitParameters([&](Parameter<float>& parameter) {
        if (parameter.isBFloat16())
            rounded.insert(parameter.name());
    });
    other.visitParameters([&](Parameter<float>& parameter) {
        if (rounded.contains(parameter.name()))
            parameter.useBFloat16();
    });
}

} // namespace

namespace {

struct AdapterContents
{
    TensorCollection tensors;
    PeftConfig config;
};

AdapterContents contentsOf(LanguageModel<float>& model, const LoraConfig& config,
                           const std::string& baseModel)
{
    const std::vector<std::string> saved = modulesToSaveOf(model, config);
    const std::set<std::string> modules = adaptedModules(model, saved);
    if (modules.empty())
        throw Error(ErrorKind::Unsupported, "this model has no LoRA adapters to export",
                    "A head-only or fully fine-tuned run is a whole model: see the run's model folder.");
    AdapterContents contents;
    PeftConfig& peft = contents.config;
    peft.lora = exportedConfig(model, config, saved, modules);
    if (holdsStarts(model))
        doubleRanks(peft.lora);
    peft.taskType = peftTaskType(model.task());
    peft.baseModel = baseModel;
    for (const LinearSite<float>& site : model.linears())
        peft.isTransposed =
            peft.isTransposed || (site.linear->adapter && site.linear->weight.isTransposedInFiles());
    collectAdapter(model, config, saved, contents.tensors);
    return contents;
}

void writeContents(AdapterContents contents, const std::filesystem::path& folder)
{
    writeSafetensors(folder / "adapter_model.safetensors", std::move(contents.tensors.tensors()));
    writeFileAtomically(folder / "adapter_config.json", peftConfigJson(contents.config).dump(2) + "\n");
}

/// Infinite where only one of the two is a number.
double differenceOf(float expected, float found)
{
    if (expected == found || (std::isnan(expected) && std::isnan(found)))
        return 0;
    const double difference = std::abs(static_cast<double>(expected) - found);
    return std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference;
}

} // namespace

void writePeftAdapter(const std::filesystem::path& folder, LanguageModel<float>& model,
                      const LoraConfig& config, const std::string& baseModel)
{
    AdapterContents contents = contentsOf(model, config, baseModel);
    writeFolderAtomically(folder, [&](const std::filesystem::path& temporary) {
        writeContents(std::move(contents), temporary);
    });
}

ExportCertificate exportPeftAdapter(const std::filesystem::path& folder, LanguageModel<float>& model,
                                    const LoraConfig& config, const std::string& baseModel,
                                    const std::filesystem::path& baseFolder, const TokenizedDataset& probe)
{
    AdapterContents contents = contentsOf(model, config, baseModel);
    ExportCertificate certificate;
    writeFolderAtomically(folder, [&](const std::filesystem::path& temporary) {
        writeContents(std::move(contents), temporary);
        try {
            certificate = checkPeftAdapter(temporary, baseFolder, model, probe);
        } catch (const Error& error) {
            throw Error(
                error.kind(),
                fmt::format("{}: not written, since it fails its check: {}", folder.string(), error.what()),
                error.hint());
        }
    });
    certificate.path = folder;
    return certificate;
}

ExportCertificate checkPeftAdapter(const std::filesystem::path& folder,
                                   const std::filesystem::path& baseFolder, LanguageModel<float>& model,
                                   const TokenizedDataset& probe)
{
    const PeftConfig config = readPeftConfig(folder);
    const SafetensorsFile tensors = openAdapterTensors(folder);
    // Another seed than any run's: what the base lacks must come from the adapter, not from the same dice.
    constexpr std::uint64_t unrelatedSeed = 0xD1CE;
    const LoadedModel<float> fresh =
        loadModel<float>(baseFolder, model.task(), labelCountOf(model), unrelatedSeed);
    loadAdapter(*fresh.model, config, tensors);
    roundAs(model, *fresh.model);
    fresh.model->refreshMagnitudes(); // of the rounded weights
    const std::vector<float> expected = probeLogits(model, probe);
    const std::vector<float> found = probeLogits(*fresh.model, probe);
    ExportCertificate certificate{folder, "peft", folderBytes(folder), 0,
                                  static_cast<std::int64_t>(probe.size())};
    certificate.hash = hashOf(MappedFile::open(folder / "adapter_model.safetensors")->bytes());
    double largest = 1;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        certificate.maxAbsLogitDifference =
            std::max(certificate.maxAbsLogitDifference, differenceOf(expected[i], found[i]));
        if (std::isfinite(expected[i]))
            largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
    }
    constexpr double tolerance = 1e-4; // folding an adapter into its weight rounds
    if (!(certificate.maxAbsLogitDifference <= tolerance * largest))
        throw Error(ErrorKind::Internal,
                    fmt::format("{}: read back, its logits differ by {:.3g}", folder.string(),
                                certificate.maxAbsLogitDifference),
                    "The export is not to be trusted; please report this with the experiment file.");
    return certificate;
}

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
