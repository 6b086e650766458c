#pragma once

#include "core/analysis/adapter_extraction.h"
#include "core/analysis/rank_advice.h"
#include "core/experiment/adapter_source.h"
#include "core/export/peft_adapter.h"

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lora {

/// What one of the models compared gives on the evaluation rows.
struct KeptQuality
{
    std::string model; ///< "untuned", "trained", "adapter"
    std::map<std::string, double> metrics;
    std::optional<RankLoss> loss; ///< against "trained"; of "adapter" alone
};

/// Quality before and after; no lines where there are no labelled rows to evaluate.
struct QualityReport
{
    std::string metric;
    std::int64_t rows = 0;
    std::string source; ///< of the rows
    std::vector<KeptQuality> lines;
};

struct ConversionWishes
{
    std::filesystem::path out;       ///< the PEFT folder to write
    std::optional<std::string> data; ///< rows to evaluate; none: the run's
    int threads = 0;
    std::function<void(const std::string& status)> onStatus; ///< may be empty
};

struct ExtractedAdapter
{
    Extraction extraction;
    ExportCertificate certificate;
    QualityReport quality;
};

/// Approximates what training changed by an adapter and writes it as a PEFT folder, read back and compared.
/// `base` none: the run's. Throws lora::Error.
ExtractedAdapter extractAdapterTo(const std::string& runOrModel, const std::optional<std::string>& base,
                                  const std::optional<TaskType>& task, const ExtractionWishes& extraction,
                                  const ConversionWishes& wishes);

struct ConvertedAdapter
{
    ResizedAdapter resized;
    ExportCertificate certificate;
    QualityReport quality;
};

/// Brings an adapter to another rank and writes it as a PEFT folder, read back and compared. Throws
/// lora::Error.
ConvertedAdapter resizeAdapterTo(const AdapterSourceRequest& source, const RankChoice& choice,
                                 const ConversionWishes& wishes);

} // namespace lora
