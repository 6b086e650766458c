#include "app/session/cost_desk.h"

#include "core/cost/calibration.h"
#include "core/sweep/sweep_cost.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace lora::app {

CostDesk::CostDesk(QObject* parent)
    : QObject(parent)
{}

void CostDesk::setModel(const ModelSummary& model)
{
    m_model = model;
    m_modelProblem.clear();
    answer();
}

void CostDesk::setDataset(const ExperimentConfig& experiment, const DatasetFacts& facts)
{
    m_dataModel = experiment.model;
    m_dataTask = experiment.task;
    m_data = dataKey(experiment);
    m_dataProblem.clear();
    m_facts = facts;
    answer();
}

void CostDesk::dropModel(const QString& reason)
{
    m_model.reset();
    m_modelProblem = reason;
    answer();
}

void CostDesk::dropDataset(const QString& reason)
{
    m_data.reset();
    m_dataProblem = reason;
    answer();
}

void CostDesk::setTraining(bool isTraining)
{
    m_isTraining = isTraining;
    if (!isTraining)
        answer();
}

void CostDesk::request(const ExperimentConfig& experiment)
{
    m_wanted = experiment;
    answerRequest();
}

void CostDesk::planSweep(const ui::SweepQuestion& question)
{
    m_sweep = question;
    answerSweep();
}

/// Where rows are cut does not matter here: lengths are kept uncut and cut for every answer, but for blocks.
DataConfig CostDesk::dataKey(const ExperimentConfig& experiment)
{
    DataConfig data = experiment.data;
    if (experiment.task != TaskType::CausalLm)
        data.maxLength = 0;
    return data;
}

namespace {

/// Lengths of the rows as they are trained on: cut at max_length, or of a question's windows.
std::vector<std::int32_t> trainedLengths(const std::vector<std::int32_t>& lengths,
                                         const ExperimentConfig& experiment)
{
    const std::int32_t longest = experiment.data.maxLength;
    if (experiment.task != TaskType::QuestionAnswering) {
        std::vector<std::int32_t> cut = lengths;
        for (std::int32_t& length : cut)
            length = std::min(length, longest);
        return cut;
    }
    const std::int32_t stride = std::min<std::int32_t>(experiment.data.docStride.value_or(64), longest / 4);
    std::vector<std::int32_t> windows;
    for (std::int32_t length : lengths) {
        for (; length > longest; length -= longest - stride)
            windows.push_back(longest);
        windows.push_back(length);
    }
    return windows;
}

} // namespace

QString CostDesk::missing(const ExperimentConfig& wanted) const
{
    if (hasErrors(validate(wanted)))
        return tr("Some settings have to be corrected first.");
    if (!m_model || m_model->path != wanted.model)
        return m_modelProblem.isEmpty() ? tr("The model is being read.") : m_modelProblem;
    const auto& tasks = m_model->tasks;
    if (!tasks.empty() && std::find(tasks.begin(), tasks.end(), wanted.task) == tasks.end())
        return tr("This model cannot be trained for this task.");
    if (m_model->task != wanted.task)
        return tr("The model is being read.");
    if (!m_data || *m_data != dataKey(wanted) || m_dataModel != wanted.model || m_dataTask != wanted.task)
        return m_dataProblem.isEmpty() ? tr("The data set is being read.") : m_dataProblem;
    return {};
}

WorkloadFacts CostDesk::factsFor(const ExperimentConfig& wanted) const
{
    WorkloadFacts facts;
    facts.model = *m_model;
    facts.numLabels = m_facts.numLabels;
    facts.trainLengths = trainedLengths(m_facts.trainLengths, wanted);
    const std::vector<std::int32_t> evaluated = trainedLengths(m_facts.evalLengths, wanted);
    facts.evalTokens = std::accumulate(evaluated.begin(), evaluated.end(), 0.0);
    facts.isHiddenAnew = m_facts.isHiddenAnew;
    facts.labelledShare = m_facts.labelledShare;
    return facts;
}

void CostDesk::answer()
{
    answerRequest();
    answerSweep();
}

void CostDesk::answerRequest()
{
    if (!m_wanted)
        return;
    QString reason = missing(*m_wanted);
    const CalibrationKey key{m_wanted->model, m_wanted->training.threads};
    if (reason.isEmpty())
        reason = calibrateFor(key);
    if (!reason.isEmpty()) {
        emit unavailable(reason);
        return;
    }
    try {
        emit ready(estimateCost(*m_wanted, factsFor(*m_wanted), m_calibrations.at(key)));
    } catch (const Error& error) {
        emit unavailable(QString::fromStdString(error.what()));
    }
}

namespace {

/// On the planning thread.
ui::PlannedSweep plannedSweep(const ui::SweepQuestion& question, const WorkloadFacts& facts,
                              const Calibration& calibration)
{
    ui::PlannedSweep answer;
    answer.ticket = question.ticket;
    answer.issues = checkSweep(question.base, question.axes, facts.model);
    if (!answer.issues.empty())
        return answer;
    try {
        const SweepPlan plan = lora::planSweep(question.base, question.axes, facts.model);
        const std::vector<PlannedCost> costs = estimateSweep(plan, facts, calibration);
        for (std::size_t run = 0; run < costs.size(); ++run)
            answer.lines.push_back(
                {QString::fromStdString(plan.runs[run].label), plan.runs[run].experiment.method, costs[run]});
    } catch (const Error& error) { // the rest is about targets
        answer.issues.push_back({"targets", Severity::Error, error.what()});
    }
    return answer;
}

} // namespace

void CostDesk::sayOfSweep(quint64 ticket, const QString& reason)
{
    ui::PlannedSweep answer;
    answer.ticket = ticket;
    answer.reason = reason;
    emit sweepPlanned(answer);
}

void CostDesk::answerSweep()
{
    if (!m_sweep)
        return;
    const CalibrationKey key{m_sweep->base.model, m_sweep->base.training.threads};
    QString reason = missing(m_sweep->base);
    if (reason.isEmpty())
        reason = calibrateFor(key);
    if (!reason.isEmpty())
        return sayOfSweep(m_sweep->ticket, reason);
    m_planning.post<ui::PlannedSweep>(
        [question = *m_sweep, facts = factsFor(m_sweep->base), calibration = m_calibrations.at(key)] {
            return plannedSweep(question, facts, calibration);
        },
        [this](const ui::PlannedSweep& plan) { emit sweepPlanned(plan); },
        [this, ticket = m_sweep->ticket](const QString& what, const QString&) { sayOfSweep(ticket, what); });
    m_sweep.reset();
}

QString CostDesk::calibrateFor(const CalibrationKey& key)
{
    if (m_calibrations.contains(key))
        return {};
    if (m_isTraining)
        return tr("This machine is measured for this model when the running training has ended.");
    if (std::exchange(m_calibrating, key) != key)
        m_lane.post<Calibration>(
            [model = *m_model, threads = key.second] { return calibrate(model, threads); },
            [this, key](const Calibration& calibration) {
                m_calibrations[key] = calibration;
                m_calibrating.reset();
                answer();
            },
            [this](const QString& what, const QString&) {
                m_calibrating.reset();
                emit unavailable(what);
                if (m_sweep)
                    sayOfSweep(m_sweep->ticket, what);
            });
    return tr("Measuring this machine.");
}

} // namespace lora::app
