#pragma once

#include "core/config/config_issue.h"
#include "core/evidence/reproduction_request.h"
#include "ui/sweep/sweep_values.h"

#include <QString>
#include <QStringList>

#include <vector>

/// What the window asks and is told about putting the article's claims to the test.
namespace lora::ui {

/// What there is to test, and with what where the user says nothing else.
struct ReproductionDefaults
{
    std::vector<ArticleClaim> claims;
    QString model; ///< "builtin:…"
    int rank = 0;
    double epochs = 0;
    double learningRate = 0;
    double fullLearningRate = 0;
    std::vector<std::uint64_t> seeds;
};

/// "What runs would these be, and what would they cost?" Answers carry its ticket.
struct ReproductionQuestion
{
    quint64 ticket = 0;
    ReproductionRequest request;
};

/// The answer: either lines, or problems beside their fields, or why there is neither yet.
struct PlannedReproduction
{
    quint64 ticket = 0;
    std::vector<SweepLine> lines; ///< in the order they are run
    double fullLearningRate = 0;  ///< what full fine-tuning is trained at
    /// Fields: "model"; "train.<claim>", "eval.<claim>"; "seeds", "settings"; or of an experiment.
    ConfigIssues issues;
    QString reason;  ///< "The data is being read."
    QString command; ///< that does the same
};

/// One on the disk, finished or not.
struct KnownReproduction
{
    QString folder;
    QString title; ///< "2026-11-24 08:30, sentiment analysis"
    int done = 0;
    int count = 0;

    bool isComplete() const { return done == count; }
    bool operator==(const KnownReproduction&) const = default;
};

} // namespace lora::ui
