#pragma once

#include "core/report/svg_chart.h"
#include "core/runs/run_statistics.h"

#include <memory>
#include <string>
#include <vector>

namespace lora {

/// Training loss over steps, one curve a run: smoothed, and as it was faintly behind. At most 200 points
/// each.
Chart trainingLossChart(const std::vector<std::shared_ptr<const RunRecord>>& runs);
/// One evaluation metric over steps from the untuned model at step 0; the untuned model and full fine-tuning
/// as levels.
Chart evaluationChart(const std::vector<std::shared_ptr<const RunRecord>>& runs, const std::string& metric);
/// Mean quality of each configuration over its compute, against full fine-tuning, with intervals over seeds
/// and the Pareto front: those that none is both better and cheaper than.
Chart costChart(const std::vector<std::shared_ptr<const RunRecord>>& runs, const RunStatistics& statistics);
/// Mean quality over rank, a line for each choice of targets, with intervals over seeds.
Chart rankChart(const std::vector<std::shared_ptr<const RunRecord>>& runs, const RunComparison& comparison,
                const RunStatistics& statistics);

/// Indices of the configurations on the Pareto front, from the cheapest up; those without both are on none.
std::vector<std::size_t> paretoFront(const RunStatistics& statistics);

/// The same colour for a rank wherever it is drawn (Okabe & Ito 2008: 1, 2, 4, … in their order); "", the
/// ink of the text, for full fine-tuning, grey for the head alone.
std::string methodColour(const MethodConfig& method);

} // namespace lora
