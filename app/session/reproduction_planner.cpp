#include "app/session/reproduction_task.h"

#include "core/base/error.h"
#include "core/evidence/reproduction_cost.h"
#include "core/models/model_loader.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace lora::app {

namespace {

constexpr std::size_t mostKept = 12; ///< token counts of so many data sets

void add(ConfigIssues& issues, const std::string& field, const std::string& text)
{
    const auto isSame = [&](const ConfigIssue& issue) { return issue.field == field && issue.text == text; };
    if (std::ranges::none_of(issues, isSame))
        issues.push_back({field, Severity::Error, text});
}

/// Which field a problem with model or data belongs to: that of the file it names.
std::string fieldOf(const Error& error, const ArticleClaim& claim, const ReproductionRequest& request,
                    const ExperimentConfig& experiment)
{
    const std::string what = error.what();
    const auto names = [&](const std::string& file) {
        return !file.empty() && what.find(file) != std::string::npos;
    };
    if (request.eval.contains(claim.key) && names(experiment.data.eval.value_or("")))
        return "eval." + claim.key;
    if (request.train.contains(claim.key) && names(experiment.data.train))
        return "train." + claim.key;
    if (!request.model.empty() && names(experiment.model))
        return "model";
    return request.train.contains(claim.key)  ? "train." + claim.key
           : request.eval.contains(claim.key) ? "eval." + claim.key
           : !request.settings.empty()        ? "settings"
                                              : "model";
}

/// What tells model and data of one experiment from those of another, as they are on the disk now.
std::string keyOf(const ExperimentConfig& experiment)
{
    ExperimentConfig plain = experiment;
    plain.method = {};
    plain.training = {};
    plain.training.threads = experiment.training.threads;
    std::string key = toJson(plain).dump();
    for (const std::string& file : {experiment.data.train, experiment.data.eval.value_or("")}) {
        std::error_code error;
        const auto time = std::filesystem::last_write_time(file, error);
        if (!error)
            key += std::to_string(time.time_since_epoch().count());
    }
    return key;
}

std::string textOf(const Error& error)
{
    return error.hint().empty() ? error.what() : error.what() + (". " + error.hint());
}

} // namespace

const CostInputs& ReproductionPlanner::inputsOf(const ExperimentConfig& experiment)
{
    const std::string key = keyOf(experiment);
    const auto found = m_inputs.find(key);
    if (found != m_inputs.end())
        return found->second;
    if (m_inputs.size() >= mostKept)
        m_inputs.clear();
    return m_inputs[key] = gatherCostInputs(experiment);
}

ui::PlannedReproduction ReproductionPlanner::plan(const ui::ReproductionQuestion& question)
{
    ui::PlannedReproduction answer;
    answer.ticket = question.ticket;
    answer.command = QString::fromStdString(commandText(question.request));
    for (const ArticleClaim& claim : claimsOf(question.request))
        planClaim(claim, question.request, answer);
    if (!answer.issues.empty())
        answer.lines.clear();
    return answer;
}

void ReproductionPlanner::planClaim(const ArticleClaim& claim, const ReproductionRequest& request,
                                    ui::PlannedReproduction& answer)
{
    ExperimentConfig experiment;
    ModelSummary model;
    SweepPlan plan;
    std::string field = request.settings.empty() ? "" : "settings";
    try {
        experiment = experimentOf(claim, request);
        field = "model";
        model = describeModel(experiment.model, experiment.task);
        field.clear();
        for (const ConfigIssue& issue : validate(experiment))
            if (issue.severity == Severity::Error)
                add(answer.issues, issue.field, issue.text);
        if (!answer.issues.empty())
            return;
        plan = planReproduction(claim, experiment, settingsOf(request), model);
    } catch (const Error& error) {
        return add(answer.issues, field, textOf(error));
    }
    try {
        const CostInputs& inputs = inputsOf(experiment);
        const std::vector<PlannedCost> costs = estimateReproduction(plan, inputs.facts, inputs.calibration);
        for (std::size_t run = 0; run < costs.size(); ++run) {
            const PlannedRun& planned = plan.runs[run];
            answer.lines.push_back({QString::fromStdString(claim.key + ": " + planned.label),
                                    planned.experiment.method, costs[run]});
            if (planned.experiment.method.type == MethodType::Full)
                answer.fullLearningRate = planned.experiment.training.learningRate;
        }
    } catch (const Error& error) {
        add(answer.issues, fieldOf(error, claim, request, experiment), textOf(error));
    }
}

} // namespace lora::app
