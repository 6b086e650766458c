#include "resources/make_builtin/pretraining.h"

#include "core/base/error.h"
#include "core/io/atomic_file.h"
#include "core/io/safetensors.h"
#include "core/models/model_loader.h"
#include "core/text/tokenizer.h"
#include "core/text/vocabulary_builder.h"
#include "core/train/trainer.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace lora::builtin {
namespace {

constexpr int maxPositions = 128;

nlohmann::ordered_json configDocument(std::size_t vocabularySize)
{
    return {{"architectures", {"BertForMaskedLM"}},
            {"model_type", "bert"},
            {"vocab_size", vocabularySize},
            {"hidden_size", 128},
            {"num_hidden_layers", 4},
            {"num_attention_heads", 4},
            {"intermediate_size", 512},
            {"hidden_act", "gelu"},
            {"hidden_dropout_prob", 0.0},
            {"attention_probs_dropout_prob", 0.0},
            {"max_position_embeddings", maxPositions},
            {"type_vocab_size", 2},
            {"initializer_range", 0.02},
            {"layer_norm_eps", 1e-12},
            {"pad_token_id", 0},
            {"position_embedding_type", "absolute"},
            {"torch_dtype", "float32"}};
}

std::vector<std::string> draw(PretrainingText& source, std::size_t count)
{
    std::vector<std::string> texts;
    texts.reserve(count);
    while (texts.size() < count)
        texts.push_back(source.next());
    return texts;
}

TokenizedDataset tokenize(const std::vector<std::string>& texts, const Tokenizer& tokenizer)
{
    TokenizedDataset dataset;
    dataset.source = "generated text";
    dataset.masking =
        MaskingFacts{tokenizer.maskId().value(), static_cast<std::int32_t>(tokenizer.vocabularySize())};
    dataset.examples.reserve(texts.size());
    for (const std::string& text : texts) {
        Encoding encoding = tokenizer.encode(text, std::nullopt, SpecialTokens::Add, maxPositions);
        TokenizedExample example;
        example.inputIds = std::move(encoding.ids);
        example.tokenTypeIds = std::move(encoding.typeIds);
        example.isSpecial = std::move(encoding.isSpecial);
        dataset.examples.push_back(std::move(example));
    }
    return dataset;
}

ExperimentConfig experimentOf(const PretrainingOptions& options)
{
    ExperimentConfig experiment;
    experiment.task = TaskType::MaskedLm;
    experiment.method.type = MethodType::Full;
    experiment.training.maxSteps = options.steps;
    experiment.training.perDeviceTrainBatchSize = options.batchSize;
    experiment.training.learningRate = options.learningRate;
    experiment.training.adamBeta2 = 0.98; // a short run: the variance estimate has to follow quickly
    experiment.training.weightDecay = 0.01;
    experiment.training.evalSteps = std::max<std::int64_t>(options.steps / 12, 1);
    experiment.training.loadBestModelAtEnd = false;
    experiment.training.seed = options.seed;
    experiment.training.threads = options.threads;
    return experiment;
}

/// Prints and keeps the losses.
class Progress : public TrainingObserver
{
public:
    void onStart(const RunStart& start) override { m_totalSteps = start.totalSteps; }
    void onStep(const StepMetrics& metrics) override
    {
        m_loss += metrics.loss;
        ++m_steps;
        m_seconds = metrics.seconds;
    }
    void onEvaluation(const EvalMetrics& metrics) override
    {
        const double trainLoss = m_steps > 0 ? m_loss / static_cast<double>(m_steps) : 0;
        log.push_back({{"step", metrics.step},
                       {"train_loss", rounded(trainLoss)},
                       {"held_out_loss", rounded(metrics.value("loss"))},
                       {"seconds", std::round(metrics.seconds)}});
        fmt::print("step {}/{}: loss {:.4f}, on held-out text {:.4f}, {:.0f} s\n", metrics.step, m_totalSteps,
                   trainLoss, metrics.value("loss"), metrics.seconds);
        std::fflush(stdout);
        m_loss = 0;
        m_steps = 0;
    }

    nlohmann::ordered_json log = nlohmann::ordered_json::array();

private:
    static double rounded(double value) { return std::round(value * 1e4) / 1e4; }

    std::int64_t m_totalSteps = 0;
    double m_loss = 0;
    double m_seconds = 0;
    std::int64_t m_steps = 0;
};

void writeWeights(const std::filesystem::path& file, LanguageModel<float>& model)
{
    std::vector<TensorToWrite> tensors;
    model.visitParameters([&](Parameter<float>& parameter) {
        const auto count = static_cast<std::size_t>(parameter.size());
        tensors.push_back({parameter.name(), parameter.shape(), {parameter.data(), count}});
    });
    writeSafetensors(file, std::move(tensors));
}

nlohmann::ordered_json recordOf(const PretrainingOptions& options, const nlohmann::ordered_json& log)
{
    return {{"objective", "masked language modelling, 15 % of the tokens hidden"},
            {"texts", options.texts},
            {"batch_size", options.batchSize},
            {"steps", options.steps},
            {"learning_rate", options.learningRate},
            {"lr_scheduler_type", "linear"},
            {"seed", options.seed},
            {"log", log},
            {"note", "there is no pooler in the file: a classifier initialises it"}};
}

/// Trains `model` on `train`; returns the log of losses.
nlohmann::ordered_json train(LanguageModel<float>& model, const TokenizedDataset& train,
                             const TokenizedDataset& heldOut, const PretrainingOptions& options)
{
    const ExperimentConfig experiment = experimentOf(options);
    TrainableParameters<float> trainable(model, [](const Parameter<float>&) { return true; });
    WorkerPool pool(options.threads);
    Trainer trainer({model, trainable, train, &heldOut, experiment, {}}, pool);
    Progress progress;
    TrainingControl control;
    const RunOutcome outcome = trainer.run(progress, control);
    if (outcome.status != RunStatus::Completed)
        throw Error(ErrorKind::Internal, "pretraining did not complete: " + outcome.message, outcome.hint);
    return progress.log;
}

} // namespace

void pretrainEncoder(const std::filesystem::path& folder, PretrainingText& source,
                     const PretrainingOptions& options)
{
    const std::vector<std::string> texts = draw(source, options.texts);
    const std::vector<std::string> heldOut = draw(source, options.heldOutTexts);
    const std::vector<std::string> pieces = buildWordPieceVocabulary(texts, options.pieces);
    writeFolderAtomically(folder, [&](const std::filesystem::path& temporary) {
        writeWordPieceTokenizer(temporary, pieces, maxPositions);
        const auto tokenizer = loadTokenizer(temporary);
        const nlohmann::ordered_json document = configDocument(pieces.size());
        writeFileAtomically(temporary / "config.json", document.dump(2) + "\n");
        const auto model =
            createModel<float>(readModelConfig(temporary), TaskType::MaskedLm, 0, options.seed);
        const auto log = train(*model, tokenize(texts, *tokenizer), tokenize(heldOut, *tokenizer), options);
        writeWeights(temporary / "model.safetensors", *model);
        writeFileAtomically(temporary / "pretraining.json", recordOf(options, log).dump(2) + "\n");
    });
}

} // namespace lora::builtin
