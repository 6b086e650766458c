#include "app/session/cost_desk.h"

#include "core/cost/calibration.h"

#include <algorithm>
#include <numeric>

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
    answer();
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

QString CostDesk::missing() const
{
    if (hasErrors(validate(*m_wanted)))
        return tr("Some settings have to be corrected first.");
    if (!m_model || m_model->path != m_wanted->model)
        return m_modelProblem.isEmpty() ? tr("The model is being read.") : m_modelProblem;
    const auto& tasks = m_model->tasks;
    if (!tasks.empty() && std::find(tasks.begin(), tasks.end(), m_wanted->task) == tasks.end())
        return tr("This model cannot be trained for this task.");
    if (m_model->task != m_wanted->task)
        return tr("The model is being read.");
    if (!m_data || *m_data != dataKey(*m_wanted) || m_dataModel != m_wanted->model ||
        m_dataTask != m_wanted->task)
        return m_dataProblem.isEmpty() ? tr("The data set is being read.") : m_dataProblem;
    return {};
}

void CostDesk::answer()
{
    if (!m_wanted)
        return;
    if (const QString reason = missing(); !reason.isEmpty()) {
        emit unavailable(reason);
        return;
    }
    const CalibrationKey key{m_wanted->model, m_wanted->training.threads};
    const auto calibration = m_calibrations.find(key);
    if (calibration == m_calibrations.end()) {
        calibrateFor(key);
        return;
    }
    WorkloadFacts facts;
    facts.model = *m_model;
    facts.numLabels = m_facts.numLabels;
    facts.trainLengths = trainedLengths(m_facts.trainLengths, *m_wanted);
    const std::vector<std::int32_t> evaluated = trainedLengths(m_facts.evalLengths, *m_wanted);
    facts.evalTokens = std::accumulate(evaluated.begin(), evaluated.end(), 0.0);
    facts.isHiddenAnew = m_facts.isHiddenAnew;
    facts.labelledShare = m_facts.labelledShare;
    try {
        emit ready(estimateCost(*m_wanted, facts, calibration->second));
    } catch (const Error& error) {
        emit unavailable(QString::fromStdString(error.what()));
    }
}

void CostDesk::calibrateFor(const CalibrationKey& key)
{
    if (m_isTraining) {
        emit unavailable(tr("This machine is measured for this model when the running training has ended."));
        return;
    }
    emit unavailable(tr("Measuring this machine."));
    m_lane.post<Calibration>([model = *m_model, threads = key.second] { return calibrate(model, threads); },
                             [this, key](const Calibration& calibration) {
                                 m_calibrations[key] = calibration;
                                 answer();
                             },
                             [this](const QString& what, const QString&) { emit unavailable(what); });
}

} // namespace lora::app
