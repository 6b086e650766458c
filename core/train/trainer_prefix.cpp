#include "core/train/trainer.h"

#include "core/base/quantity_text.h"
#include "core/models/attended_pairs.h"

namespace lora {

// What a run makes of the layers below the cut: computed once or in every step.

namespace {

/// What is kept, where and why it need not be computed again.
std::string prefixNotice(const PrefixResult& result, const std::string& rowsName)
{
    const PrefixRows& rows = result.states->rows();
    const PrefixBlock& block = result.states->block();
    const std::string size = bytesText(static_cast<double>(block.bytes()));
    std::string place = fmt::format("in memory ({})", size);
    if (block.place() == PrefixPlace::TemporaryFile)
        place = fmt::format("in a temporary file ({})", size);
    if (block.place() == PrefixPlace::KeptFile)
        place = fmt::format("in {} ({})", block.path().string(), size);
    const char* origin = "computed once";
    if (result.origin == PrefixResult::Origin::Shared)
        origin = "computed by an earlier run of this program";
    if (result.origin == PrefixResult::Origin::Kept)
        origin = "computed by an earlier session";
    return fmt::format(
        "Prefix cache: the first {} layers are frozen; what they make of the {} {} rows is {} and "
        "kept {}.",
        rows.layer, rows.examples(), rowsName, origin, place);
}

} // namespace

bool Trainer::preparePrefix(TrainingObserver& observer, TrainingControl& control)
{
    const bool isStepLeft = m_state.step < m_totalSteps && !isPatienceOver();
    const PrefixUse use =
        planPrefix(m_config.prefixCache,
                   prefixFacts(m_inputs.model, m_config, m_inputs.train, m_loader.epochsAfter(m_totalSteps)));
    if (use.isDropoutInTheWay && isStepLeft)
        observer.onMessage(fmt::format(
            "Prefix cache: not used in training, because the model's dropout changes what the frozen layers "
            "give in every epoch. With training.hidden_dropout 0 they would run once instead of {} times.",
            m_loader.epochsAfter(m_totalSteps)));
    if (use.isForTraining && isStepLeft) {
        const Stopwatch stopwatch;
        const PrefixResult result = obtainPrefix(m_inputs.train, "training", observer, control);
        countPrefix(result, stopwatch.seconds());
        if (result.isStopped)
            return false;
        m_trainPrefix = result.states;
        m_step.startFrom(m_trainPrefix ? &m_trainPrefix->rows() : nullptr);
    }
    if (use.isForEvaluation && m_evaluator && (isStepLeft || m_state.evaluatedStep != m_state.step)) {
        const PrefixResult result = obtainPrefix(*m_inputs.eval, "evaluation", observer, control);
        if (result.isStopped)
            return false;
        m_evalPrefix = result.states;
        m_evaluator->startFrom(m_evalPrefix ? &m_evalPrefix->rows() : nullptr);
    }
    return true;
}

PrefixResult Trainer::obtainPrefix(const TokenizedDataset& rows, const std::string& rowsName,
                                   TrainingObserver& observer, TrainingControl& control)
{
    PrefixCache& cache = m_inputs.prefixCache ? *m_inputs.prefixCache : m_ownCache;
    const int layer = m_inputs.model.trunk().lowestTrainable();
    PrefixResult result = cache.obtain({.model = m_inputs.model,
                                        .dataset = rows,
                                        .seed = m_config.seed,
                                        .layer = layer,
                                        .dtype = m_config.dtype,
                                        .isKept = m_config.prefixCache == "auto"},
                                       m_pool, control, [&](std::int64_t done, std::int64_t total) {
                                           observer.onPrefixProgress(done, total);
                                       });
    for (const std::string& notice : result.notices)
        observer.onMessage(notice);
    if (result.states)
        observer.onMessage(prefixNotice(result, rowsName));
    return result;
}

void Trainer::countPrefix(const PrefixResult& result, double seconds)
{
    m_state.trainSeconds += seconds;
    m_state.flops += static_cast<double>(result.flops);
    if (result.flops == 0 || result.isStopped)
        return;
    for (const TokenizedExample& example : m_inputs.train.examples) {
        const auto length = static_cast<std::int64_t>(example.inputIds.size());
        m_state.tokensBelowCut += length;
        m_state.tokenPairsBelowCut +=
            static_cast<double>(attendedPairs(length, m_inputs.model.config().isDecoder));
    }
}

} // namespace lora
