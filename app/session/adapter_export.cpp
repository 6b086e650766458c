#include "app/session/adapter_export.h"

#include "core/base/error.h"
#include "core/base/quantity_text.h"
#include "core/data/dataset_loader.h"
#include "core/experiment/trained_model.h"
#include "core/export/export_record.h"
#include "core/models/model_loader.h"

#include <QCoreApplication>

namespace lora::app {

namespace {

constexpr std::size_t probeRows = 16;

TokenizedDataset probeOf(const TrainedModel& trained)
{
    const ExperimentConfig& experiment = trained.experiment;
    TokenizedDataset probe =
        loadDataset(experiment.data, experiment.task, trained.tokenizer.get(), experiment.training.seed).eval;
    probe.examples.resize(std::min(probe.examples.size(), probeRows));
    return probe;
}

} // namespace

QString exportAdapter(const std::filesystem::path& runFolder, const std::filesystem::path& targetFolder)
{
    const TrainedModel trained = openTrainedModel({runFolder.string(), std::nullopt, std::nullopt});
    const ExperimentConfig& experiment = trained.experiment;
    const ExportCertificate certificate =
        exportPeftAdapter(targetFolder, *trained.model, experiment.method.lora, experiment.model,
                          modelFolder(experiment.model), probeOf(trained));
    recordExport(runFolder, certificate);
    return QCoreApplication::translate(
               "AdapterExport",
               "Exported to %1 (%2). Read back, its logits differ by at most %3 over %4 rows.")
        .arg(QString::fromStdString(targetFolder.string()),
             QString::fromStdString(bytesText(static_cast<double>(certificate.bytes))),
             QString::fromStdString(significantText(certificate.maxAbsLogitDifference)),
             QString::number(certificate.rows));
}

} // namespace lora::app
