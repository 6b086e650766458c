#pragma once

#include "app/session/sweep_task.h"
#include "core/experiment/cost_estimation.h"
#include "ui/reproduce/reproduction_values.h"

#include <QString>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// What surrounds the runs that put the article's claims to the test: all of it reads and writes files, so
/// never on the window's thread.
namespace lora::app {

/// A test of claims on the disk and what is left of it.
struct ReproductionTask
{
    QString folder;
    std::vector<SweepTask> claims;
};

ui::ReproductionDefaults reproductionDefaults();
/// Plans it and writes its folder. Throws lora::Error as beginReproduction does.
ReproductionTask newReproductionTask(const std::filesystem::path& parent, const ReproductionRequest& request);
/// Throws lora::Error as continueReproduction does.
ReproductionTask continuedReproductionTask(const std::filesystem::path& folder);
/// evidence.md and evidence.json, from the runs that are done.
void concludeReproduction(const std::filesystem::path& folder);
/// Newest first.
std::vector<ui::KnownReproduction> knownReproductions(const std::filesystem::path& parent);

/// Plans and prices tests of claims. Model and data are read again only when they are others.
class ReproductionPlanner
{
public:
    ui::PlannedReproduction plan(const ui::ReproductionQuestion& question);

private:
    void planClaim(const ArticleClaim& claim, const ReproductionRequest& request,
                   ui::PlannedReproduction& answer);
    const CostInputs& inputsOf(const ExperimentConfig& experiment);

    std::map<std::string, CostInputs> m_inputs;
};

} // namespace lora::app
