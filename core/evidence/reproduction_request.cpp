#include "core/evidence/reproduction_request.h"

#include "core/base/shell_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace lora {

std::vector<ArticleClaim> claimsOf(const ReproductionRequest& request)
{
    if (request.tasks.empty())
        return articleClaims();
    std::vector<ArticleClaim> claims;
    for (const std::string& key : request.tasks)
        claims.push_back(articleClaim(key));
    return claims;
}

ExperimentConfig experimentOf(const ArticleClaim& claim, const ReproductionRequest& request)
{
    ExperimentConfig experiment = usualExperiment(claim);
    if (!request.model.empty())
        experiment.model = request.model;
    if (const auto train = request.train.find(claim.key); train != request.train.end())
        experiment.data.train = train->second;
    if (const auto eval = request.eval.find(claim.key); eval != request.eval.end())
        experiment.data.eval = eval->second;
    if (request.learningRate)
        experiment.training.learningRate = *request.learningRate;
    if (request.epochs)
        experiment.training.numTrainEpochs = *request.epochs;
    if (request.rank) {
        experiment.method.lora.r = *request.rank;
        experiment.method.lora.loraAlpha = 2.0 * *request.rank;
    }
    return withOverrides(experiment, request.settings);
}

ReproductionSettings settingsOf(const ReproductionRequest& request)
{
    std::optional<double> fullRate = request.fullLearningRate;
    if (!fullRate && !request.learningRate)
        fullRate = usualFullLearningRate;
    return {request.seeds, fullRate};
}

std::string commandText(const ReproductionRequest& request)
{
    std::string text = "lora-workbench-cli reproduce";
    const auto add = [&](const std::string& name, const std::string& value) {
        text += fmt::format(" {} {}", name, shellWord(value));
    };
    if (!request.tasks.empty())
        add("--tasks", fmt::format("{}", fmt::join(request.tasks, ",")));
    if (!request.model.empty())
        add("--model", request.model);
    for (const auto& [key, file] : request.train)
        add("--" + key, file);
    for (const auto& [key, file] : request.eval)
        add("--" + key + "-eval", file);
    add("--seeds", fmt::format("{}", fmt::join(request.seeds, ",")));
    if (request.epochs)
        add("--epochs", fmt::format("{}", *request.epochs));
    if (request.rank)
        add("--rank", fmt::format("{}", *request.rank));
    if (request.learningRate)
        add("--learning-rate", fmt::format("{}", *request.learningRate));
    if (request.fullLearningRate)
        add("--full-learning-rate", fmt::format("{}", *request.fullLearningRate));
    for (const std::string& setting : request.settings)
        add("--set", setting);
    return text;
}

} // namespace lora
