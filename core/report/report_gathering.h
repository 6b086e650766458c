#pragma once

#include "core/cost/flop_ledger.h"
#include "core/report/report_model.h"

#include <memory>
#include <string>
#include <vector>

namespace lora {

/// Everything a report of `runs` shows: reads their folders, and model and data of the first LoRA run (of
/// the first run where there is none) for costs, ledger and label counts. Takes as long as tokenising its
/// rows and calibrating this machine. What cannot be read any more is left out and noted. Throws lora::Error
/// (BadUsage) without runs.
ReportModel gatherReport(const std::string& title, const std::vector<std::shared_ptr<const RunRecord>>& runs);

/// Module by module of a kind, in the model's order; the numbers of layers become "*".
std::vector<LedgerLine> ledgerLines(const FlopLedger& method, const FlopLedger& full, TaskType task,
                                    const WorkCounts& work);

} // namespace lora
