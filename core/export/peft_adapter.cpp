#include "core/export/peft_adapter.h"

#include "core/base/error.h"
#include "core/data/data_loader.h"
#include "core/export/adapter_contents.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/lora/adapter_files.h"
#include "core/models/model_loader.h"

#include <cmath>
#include <limits>
#include <set>

namespace lora {

namespace {

void writeContents(AdapterContents contents, const std::filesystem::path& folder)
{
    writeSafetensors(folder / "adapter_model.safetensors", std::move(contents.tensors.tensors()));
    writeFileAtomically(folder / "adapter_config.json", peftConfigJson(contents.config).dump(2) + "\n");
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
    AdapterContents contents = adapterContents(model, config, baseModel);
    writeFolderAtomically(folder, [&](const std::filesystem::path& temporary) {
        writeContents(std::move(contents), temporary);
    });
}

ExportCertificate exportPeftAdapter(const std::filesystem::path& folder, LanguageModel<float>& model,
                                    const LoraConfig& config, const std::string& baseModel,
                                    const std::filesystem::path& baseFolder, const TokenizedDataset& probe)
{
    AdapterContents contents = adapterContents(model, config, baseModel);
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

} // namespace lora
