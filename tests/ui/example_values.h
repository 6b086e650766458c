#pragma once

#include "core/cost/cost_report.h"
#include "core/models/model_summary.h"
#include "core/runs/run_record.h"
#include "ui/dataset_preview.h"
#include "ui/inspect/inspect_values.h"
#include "ui/reproduce/reproduction_values.h"
#include "ui/setup/measured_cost.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <string>
#include <tuple>

/// Values of the shape the window is told, made up for tests and previews.
namespace lora::ui::example {

inline ModuleInfo module(const std::string& name, std::int64_t in, std::int64_t out, int block,
                         const std::string& column)
{
    ModuleInfo info;
    info.name = name;
    info.inFeatures = in;
    info.outFeatures = out;
    info.block = block;
    info.column = column;
    return info;
}

inline ModelSummary bert(int layers = 4, std::int64_t hidden = 128)
{
    ModelSummary model;
    model.path = "builtin:encoder";
    model.family = "bert";
    model.tasks = {TaskType::SequenceClassification, TaskType::MultiLabelClassification, TaskType::Regression,
                   TaskType::TokenClassification,    TaskType::QuestionAnswering,        TaskType::MaskedLm};
    model.numBlocks = layers;
    model.architecture = "BertForMaskedLM";
    model.numLayers = layers;
    model.hiddenSize = hidden;
    model.numHeads = 4;
    model.intermediateSize = 4 * hidden;
    model.vocabSize = 8000;
    model.maxPositions = 128;
    model.hasTokenizer = true;
    model.parameters = 12 * layers * hidden * hidden + 8000 * hidden;
    model.fileBytes = model.parameters * 4;
    for (int layer = 0; layer < layers; ++layer) {
        const std::string block = "bert.encoder.layer." + std::to_string(layer) + ".";
        const auto add = [&](const std::string& column, std::int64_t in, std::int64_t out) {
            model.modules.push_back(module(block + column, in, out, layer, column));
        };
        add("attention.self.query", hidden, hidden);
        add("attention.self.key", hidden, hidden);
        add("attention.self.value", hidden, hidden);
        add("attention.output.dense", hidden, hidden);
        add("intermediate.dense", hidden, 4 * hidden);
        add("output.dense", 4 * hidden, hidden);
    }
    model.modules.push_back(module("bert.pooler.dense", hidden, hidden, -1, "bert.pooler.dense"));
    model.modules.push_back(module("classifier", hidden, 2, -1, "classifier"));
    model.modules.back().isHead = true;
    model.modules.back().isMissing = true;
    model.notices = {"no pooler in this checkpoint: it is newly initialised and trained with the head"};
    return model;
}

/// A decoder of `layers` blocks with these columns (name, inputs, outputs in units of the width).
inline ModelSummary decoder(const std::string& path, const std::string& family, const std::string& blocks,
                            int layers, std::int64_t hidden,
                            const std::vector<std::tuple<std::string, int, int>>& columns)
{
    ModelSummary model;
    model.path = path;
    model.family = family;
    model.isDecoder = true;
    model.tasks = {TaskType::SequenceClassification, TaskType::MultiLabelClassification, TaskType::Regression,
                   TaskType::TokenClassification, TaskType::CausalLm};
    model.task = TaskType::CausalLm;
    model.numLayers = model.numBlocks = layers;
    model.hiddenSize = hidden;
    model.numHeads = 8;
    model.intermediateSize = 4 * hidden;
    model.vocabSize = 32000;
    model.maxPositions = 1024;
    model.hasTokenizer = true;
    for (int layer = 0; layer < layers; ++layer) {
        for (const auto& [column, in, out] : columns)
            model.modules.push_back(module(blocks + std::to_string(layer) + "." + column, in * hidden,
                                           out * hidden, layer, column));
    }
    model.modules.push_back(module("lm_head", hidden, model.vocabSize, -1, "lm_head"));
    model.modules.back().isHead = true;
    model.modules.back().isOutputEmbedding = true;
    model.parameters = 12 * layers * hidden * hidden + model.vocabSize * hidden;
    model.fileBytes = model.parameters * 2;
    return model;
}

inline ModelSummary gpt2(int layers = 12)
{
    ModelSummary model =
        decoder("/models/gpt2", "gpt2", "transformer.h.", layers, 768,
                {{"attn.c_attn", 1, 3}, {"attn.c_proj", 1, 1}, {"mlp.c_fc", 1, 4}, {"mlp.c_proj", 4, 1}});
    model.modules.back().isTied = true;
    return model;
}

inline ModelSummary llama(int layers = 32)
{
    return decoder("/models/llama", "llama", "model.layers.", layers, 4096,
                   {{"self_attn.q_proj", 1, 1},
                    {"self_attn.k_proj", 1, 1},
                    {"self_attn.v_proj", 1, 1},
                    {"self_attn.o_proj", 1, 1},
                    {"mlp.gate_proj", 1, 3},
                    {"mlp.up_proj", 1, 3},
                    {"mlp.down_proj", 3, 1}});
}

/// Twelve layers that share one block.
inline ModelSummary shared()
{
    ModelSummary model = bert(1, 256);
    model.path = "/models/albert";
    model.family = "albert";
    model.numLayers = 12;
    return model;
}

inline std::vector<TaskFit> fits(std::initializer_list<TaskType> fitting, const std::string& whyNot)
{
    std::vector<TaskFit> tasks;
    for (const TaskType task : fitting)
        tasks.push_back({task, {}});
    for (const TaskType task : allTasks()) {
        if (std::find(fitting.begin(), fitting.end(), task) == fitting.end())
            tasks.push_back({task, whyNot});
    }
    return tasks;
}

inline DatasetPreview questions()
{
    DatasetPreview preview;
    preview.source = "/data/questions.json";
    preview.columns = {"id", "question", "context", "answers"};
    for (int i = 0; i < 30; ++i) {
        preview.rows.push_back({std::to_string(i), "Who wrote the first program?",
                                "The first program for a machine was written by Ada Lovelace in 1843, long "
                                "before such a machine was built.",
                                "Ada Lovelace"});
        preview.lines.push_back(1);
    }
    preview.mapping.text = "question";
    preview.mapping.textPair = "context";
    preview.mapping.label = "answers";
    preview.trainRows = 900;
    preview.evalRows = 100;
    preview.tasks = fits({TaskType::QuestionAnswering, TaskType::MaskedLm, TaskType::CausalLm},
                         "needs a column of labels");
    return preview;
}

inline DatasetPreview entities()
{
    DatasetPreview preview;
    preview.source = "/data/entities.conll";
    preview.columns = {"tokens", "ner_tags"};
    for (int i = 0; i < 30; ++i) {
        preview.rows.push_back(
            {"Ada Lovelace met Charles Babbage in London .", "B-PER I-PER O B-PER I-PER O B-LOC O"});
        preview.lines.push_back(10 * i + 1);
    }
    preview.mapping.text = "tokens";
    preview.mapping.label = "ner_tags";
    preview.trainRows = 900;
    preview.evalRows = 100;
    preview.labels = {{"O", 9000, 900}, {"B-PER", 800, 90}, {"I-PER", 700, 80}, {"B-LOC", 400, 40}};
    preview.tasks = fits({TaskType::TokenClassification}, "needs a column of labels");
    return preview;
}

inline DatasetPreview instructions()
{
    DatasetPreview preview;
    preview.source = "/data/instructions.jsonl";
    preview.columns = {"prompt", "completion"};
    for (int i = 0; i < 30; ++i) {
        preview.rows.push_back({"Name a fruit that is yellow.", "A banana is a yellow fruit."});
        preview.lines.push_back(i + 1);
        preview.tokens.push_back({"<s>", "Name", "Ġa", "Ġfruit"});
    }
    preview.mapping.text = "prompt";
    preview.mapping.label = "completion";
    preview.trainRows = 900;
    preview.evalRows = 100;
    preview.tasks = fits({TaskType::CausalLm, TaskType::MaskedLm}, "needs a column of labels");
    return preview;
}

inline DatasetPreview sentiment()
{
    DatasetPreview preview;
    preview.source = "builtin:sentiment";
    preview.columns = {"sentence", "label"};
    const std::string texts[] = {
        "the soup was cold and nobody cared", "a warm, funny and generous evening",
        "we waited an hour for a table that wobbled, under a lamp that buzzed, and left hungry",
        "worth every minute of the long drive", "not as bad as they say, but not good either"};
    for (int i = 0; i < 40; ++i) {
        preview.rows.push_back({texts[i % 5], i % 5 == 1 || i % 5 == 3 ? "positive" : "negative"});
        preview.lines.push_back(i + 2);
        preview.tokens.push_back(
            {"[CLS]", "the", "soup", "was", "cold", "and", "no", "##body", "care", "##d", "[SEP]"});
    }
    preview.mapping.text = "sentence";
    preview.mapping.label = "label";
    preview.trainRows = 4000;
    preview.evalRows = 800;
    preview.labels = {{"negative", 2056, 402}, {"positive", 1944, 398}};
    preview.lengthCounts.assign(60, 0);
    for (int n = 4; n < 60; ++n)
        preview.lengthCounts[n] = static_cast<std::int64_t>(
            400 * std::exp(-0.5 * std::pow((n - 16.0) / 7.0, 2)) + (n < 50 ? 3 : 0));
    preview.problems = {{118, Severity::Warning, "the same text as line 42"},
                        {903, Severity::Warning, "the text is empty"}};
    return preview;
}

inline CostReport cost()
{
    CostReport report;
    report.method.parameters = {24834, 2'150'000};
    report.method.adapterBytes = 101'234;
    report.method.flopsPerEpoch = 2.31e11;
    report.method.memory.weights = 8.6e6;
    report.method.memory.activations = 21e6;
    report.method.memory.process = 38e6;
    report.method.secondsPerEpoch = 4.1;
    report.fullFineTuning.parameters = {2'125'000, 2'125'000};
    report.fullFineTuning.adapterBytes = 8'500'000;
    report.fullFineTuning.flopsPerEpoch = 3.6e11;
    report.fullFineTuning.memory.weights = 8.6e6;
    report.fullFineTuning.memory.gradients = 8.6e6;
    report.fullFineTuning.memory.optimizer = 17.2e6;
    report.fullFineTuning.memory.activations = 22e6;
    report.fullFineTuning.memory.process = 38e6;
    report.fullFineTuning.secondsPerEpoch = 6.9;
    report.savings = {{"weight_gradients", "no weight gradients", 0.333},
                      {"backward_cut", "backward cut", 0.052},
                      {"adapters", "adapters", -0.027}};
    return report;
}

inline ExperimentConfig experiment(const std::string& name, MethodType type, int rank)
{
    ExperimentConfig config;
    config.name = name;
    config.model = "builtin:encoder";
    config.data.train = "builtin:sentiment";
    config.method.type = type;
    config.method.lora.r = rank;
    return config;
}

inline StepMetrics step(int number, double base, std::mt19937& random)
{
    std::normal_distribution<double> noise(0, 1);
    StepMetrics metrics;
    metrics.step = number;
    metrics.epoch = number / 125.0;
    metrics.loss = base + 0.45 * std::exp(-number / 90.0) + 0.05 * noise(random);
    metrics.learningRate = number < 22 ? 5e-4 * number / 22 : 5e-4 * (375 - number) / 353;
    metrics.gradNorm = 0.8 + 0.3 * std::abs(noise(random));
    metrics.tokensPerSecond = 21000 + 900 * noise(random);
    metrics.seconds = number * 0.033;
    return metrics;
}

inline EvalMetrics evaluation(int number, double loss, double accuracy)
{
    EvalMetrics metrics;
    metrics.step = number;
    metrics.epoch = number / 125.0;
    metrics.seconds = number * 0.033;
    metrics.values = {{"loss", loss}, {"accuracy", accuracy}};
    return metrics;
}

inline std::shared_ptr<const RunRecord> run(const ExperimentConfig& config, double quality, double compute,
                                            std::int64_t trainable, int age)
{
    auto record = std::make_shared<RunRecord>();
    record->id = "20260101-1200" + std::to_string(10 + age) + "-" + config.name;
    record->folder = "/runs/" + record->id;
    record->experiment = config;
    RunSummary& summary = record->summary;
    summary.outcome = "completed";
    summary.steps = 375;
    summary.epochs = 3;
    summary.trainSeconds = 12.0 * (0.3 + 0.7 * compute);
    summary.trainableParameters = trainable;
    summary.totalParameters = 2'125'000 + (config.method.type == MethodType::Lora ? trainable : 0);
    summary.adapterBytes = trainable * 4;
    summary.peakMemoryBytes = static_cast<std::int64_t>(60e6 + 40e6 * compute);
    summary.flops = 1.1e12 * compute;
    summary.flopsFullFineTuning = 1.1e12;
    summary.primaryMetric = "accuracy";
    summary.untuned = {{"accuracy", 0.497}};
    summary.best = {{"accuracy", quality}};
    summary.final = {{"accuracy", quality - 0.004}};
    summary.startedAt = "2026-01-01T12:00:" + std::to_string(10 + age) + "Z";
    std::mt19937 random(static_cast<unsigned>(age) + 1);
    for (int number = 1; number <= 375; ++number)
        record->steps.push_back(step(number, 1.05 - quality, random));
    for (int epoch = 0; epoch <= 3; ++epoch)
        record->evaluations.push_back(
            evaluation(epoch * 125, 0.69 - 0.12 * epoch,
                       0.497 + (quality - 0.497) * (1 - std::exp(-1.6 * epoch)) / (1 - std::exp(-4.8))));
    return record;
}

inline std::vector<std::shared_ptr<const RunRecord>> runs(bool withFull = true)
{
    std::vector<std::shared_ptr<const RunRecord>> all;
    all.push_back(run(experiment("demo r=1", MethodType::Lora, 1), 0.831, 0.64, 2306, 0));
    all.push_back(run(experiment("demo r=4", MethodType::Lora, 4), 0.862, 0.65, 8450, 1));
    all.push_back(run(experiment("demo r=16", MethodType::Lora, 16), 0.871, 0.69, 33026, 2));
    auto top = experiment("demo top quarter r=8", MethodType::Lora, 8);
    top.method.lora.layersToTransform = std::vector<int>{3};
    all.push_back(run(top, 0.842, 0.41, 4354, 3));
    if (withFull)
        all.push_back(run(experiment("demo full", MethodType::Full, 8), 0.874, 1.0, 2'125'000, 4));
    return all;
}

inline RunInspection inspection(const QString& folder)
{
    RunInspection inspection;
    inspection.folder = folder;
    for (const ModuleInfo& module : bert(4).modules) {
        InspectedModule entry;
        entry.module = module;
        const bool isQuery = module.column == "attention.self.query";
        if (isQuery || module.column == "attention.self.value") {
            entry.rank = 4;
            entry.singularValues = {1.0 + module.block, 0.5, 0.2, 0.1};
            entry.effectiveRank = 1 + module.block * 0.5;
            entry.rank90 = 2;
            entry.changeNorm = 1.2;
            entry.relativeChange = 0.01 * (1 + module.block) + (isQuery ? 0 : 0.005);
        }
        inspection.modules.push_back(entry);
    }
    return inspection;
}

inline RankCurveValues rankCurve(const QString& folder)
{
    RankCurveValues values;
    values.folder = folder;
    values.metric = "accuracy";
    values.rows = 800;
    values.points = {
        {0, 0.52, {{0.49, 0.55}}}, {1, 0.80, {{0.78, 0.82}}}, {2, 0.861, {{0.85, 0.872}}}, {4, 0.862, {}}};
    values.enough = 2;
    values.sentence = QStringLiteral("Rank 2 would have been enough.");
    return values;
}

inline MeasuredCost measured()
{
    MeasuredCost cost;
    cost.pairs = 15;
    cost.seconds = 0.05;
    cost.fullSeconds = 0.1;
    cost.timeRatio = 0.5;
    cost.timeLow = 0.48;
    cost.timeHigh = 0.53;
    cost.flops = 4e9;
    cost.fullFlops = 6e9;
    cost.memoryBytes = 60e6;
    cost.fullMemoryBytes = 90e6;
    return cost;
}

inline ReproductionDefaults reproductionDefaults()
{
    ReproductionDefaults defaults;
    const TaskType classes = TaskType::SequenceClassification;
    defaults.claims = {{"sentiment", "sentiment analysis", classes, "builtin:sentiment", 0.7},
                       {"topics", "text classification", classes, "builtin:topics", 0.6},
                       {"qa", "question answering", TaskType::QuestionAnswering, "builtin:qa", 0.5}};
    defaults.model = QStringLiteral("builtin:encoder");
    defaults.rank = 8;
    defaults.epochs = 3;
    defaults.learningRate = 0.002;
    defaults.fullLearningRate = 0.001;
    defaults.seeds = {1, 2, 3};
    return defaults;
}

inline PlannedReproduction plannedReproduction(quint64 ticket)
{
    PlannedReproduction plan;
    plan.ticket = ticket;
    plan.command = QStringLiteral("lora-workbench-cli reproduce --seeds 1,2,3");
    plan.fullLearningRate = 0.001;
    const std::tuple<const char*, MethodType, double> ways[] = {
        {"r=8 all", MethodType::Lora, 0.68},
        {"full fine-tuning", MethodType::Full, 1},
        {"head alone", MethodType::Head, 0.12},
        {"r=8 top-half", MethodType::Lora, 0.41},
        {"r=8 top-quarter", MethodType::Lora, 0.26},
        {"r=8 top-half no cache", MethodType::Lora, 0.52},
        {"r=8 top-quarter no cache", MethodType::Lora, 0.45}};
    for (const ArticleClaim& claim : reproductionDefaults().claims)
        for (const auto& [label, method, compute] : ways)
            for (int seed = 1; seed <= 3; ++seed) {
                SweepLine line;
                line.label = QStringLiteral("%1: %2 seed %3")
                                 .arg(QString::fromStdString(claim.key), QLatin1String(label))
                                 .arg(seed);
                line.method.type = method;
                line.method.lora.r = 8;
                line.cost = {24600, compute, 21 * compute, 3e8, false, 1e12 * compute};
                plan.lines.push_back(line);
            }
    return plan;
}

} // namespace lora::ui::example
