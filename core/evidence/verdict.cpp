#include "core/base/quantity_text.h"
#include "core/evidence/task_evidence.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace lora {

namespace {

// Of the way from the untuned model to a perfect one: less than this, and models that are equally good may
// just be equally bad.
constexpr double leastProgress = 0.2;

const EvidenceRow* fullOf(const TaskEvidence& evidence)
{
    const auto found = std::ranges::find_if(evidence.rows, &EvidenceRow::isFull);
    return found == evidence.rows.end() || !found->quality ? nullptr : &*found;
}

/// Of the rows that `isWanted`, the one with the most `value`; null without any.
template <class Wanted, class Value>
const EvidenceRow* best(const TaskEvidence& evidence, const Wanted& isWanted, const Value& value)
{
    const EvidenceRow* found = nullptr;
    for (const EvidenceRow& row : evidence.rows)
        if (!row.isFull && row.difference && std::invoke(isWanted, row) &&
            (!found || value(row) > value(*found)))
            found = &row;
    return found;
}

std::string differenceOf(const TaskEvidence& evidence, const EvidenceRow& row)
{
    return fmt::format("{} points of {}, 95 % interval {}",
                       differenceText(evidence.metric, row.difference->difference), evidence.metric,
                       intervalText(evidence.metric, row.difference->interval));
}

std::string holdsText(const TaskEvidence& evidence, const EvidenceRow& row)
{
    return fmt::format("Holds here: {} saves {} of full fine-tuning's measured compute and is within noise "
                       "of it ({}).",
                       row.label, percentText(row.savedCompute.mean), differenceOf(evidence, row));
}

std::string failsText(const TaskEvidence& evidence)
{
    const double claimed = evidence.claim.savedCompute;
    const auto saves = [&](const EvidenceRow& row) { return row.savedCompute.mean >= claimed; };
    const auto quality = [](const EvidenceRow& row) { return row.difference->difference; };
    std::string text = fmt::format("Does not hold here: nothing that saves {} is within noise of full "
                                   "fine-tuning.",
                                   percentText(claimed));
    if (const EvidenceRow* row = best(evidence, saves, quality))
        text +=
            fmt::format(" The best of those that save as much, {}, saves {} and is {} ({}).", row->label,
                        percentText(row->savedCompute.mean),
                        row->difference->difference < 0 ? "worse" : "better", differenceOf(evidence, *row));
    const auto compute = [](const EvidenceRow& row) { return row.savedCompute.mean; };
    if (const EvidenceRow* row = best(evidence, &EvidenceRow::isEqual, compute))
        text += fmt::format(" The cheapest within noise of it, {}, saves {} ({}).", row->label,
                            percentText(row->savedCompute.mean), differenceOf(evidence, *row));
    else
        text += " No configuration tried here is within noise of it.";
    return text;
}

} // namespace

void judge(TaskEvidence& evidence)
{
    evidence.verdict = Verdict::CannotTell;
    const EvidenceRow* full = fullOf(evidence);
    if (evidence.runsLeft > 0) {
        evidence.sentence = fmt::format("Cannot be told yet: {} {} left.", evidence.runsLeft,
                                        evidence.runsLeft == 1 ? "planned run is" : "planned runs are");
        return;
    }
    const bool isAnyCompared =
        std::ranges::any_of(evidence.rows, [](const EvidenceRow& row) { return row.difference.has_value(); });
    if (!full || !isAnyCompared) {
        evidence.sentence = "Cannot be told: the runs to compare are not there.";
        return;
    }
    const auto enough = [&](const EvidenceRow& row) {
        return row.isEqual() && row.savedCompute.mean >= evidence.claim.savedCompute;
    };
    const auto compute = [](const EvidenceRow& row) { return row.savedCompute.mean; };
    const EvidenceRow* row = best(evidence, enough, compute);
    const double reached = full->quality->mean, start = evidence.untuned.value_or(0);
    if (reached - start < leastProgress * (1 - start)) {
        evidence.sentence = fmt::format(
            "Cannot be told: full fine-tuning itself comes from {} only to {} of {}, so that being as good "
            "says little{}.",
            percentText(start), percentText(reached), evidence.metric,
            row ? fmt::format(" ({} saves {} and is within noise of it)", row->label,
                              percentText(row->savedCompute.mean))
                : "");
        return;
    }
    evidence.verdict = row ? Verdict::Holds : Verdict::Fails;
    evidence.sentence = row ? holdsText(evidence, *row) : failsText(evidence);
}

} // namespace lora
