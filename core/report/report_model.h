#pragma once

#include "core/cost/cost_report.h"
#include "core/export/export_record.h"
#include "core/runs/run_reader.h"
#include "core/runs/run_record.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace lora {

/// One data file of the runs, as it is now.
struct DataFacts
{
    std::string use; ///< "training", "evaluation"
    std::string source;
    std::string hash;
    std::int64_t rows = 0;
    std::int64_t tokens = 0;
    std::vector<std::pair<std::string, std::int64_t>> labels; ///< name and rows; classification alone
};

/// What a run's folder says beside its record.
struct RunFacts
{
    RunHashes hashes = {};
    std::vector<RecordedExport> exports = {};
    std::string problem = {}; ///< why it could not be read; empty: it could
};

/// The products of modules of one kind over one epoch, nothing taken from a cache.
struct LedgerLine
{
    std::string kind; ///< "encoder.layer.*.attention.self.query"
    int modules = 0;
    FlopsPerToken flops; ///< totals of the epoch, not per token
    double fullFineTuning = 0;
};

/// What a report is made of; every writer (HTML, Markdown, CSV) shows the same.
struct ReportModel
{
    std::string title;
    std::vector<std::shared_ptr<const RunRecord>> runs;
    std::optional<CostReport> cost = std::nullopt; ///< of the configuration `costOf`
    std::vector<RunFacts> facts = {};              ///< one for each run, or none
    std::vector<DataFacts> data = {};
    std::vector<LedgerLine> ledger = {}; ///< of the same configuration as `cost`
    std::string costOf = {};             ///< name of the run
    std::vector<std::string> notes = {}; ///< what could not be told and why, sentences
};

} // namespace lora
