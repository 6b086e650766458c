#include "core/sweep/sweep_plan.h"

#include "core/config/lora_variant.h"
#include "core/cost/block_reach.h"
#include "core/lora/training_plan.h"
#include "core/models/model_summary.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include <fmt/format.h>

namespace lora {

namespace {

constexpr double fullRateOfLoras = 0.1;

class Planner
{
public:
    Planner(const ExperimentConfig& base, const SweepAxes& axes, const ModelSummary& model)
        : m_base(base)
        , m_axes(axes)
        , m_model(model)
        , m_parts(partsOf(model, base.task))
    {}

    /// The runs in the axes' order, or else what is wrong with them.
    const ConfigIssues& problems()
    {
        checkAxes();
        if (!m_issues.empty())
            return m_issues;
        addLoraRuns();
        addBaselines();
        checkRuns();
        return m_issues;
    }

    SweepPlan plan()
    {
        throwOnErrors(problems(), "sweep");
        for (PlannedRun& run : m_runs) {
            adoptUsualTargets(run.experiment.method, m_parts);
            run.lowestLayer =
                GradientReach(m_model, planTraining(run.experiment.method, m_parts)).lowestLayer();
        }
        shareSideBySide();
        return {m_base.name.empty() ? "sweep" : m_base.name, std::move(m_runs)};
    }

private:
    void error(const std::string& field, std::string text)
    {
        const auto isSame = [&](const ConfigIssue& issue) {
            return issue.field == field && issue.text == text;
        };
        if (std::ranges::none_of(m_issues, isSame))
            m_issues.push_back({field, Severity::Error, std::move(text)});
    }

    void checkAxes()
    {
        const LoraConfig& lora = m_base.method.lora;
        if (lora.initAdapter)
            error("method.init_adapter", "an adapter brings its own rank and targets; a sweep begins anew");
        if (!m_axes.ranks.empty() && !lora.rankPattern.empty())
            error("method.rank_pattern", "gives modules ranks of their own, which ranks would not change");
        if (!m_axes.ranks.empty() && !lora.alphaPattern.empty() && alphaPolicy(lora) == AlphaPolicy::Ratio)
            error("method.alpha_pattern", "gives modules alphas of their own, which cannot follow the rank; "
                                          "allowed: none, or the alpha policy \"fixed\"");
        for (const LayerSet& set : m_axes.layers)
            if (!set.indices.empty() && set.indices.back() >= m_model.numBlocks)
                error("layers", fmt::format("found {}; the model has layers 0 to {}", set.indices.back(),
                                            m_model.numBlocks - 1));
        const auto count = [](const auto& axis) { return std::max<std::size_t>(1, axis.size()); };
        // Each at most some thousands of characters long: no overflow.
        const std::size_t runs =
            count(m_axes.seeds) *
            (count(m_axes.learningRates) * (count(m_axes.ranks) * count(m_axes.targets) *
                                                count(m_axes.layers) * count(m_axes.variants) +
                                            (m_axes.isHeadIncluded ? 1 : 0)) +
             (m_axes.isFullIncluded ? count(m_axes.fullLearningRates) : 0));
        if (runs > mostPlannedRuns)
            error("sweep", fmt::format("{} runs; allowed: up to {}", runs, mostPlannedRuns));
    }

    AlphaPolicy alphaPolicy(const LoraConfig& lora) const
    {
        // rsLoRA's scaling alpha / √r is made to need no change of alpha with the rank.
        return m_axes.alpha.value_or(lora.useRslora ? AlphaPolicy::Fixed : AlphaPolicy::Ratio);
    }

    std::vector<std::uint64_t> seeds() const
    {
        return m_axes.seeds.empty() ? std::vector{m_base.training.seed} : m_axes.seeds;
    }

    std::vector<int> topLayers(std::int64_t part) const
    {
        const std::int64_t count = std::max<std::int64_t>(1, m_model.numBlocks / part);
        std::vector<int> layers(static_cast<std::size_t>(count));
        std::iota(layers.begin(), layers.end(), static_cast<int>(m_model.numBlocks - count));
        return layers;
    }

    void setLayers(const LayerSet& set, LoraConfig& lora) const
    {
        switch (set.kind) {
        case LayerSet::Kind::All:
            lora.layersToTransform.reset();
            break;
        case LayerSet::Kind::TopHalf:
            lora.layersToTransform = topLayers(2);
            break;
        case LayerSet::Kind::TopQuarter:
            lora.layersToTransform = topLayers(4);
            break;
        case LayerSet::Kind::Indices:
            lora.layersToTransform = set.indices;
            break;
        }
    }

    std::vector<double> rates() const
    {
        return m_axes.learningRates.empty() ? std::vector{m_base.training.learningRate}
                                            : m_axes.learningRates;
    }

    std::vector<double> fullRates() const
    {
        const bool isForFull = m_base.method.type == MethodType::Full;
        return m_axes.fullLearningRates.empty()
                   ? std::vector{m_base.training.learningRate * (isForFull ? 1 : fullRateOfLoras)}
                   : m_axes.fullLearningRates;
    }

    void addLoraRuns()
    {
        const auto each = [](const auto& axis, const auto& visit) {
            if (axis.empty())
                visit(nullptr);
            for (const auto& entry : axis)
                visit(&entry);
        };
        each(m_axes.layers, [&](const LayerSet* layers) {
            for (const std::uint64_t seed : seeds())
                each(m_axes.targets, [&](const TargetSet* targets) {
                    each(m_axes.ranks, [&](const int* rank) {
                        each(m_axes.variants, [&](const std::string* variant) {
                            addLora(layers, seed, targets, rank, variant);
                        });
                    });
                });
        });
    }

    void addLora(const LayerSet* layers, std::uint64_t seed, const TargetSet* targets, const int* rank,
                 const std::string* variant)
    {
        ExperimentConfig experiment = m_base;
        experiment.method.type = MethodType::Lora;
        LoraConfig& lora = experiment.method.lora;
        if (variant)
            setVariant(lora, *variant);
        if (rank) {
            if (alphaPolicy(lora) == AlphaPolicy::Ratio)
                lora.loraAlpha = m_base.method.lora.loraAlpha * *rank / m_base.method.lora.r;
            lora.r = *rank;
        }
        if (targets)
            lora.targetModules = *targets;
        if (layers)
            setLayers(*layers, lora);
        std::string label = fmt::format("r={}", lora.r);
        if (m_axes.variants.size() > 1)
            label = *variant + " " + label;
        if (m_axes.targets.size() > 1)
            label += " " + toText(*targets);
        if (m_axes.layers.size() > 1)
            label += (layers->kind == LayerSet::Kind::Indices ? " layers " : " ") + toText(*layers);
        addAtEach(rates(), experiment, label, seed);
    }

    /// A run for each learning rate, told apart by it where there are several.
    void addAtEach(const std::vector<double>& rates, ExperimentConfig& experiment, const std::string& label,
                   std::uint64_t seed)
    {
        for (const double rate : rates) {
            experiment.training.learningRate = rate;
            add(experiment, rates.size() > 1 ? fmt::format("{} lr={}", label, rate) : label, seed);
        }
    }

    void addBaselines()
    {
        for (const std::uint64_t seed : seeds()) {
            ExperimentConfig experiment = m_base;
            experiment.method.type = MethodType::Head;
            experiment.method.lora.bias = "none"; // biases would make it BitFit
            if (m_axes.isHeadIncluded)
                addAtEach(rates(), experiment, "head alone", seed);
            experiment.method.type = MethodType::Full;
            if (m_axes.isFullIncluded)
                addAtEach(fullRates(), experiment, "full fine-tuning", seed);
        }
    }

    void add(ExperimentConfig experiment, std::string label, std::uint64_t seed)
    {
        experiment.training.seed = seed;
        if (m_axes.seeds.size() > 1)
            label += fmt::format(" seed {}", seed);
        experiment.name = label;
        m_runs.push_back({std::move(label), std::move(experiment), 0});
    }

    void checkRuns()
    {
        for (const PlannedRun& run : m_runs)
            for (const ConfigIssue& issue : validate(run.experiment))
                if (issue.severity == Severity::Error)
                    error(issue.field, issue.text);
    }

    /// Runs with the same lowest trained layer next to each other, among them those of the same seed, whose
    /// split of the data is the same; else the order of the axes.
    void shareSideBySide()
    {
        std::vector<int> layers;
        for (const PlannedRun& run : m_runs)
            layers.push_back(run.lowestLayer);
        const std::vector<std::uint64_t> order = seeds();
        std::ranges::stable_sort(m_runs, {}, [&](const PlannedRun& run) {
            return std::tuple(std::ranges::find(layers, run.lowestLayer),
                              std::ranges::find(order, run.experiment.training.seed));
        });
    }

    const ExperimentConfig& m_base;
    const SweepAxes& m_axes;
    const ModelSummary& m_model;
    ModelParts m_parts;
    ConfigIssues m_issues;
    std::vector<PlannedRun> m_runs;
};

} // namespace

SweepPlan planSweep(const ExperimentConfig& base, const SweepAxes& axes, const ModelSummary& model)
{
    return Planner(base, axes, model).plan();
}

ConfigIssues checkSweep(const ExperimentConfig& base, const SweepAxes& axes, const ModelSummary& model)
{
    return Planner(base, axes, model).problems();
}

} // namespace lora
