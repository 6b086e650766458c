#include "ui/pages/run_bars.h"

#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QCoreApplication>

#include <algorithm>

namespace lora::ui {

namespace {

QString text(const char* source)
{
    return QCoreApplication::translate("lora::ui::RunBars", source);
}

struct Quantity
{
    QString title;
    double (*value)(const RunRecord&);
    double (*ledgerBaseline)(const RunRecord&); ///< of full fine-tuning; null where the ledger has none
    QString (*format)(double);
};

std::array<Quantity, 4> quantities()
{
    return {{{text("Trainable parameters"),
              [](const RunRecord& run) { return double(run.summary.trainableParameters); },
              // Adapters are no part of the model that would be trained in full; the head is small beside it.
              [](const RunRecord& run) {
                  const bool isLora = run.experiment.method.type == MethodType::Lora;
                  return double(run.summary.totalParameters - (isLora ? run.summary.trainableParameters : 0));
              },
              &qCount},
             {text("Compute"), [](const RunRecord& run) { return run.summary.flops; },
              [](const RunRecord& run) { return run.summary.flopsFullFineTuning; }, &qFlops},
             {text("Peak memory"), [](const RunRecord& run) { return double(run.summary.peakMemoryBytes); },
              nullptr, &qBytes},
             {text("Training time"), [](const RunRecord& run) { return run.summary.trainSeconds; }, nullptr,
              &qDuration}}};
}

bool isSameTask(const RunRecord& a, const RunRecord& b)
{
    return a.experiment.model == b.experiment.model && a.experiment.data.train == b.experiment.data.train;
}

const RunRecord* fullRunFor(const RunRecord& run, const std::vector<RunRecordPtr>& runs)
{
    const auto found = std::find_if(runs.begin(), runs.end(), [&run](const RunRecordPtr& other) {
        return other->experiment.method.type == MethodType::Full && isSameTask(run, *other);
    });
    return found == runs.end() ? nullptr : found->get();
}

BarRow rowOf(const RunRecord& run, const Quantity& quantity, double baseline, bool isEstimated,
             const QPalette& palette)
{
    const double value = quantity.value(run);
    BarRow row;
    row.label = run.experiment.name.empty() ? qstr(run.id) : qstr(run.experiment.name);
    row.value = value;
    row.color = methodColor(run.experiment.method, palette);
    row.text = quantity.format(value);
    const bool isBaseline = run.experiment.method.type == MethodType::Full;
    if (baseline > 0 && !isBaseline) {
        const QString change = (isEstimated ? QStringLiteral("≈ ") : QString()) + qChange(value / baseline);
        row.toolTip =
            text("%1 of %2 (%3)")
                .arg(row.text, quantity.format(baseline),
                     isEstimated ? text("full fine-tuning, estimated") : text("full fine-tuning, measured"));
        row.text = change;
    } else {
        row.toolTip = row.text;
    }
    return row;
}

} // namespace

std::array<RunBarSet, 4> runBars(const std::vector<RunRecordPtr>& runs, const QPalette& palette)
{
    std::array<RunBarSet, 4> sets;
    const auto all = quantities();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Quantity& quantity = all[i];
        sets[i].title = quantity.title;
        double estimated = 0;
        for (const RunRecordPtr& run : runs) {
            if (quantity.value(*run) <= 0)
                continue;
            const RunRecord* full = fullRunFor(*run, runs);
            const double ledger = !full && quantity.ledgerBaseline ? quantity.ledgerBaseline(*run) : 0;
            sets[i].rows.push_back(
                rowOf(*run, quantity, full ? quantity.value(*full) : ledger, full == nullptr, palette));
            if (estimated == 0)
                estimated = ledger;
        }
        if (estimated > 0) {
            BarRow row;
            row.label = text("full fine-tuning");
            row.value = estimated;
            row.text = QStringLiteral("≈ ") + quantity.format(estimated);
            row.toolTip = text("Estimated from the ledger; train a full run to measure it");
            row.color = mutedText(palette);
            row.isEstimated = true;
            sets[i].rows.push_back(row);
        }
    }
    return sets;
}

} // namespace lora::ui
