#include "core/experiment/rank_curve.h"

#include "core/analysis/adapter_resize.h"
#include "core/analysis/subspace_overlap.h"
#include "core/base/error.h"
#include "core/data/tokenized_reader.h"
#include "core/experiment/quality_loss.h"
#include "core/train/prefix_cache.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace lora {

namespace {

/// Evaluates one model again and again on the same rows.
class RepeatedEvaluation
{
public:
    RepeatedEvaluation(const TrainedModel& trained, const TokenizedDataset& rows, int threads)
        : m_pool(threads)
        , m_cache(memoryBudget())
        , m_evaluator(*trained.model, rows, m_pool, trained.experiment.training.seed)
    {
        m_evaluator.keepOutcomes();
        const int lowest = trained.model->trunk().lowestTrainable();
        if (lowest <= 0)
            return;
        TrainingControl control;
        m_prefix = m_cache
                       .obtain({.model = *trained.model,
                                .dataset = rows,
                                .seed = trained.experiment.training.seed,
                                .layer = lowest,
                                .isKept = false},
                               m_pool, control, {})
                       .states;
        m_evaluator.startFrom(m_prefix ? &m_prefix->rows() : nullptr);
    }

    EvaluationResult run() { return std::move(*m_evaluator.run()); }

private:
    WorkerPool m_pool;
    PrefixCache m_cache;
    std::shared_ptr<const PrefixStates> m_prefix;
    Evaluator m_evaluator;
};

class Restored
{
public:
    explicit Restored(std::vector<RankedAdapter>& adapters, LanguageModel<float>& model)
        : m_adapters(adapters)
        , m_model(model)
    {}
    ~Restored() { truncateTo(std::nullopt); }
    Restored(const Restored&) = delete;
    Restored& operator=(const Restored&) = delete;

    /// None: untruncated. A module whose rank is lower keeps it.
    void truncateTo(std::optional<std::int64_t> rank)
    {
        m_model.setAdapterStrength(rank == 0 ? 0 : 1);
        for (RankedAdapter& adapter : m_adapters)
            if (rank != 0)
                adapter.setRank(std::min(rank.value_or(adapter.rank()), adapter.rank()));
        if (rank != 0)
            m_model.setAdapterStrength(1);
    }

private:
    std::vector<RankedAdapter>& m_adapters;
    LanguageModel<float>& m_model;
};

std::vector<std::int64_t> wantedRanks(const RankCurveOptions& options, std::int64_t trainedRank)
{
    std::set<std::int64_t> ranks(options.ranks.begin(), options.ranks.end());
    if (ranks.empty()) {
        const std::vector<std::int64_t> powers = powersOfTwoUpTo(trainedRank);
        ranks.insert(powers.begin(), powers.end());
        ranks.insert(0);
    }
    if (*ranks.begin() < 0 || *ranks.rbegin() > trainedRank)
        throw Error(ErrorKind::BadUsage,
                    fmt::format("a rank of {} is not on the curve of a run of rank {}",
                                *ranks.begin() < 0 ? *ranks.begin() : *ranks.rbegin(), trainedRank),
                    fmt::format("Use ranks from 0 (no adapters) to {}.", trainedRank));
    ranks.insert(trainedRank);
    return {ranks.begin(), ranks.end()};
}

std::int64_t parametersAt(const std::vector<RankedAdapter>& adapters, std::int64_t rank)
{
    std::int64_t count = 0;
    for (const RankedAdapter& adapter : adapters)
        count += std::min(rank, adapter.rank()) * (adapter.svd().in + adapter.svd().out);
    return count;
}

RankQuestion questionOf(const RankCurve& curve, const RankCurveOptions& options)
{
    RankQuestion question;
    question.metric = curve.metric;
    question.rows = curve.rows;
    question.trainedRank = curve.trainedRank;
    std::vector<double> effective;
    for (const ModuleSpectrum& spectrum : curve.spectra)
        effective.push_back(spectrum.effectiveRank);
    question.effectiveRank = median(std::move(effective));
    for (const RankPoint& point : curve.points)
        if (point.rank < curve.trainedRank)
            question.truncated.push_back({point.rank, point.loss});
    question.trained = options.trained;
    return question;
}

} // namespace

RankCurve measureRankCurve(const TrainedModel& trained, const TokenizedDataset& rows,
                           const RankCurveOptions& options)
{
    const ModelConfig& config = trained.model->config();
    checkTokenIds(rows, {config.vocabSize, config.maxPositionEmbeddings, config.typeVocabSize});
    std::vector<RankedAdapter> adapters = rankedAdapters(*trained.model);
    if (adapters.empty())
        throw Error(ErrorKind::BadUsage, "this run has no adapters to truncate",
                    "A fully fine-tuned run becomes an adapter of any rank with `extract`.");
    RankCurve curve;
    curve.metric = bestMetric(trained.experiment);
    curve.trainedRank = std::ranges::max(adapters, {}, &RankedAdapter::rank).rank();
    curve.spectra = adapterSpectra(*trained.model);
    const std::vector<std::int64_t> ranks = wantedRanks(options, curve.trainedRank);
    RepeatedEvaluation evaluation(trained, rows, options.threads);
    Restored model(adapters, *trained.model);
    const auto announce = [&](std::size_t done, std::int64_t rank) {
        if (options.onRank)
            options.onRank(done, ranks.size(), rank);
    };
    announce(0, curve.trainedRank);
    const EvaluationResult whole = evaluation.run();
    if (whole.metrics.empty())
        throw Error(ErrorKind::BadUsage, fmt::format("{}: no row has a label", rows.source),
                    "A rank curve needs labelled rows.");
    curve.rows = static_cast<std::int64_t>(whole.outcomes.size());
    for (std::size_t i = 0; i + 1 < ranks.size(); ++i) {
        announce(i + 1, ranks[i]);
        model.truncateTo(ranks[i]);
        const EvaluationResult result = evaluation.run();
        curve.points.push_back({ranks[i], result.metrics, truncationError(adapters, ranks[i]),
                                parametersAt(adapters, ranks[i]),
                                qualityLoss(whole.outcomes, result.outcomes, curve.metric)});
    }
    curve.points.push_back(
        {curve.trainedRank, whole.metrics, 0, parametersAt(adapters, curve.trainedRank), std::nullopt});
    curve.advice = adviseRank(questionOf(curve, options));
    return curve;
}

} // namespace lora
