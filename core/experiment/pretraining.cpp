#include "core/experiment/pretraining.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/data/builtin_data.h"
#include "core/data/column_mapping.h"
#include "core/data/dataset_reader.h"
#include "core/export/tensor_collection.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"
#include "core/models/model_family.h"
#include "core/models/model_loader.h"
#include "core/runs/run_files.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary_builder.h"

#include <map>

#include <unistd.h>

namespace lora {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// The training text as the vocabulary is learnt from it: every text of every row.
std::vector<std::string> trainingTexts(const DataConfig& data, TaskType task)
{
    ReadOptions options;
    options.expectedColumns = chosenNames(data.columns);
    DataTable table = readTable(dataFile(data.train, DataSide::Train), options);
    const ResolvedColumns columns = resolveColumns(table, data.columns, task);
    std::vector<std::string> texts;
    texts.reserve(table.rows.size());
    for (std::vector<std::string>& row : table.rows) {
        if (columns.textPair)
            texts.push_back(std::move(row[*columns.textPair]));
        texts.push_back(std::move(row[columns.text]));
    }
    return texts;
}

int positionsOf(const Json& model)
{
    for (const char* key : {"max_position_embeddings", "n_positions"})
        if (model.contains(key))
            return model[key].get<int>();
    return 512;
}

struct SpecialTokenRoles
{
    std::vector<std::string> tokens; ///< in the order of their ids
    std::map<std::string, std::string> meaning;
};

/// Of a byte-level vocabulary: GPT-2's one token for a decoder, RoBERTa's five where tokens are to be hidden.
SpecialTokenRoles specialTokensOf(TaskType task)
{
    if (task == TaskType::CausalLm)
        return {
            {"<|endoftext|>"},
            {{"bos_token", "<|endoftext|>"}, {"eos_token", "<|endoftext|>"}, {"unk_token", "<|endoftext|>"}}};
    return {{"<s>", "<pad>", "</s>", "<unk>", "<mask>"},
            {{"bos_token", "<s>"},
             {"cls_token", "<s>"},
             {"pad_token", "<pad>"},
             {"eos_token", "</s>"},
             {"sep_token", "</s>"},
             {"unk_token", "<unk>"},
             {"mask_token", "<mask>"}}};
}

void copyTokenizer(const fs::path& from, const fs::path& to)
{
    int copied = 0;
    for (const char* name : {"tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json", "merges.txt",
                             "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"}) {
        std::error_code error;
        if (!fs::exists(from / name, error))
            continue;
        writeFileAtomically(to / name, readFile(from / name));
        ++copied;
    }
    if (copied == 0)
        throw Error(ErrorKind::BadInput,
                    fmt::format("{}: there is no tokenizer in this folder", from.string()),
                    "Name a folder with tokenizer.json, or a kind of vocabulary to build.");
}

void writeTokenizer(const PretrainingConfig& config, const fs::path& folder)
{
    if (config.vocabulary.folder)
        return copyTokenizer(*config.vocabulary.folder, folder);
    const std::vector<std::string> texts = trainingTexts(config.experiment.data, config.experiment.task);
    const auto size = static_cast<std::size_t>(config.vocabulary.size);
    const auto minFrequency = static_cast<std::size_t>(config.vocabulary.minFrequency);
    const int positions = positionsOf(config.model);
    if (config.vocabulary.kind == VocabularyKind::WordPiece)
        return writeWordPieceTokenizer(folder, buildWordPieceVocabulary(texts, size, minFrequency),
                                       positions);
    const SpecialTokenRoles roles = specialTokensOf(config.experiment.task);
    writeBytePairTokenizer(folder, buildBytePairVocabulary(texts, size, roles.tokens, minFrequency),
                           roles.meaning, positions);
}

/// config.json with what the tokenizer decides.
Json completeConfig(Json model, const Tokenizer& tokenizer, TaskType task)
{
    model["vocab_size"] = tokenizer.vocabularySize();
    const auto setId = [&](const char* key, std::optional<std::int32_t> id) {
        if (id)
            model[key] = *id;
    };
    setId("pad_token_id", tokenizer.padId());
    setId("bos_token_id", tokenizer.bosId());
    setId("eos_token_id", tokenizer.eosId());
    model["torch_dtype"] = "float32";
    Json whole;
    whole["architectures"] = {architectureName(modelConfigFromJson(model, "config.json"), task)};
    whole.update(model);
    return whole;
}

void checkTokenizer(const Tokenizer& tokenizer, const ExperimentConfig& experiment)
{
    if (experiment.task == TaskType::MaskedLm && !tokenizer.maskId())
        throw Error(ErrorKind::Unsupported, "masked language modelling needs a tokenizer with a mask token",
                    "Set tokenizer.type to wordpiece, or name a tokenizer that has one.");
}

void writeWeights(const fs::path& file, LanguageModel<float>& model)
{
    TensorCollection collection;
    model.visitParameters([&](Parameter<float>& parameter) { collection.add(parameter.name(), parameter); });
    writeSafetensors(file, std::move(collection.tensors()));
}

/// Weights, gradients and AdamW's two averages: with less memory than that, training cannot take one step.
void checkFitsMemory(std::int64_t parameters)
{
    constexpr double bytesEach = 4.0 * sizeof(float);
    const double memory =
        static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
    const double needed = bytesEach * static_cast<double>(parameters);
    if (needed > memory)
        throw Error(ErrorKind::BadInput,
                    fmt::format("model: {} parameters need {} to be trained, this computer has {}",
                                countText(static_cast<double>(parameters)), bytesText(needed),
                                bytesText(memory)),
                    "Lower the sizes under model, or tokenizer.vocab_size.");
}

void writeStart(const PretrainingConfig& config, const fs::path& folder, NewModel& made)
{
    const ExperimentConfig& experiment = config.experiment;
    writeTokenizer(config, folder);
    const auto tokenizer = loadTokenizer(folder);
    checkTokenizer(*tokenizer, experiment);
    made.vocabularySize = tokenizer->vocabularySize();
    const Json document = completeConfig(config.model, *tokenizer, experiment.task);
    writeFileAtomically(folder / "config.json", document.dump(2) + "\n");
    const ModelConfig modelConfig = readModelConfig(folder);
    // Weights are reserved where they are first written: a model that is only made has sizes alone.
    made.parameters = familyOf<float>(modelConfig).make(modelConfig, experiment.task, 0)->parameterCount();
    checkFitsMemory(made.parameters);
    const auto model = createModel<float>(modelConfig, experiment.task, 0, experiment.training.seed);
    writeWeights(folder / "model.safetensors", *model);
}

} // namespace

NewModel makeNewModel(const PretrainingConfig& config, const fs::path& runFolder)
{
    if (holdsRun(runFolder))
        throw Error(ErrorKind::BadUsage, fmt::format("{} holds a run already", runFolder.string()),
                    "Choose another folder, or go on with that run: train --resume.");
    std::error_code ignored;
    NewModel made;
    made.experiment = config.experiment;
    made.experiment.model = (fs::absolute(runFolder, ignored) / "start").string();
    try {
        writeFolderAtomically(made.experiment.model,
                              [&](const fs::path& folder) { writeStart(config, folder, made); });
    } catch (...) {
        fs::remove(runFolder, ignored); // only where it is empty: what could not begin leaves nothing behind
        throw;
    }
    return made;
}

} // namespace lora
