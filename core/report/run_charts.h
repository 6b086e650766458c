#pragma once

#include "core/report/svg_chart.h"
#include "core/runs/run_record.h"

#include <memory>
#include <string>
#include <vector>

namespace lora {

/// Training loss over steps, one curve a run. Long runs are averaged into at most 200 points each.
Chart trainingLossChart(const std::vector<std::shared_ptr<const RunRecord>>& runs);
/// One evaluation metric over steps with the untuned model at step 0.
Chart evaluationChart(const std::vector<std::shared_ptr<const RunRecord>>& runs, const std::string& metric);

/// The same colour for a rank wherever it is drawn (Okabe & Ito 2008: 1, 2, 4, … in their order); black for
/// full fine-tuning, grey for the head alone.
std::string methodColour(const MethodConfig& method);

} // namespace lora
