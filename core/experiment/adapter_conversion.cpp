#include "core/experiment/adapter_conversion.h"

#include "core/base/error.h"
#include "core/data/tokenized_reader.h"
#include "core/experiment/prediction.h"
#include "core/experiment/quality_loss.h"
#include "core/models/model_loader.h"
#include "core/train/evaluator.h"

#include <fmt/format.h>

namespace lora {

namespace {

/// Evaluates the models of one conversion on the same rows, as far as there are any.
class QualityProbe
{
public:
    QualityProbe(const TrainedModel& trained, const ConversionWishes& wishes)
        : m_wishes(wishes)
        , m_seed(trained.experiment.training.seed)
    {
        m_report.metric = bestMetric(trained.experiment);
        if (!wishes.data && !trained.isRun)
            return;
        m_rows = wishes.data ? rowsOfFile(trained, *wishes.data, true) : evaluationRows(trained);
        const ModelConfig& config = trained.model->config();
        checkTokenIds(m_rows, {config.vocabSize, config.maxPositionEmbeddings, config.typeVocabSize});
        m_report.source = m_rows.source;
    }

    void add(const std::string& name, const LanguageModel<float>& model)
    {
        if (m_rows.examples.empty())
            return;
        if (m_wishes.onStatus)
            m_wishes.onStatus(fmt::format("evaluating: {}", name));
        WorkerPool pool(m_wishes.threads);
        Evaluator evaluator(model, m_rows, pool, m_seed);
        evaluator.keepOutcomes();
        EvaluationResult result = *evaluator.run();
        if (result.metrics.empty())
            return;
        m_report.rows = static_cast<std::int64_t>(result.outcomes.size());
        KeptQuality line{name, result.metrics, std::nullopt};
        if (name == "trained")
            m_trained = std::move(result.outcomes);
        else if (name == "adapter")
            line.loss = qualityLoss(m_trained, result.outcomes, m_report.metric);
        m_report.lines.push_back(std::move(line));
    }

    QualityReport report() { return std::move(m_report); }

private:
    const ConversionWishes& m_wishes;
    std::uint64_t m_seed;
    TokenizedDataset m_rows;
    ExampleOutcomes m_trained;
    QualityReport m_report;
};

void announce(const ConversionWishes& wishes, const std::string& status)
{
    if (wishes.onStatus)
        wishes.onStatus(status);
}

ExportCertificate writeAndCheck(LanguageModel<float>& model, const LoraConfig& config,
                                const std::string& base, const TokenizedDataset& probe,
                                const ConversionWishes& wishes)
{
    announce(wishes, "writing and reading back");
    return exportPeftAdapter(wishes.out, model, config, base, modelFolder(base), probe);
}

std::string knownBase(const TrainedModel& trained, const std::optional<std::string>& base)
{
    if (base)
        return *base;
    if (!trained.isRun)
        throw Error(ErrorKind::BadUsage, "a model folder does not say what its training began from",
                    "Name that model with --base.");
    return trained.experiment.model;
}

} // namespace

ExtractedAdapter extractAdapterTo(const std::string& runOrModel, const std::optional<std::string>& base,
                                  const std::optional<TaskType>& task, const ExtractionWishes& extraction,
                                  const ConversionWishes& wishes)
{
    announce(wishes, "loading");
    const TrainedModel trained = openTrainedModel({runOrModel, std::nullopt, task});
    const std::string baseName = knownBase(trained, base);
    const std::unique_ptr<LanguageModel<float>> model = loadBaseOf(trained, baseName);
    QualityProbe quality(trained, wishes);
    if (trained.isRun)
        quality.add("untuned", *model);
    quality.add("trained", *trained.model);
    announce(wishes, "approximating");
    ExtractedAdapter result;
    result.extraction = extractAdapter(*trained.model, *model, extraction);
    quality.add("adapter", *model);
    result.certificate =
        writeAndCheck(*model, result.extraction.config, baseName, probeRows(trained), wishes);
    result.quality = quality.report();
    return result;
}

ConvertedAdapter resizeAdapterTo(const AdapterSourceRequest& source, const RankChoice& choice,
                                 const ConversionWishes& wishes)
{
    announce(wishes, "loading");
    const AdapterSource opened = openAdapterSource(source);
    LanguageModel<float>& model = *opened.trained.model;
    QualityProbe quality(opened.trained, wishes);
    quality.add("trained", model);
    announce(wishes, "resizing");
    ConvertedAdapter result;
    result.resized = resizeAdapters(model, opened.lora, choice);
    quality.add("adapter", model);
    result.certificate =
        writeAndCheck(model, result.resized.config, opened.base, probeRows(opened.trained), wishes);
    result.quality = quality.report();
    return result;
}

} // namespace lora
