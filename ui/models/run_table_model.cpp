#include "ui/models/run_table_model.h"

#include "core/config/lora_variant.h"
#include "ui/format/quantities.h"
#include "ui/theme/theme.h"

#include <QApplication>
#include <QFont>

#include <algorithm>
#include <map>

namespace lora::ui {

namespace {

/// "2–5" for consecutive layers, "0, 3, 7" otherwise.
QString layersText(const std::vector<int>& layers)
{
    const bool isRange =
        layers.size() > 2 && layers.back() - layers.front() + 1 == static_cast<int>(layers.size());
    if (isRange)
        return QStringLiteral("%1–%2").arg(layers.front()).arg(layers.back());
    QStringList parts;
    for (const int layer : layers)
        parts += QString::number(layer);
    return parts.join(QStringLiteral(", "));
}

} // namespace

QString targetsLabel(const MethodConfig& method)
{
    if (method.type != MethodType::Lora)
        return QStringLiteral("–");
    QString text;
    if (const auto* pattern = std::get_if<std::string>(&method.lora.targetModules)) {
        text = qstr(*pattern);
    } else {
        const auto& names = std::get<std::vector<std::string>>(method.lora.targetModules);
        QStringList parts;
        for (const std::string& name : names)
            parts += qstr(name);
        text = parts.size() > 6 ? RunTableModel::tr("%1 modules").arg(parts.size())
                                : parts.join(QStringLiteral(", "));
    }
    if (method.lora.layersToTransform)
        text += RunTableModel::tr("; layers %1").arg(layersText(*method.lora.layersToTransform));
    return text;
}

QString methodLabel(const MethodConfig& method)
{
    switch (method.type) {
    case MethodType::Full:
        return RunTableModel::tr("full");
    case MethodType::Head:
        return method.lora.bias == "all" ? RunTableModel::tr("BitFit") : RunTableModel::tr("head");
    case MethodType::Lora:
        break;
    }
    static const std::map<std::string, QString> kNames{
        {"lora", QStringLiteral("LoRA")},   {"rslora", QStringLiteral("rsLoRA")},
        {"dora", QStringLiteral("DoRA")},   {"pissa", QStringLiteral("PiSSA")},
        {"olora", QStringLiteral("OLoRA")}, {"lora-fa", QStringLiteral("LoRA-FA")}};
    const auto found = kNames.find(variantOf(method.lora));
    // A mixture, such as DoRA with rsLoRA's scaling, has no name of its own.
    const QString name = found == kNames.end() ? RunTableModel::tr("LoRA, mixed") : found->second;
    return method.lora.loraplusLrRatio ? name + u'+' : name;
}

std::optional<double> primaryResult(const RunRecord& run)
{
    const auto& summary = run.summary;
    const auto& values =
        run.experiment.training.loadBestModelAtEnd && !summary.best.empty() ? summary.best : summary.final;
    const auto found = values.find(summary.primaryMetric);
    return found == values.end() ? std::nullopt : std::optional(found->second);
}

void RunTableModel::setRuns(const std::vector<RunRecordPtr>& runs)
{
    beginResetModel();
    m_runs = runs;
    std::stable_sort(m_runs.begin(), m_runs.end(), [](const RunRecordPtr& a, const RunRecordPtr& b) {
        return a->summary.startedAt > b->summary.startedAt;
    });
    constexpr int kCheckedAtFirst = 6;
    int row = 0;
    for (const RunRecordPtr& run : m_runs) {
        const bool isNew = m_known.insert(run->folder.string()).second;
        if (isNew && row++ < kCheckedAtFirst)
            m_checked.insert(run->folder.string());
    }
    findDifferences();
    endResetModel();
    emit checkedChanged();
}

std::vector<RunRecordPtr> RunTableModel::checkedRuns() const
{
    std::vector<RunRecordPtr> checked;
    std::copy_if(m_runs.begin(), m_runs.end(), std::back_inserter(checked),
                 [this](const RunRecordPtr& run) { return m_checked.contains(run->folder.string()); });
    return checked;
}

void RunTableModel::setChecked(int row, bool isChecked)
{
    setData(index(row, Name), isChecked ? Qt::Checked : Qt::Unchecked, Qt::CheckStateRole);
}

void RunTableModel::checkOnly(const QStringList& folders)
{
    m_checked.clear();
    for (const QString& folder : folders) {
        m_checked.insert(folder.toStdString());
        m_known.insert(folder.toStdString());
    }
    findDifferences();
    if (rowCount() > 0)
        emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    emit checkedChanged();
}

int RunTableModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunTableModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QString RunTableModel::text(const RunRecord& run, int column) const
{
    const RunSummary& summary = run.summary;
    const ExperimentConfig& experiment = run.experiment;
    switch (column) {
    case Name:
        return experiment.name.empty() ? qstr(run.id) : qstr(experiment.name);
    case Method:
        return methodLabel(experiment.method);
    case Rank:
        return experiment.method.type == MethodType::Lora ? QString::number(experiment.method.lora.r)
                                                          : QStringLiteral("–");
    case Targets:
        return targetsLabel(experiment.method);
    case Model:
        return sourceName(experiment.model);
    case Data:
        return sourceName(experiment.data.train);
    case LearningRate:
        return QString::number(experiment.training.learningRate, 'g', 4);
    case Epochs:
        return QString::number(experiment.training.numTrainEpochs, 'g', 4);
    case Seed:
        return QString::number(experiment.training.seed);
    case Trainable:
        return summary.trainableParameters > 0 ? qCount(double(summary.trainableParameters))
                                               : QStringLiteral("–");
    case Compute:
        return summary.flopsFullFineTuning > 0 ? qChange(summary.flops / summary.flopsFullFineTuning)
                                               : QStringLiteral("–");
    case Memory:
        return summary.peakMemoryBytes > 0 ? qBytes(double(summary.peakMemoryBytes)) : QStringLiteral("–");
    case Time:
        return summary.trainSeconds > 0 ? qDuration(summary.trainSeconds) : QStringLiteral("–");
    case Result: {
        const auto result = primaryResult(run);
        return result ? tr("%1 %2").arg(metricName(summary.primaryMetric), qNumber(*result))
                      : QStringLiteral("–");
    }
    case Outcome:
        return qstr(summary.outcome);
    case Started:
        return qstr(summary.startedAt).left(16).replace(u'T', u' ');
    default:
        return {};
    }
}

QVariant RunTableModel::sortValue(const RunRecord& run, int column) const
{
    const RunSummary& summary = run.summary;
    switch (column) {
    case Rank:
        return run.experiment.method.type == MethodType::Lora ? run.experiment.method.lora.r : 0;
    case LearningRate:
        return run.experiment.training.learningRate;
    case Epochs:
        return run.experiment.training.numTrainEpochs;
    case Seed:
        return qulonglong(run.experiment.training.seed);
    case Trainable:
        return qlonglong(summary.trainableParameters);
    case Compute:
        return summary.flopsFullFineTuning > 0 ? summary.flops / summary.flopsFullFineTuning : 0.0;
    case Memory:
        return qlonglong(summary.peakMemoryBytes);
    case Time:
        return summary.trainSeconds;
    case Result:
        return primaryResult(run).value_or(-1e300);
    default:
        return text(run, column);
    }
}

QString RunTableModel::toolTip(const RunRecord& run, int column) const
{
    const RunSummary& summary = run.summary;
    if (column == Compute && summary.flopsFullFineTuning > 0)
        return tr("%1 of the %2 full fine-tuning would need for the same steps")
            .arg(qFlops(summary.flops), qFlops(summary.flopsFullFineTuning));
    if (column == Trainable && summary.totalParameters > 0)
        return tr("%1 of %2")
            .arg(qCount(double(summary.trainableParameters)), qCount(double(summary.totalParameters)));
    if (column == Name)
        return QString::fromStdString(run.folder.string());
    if (column == Outcome && !summary.message.empty())
        return qstr(summary.message);
    return text(run, column);
}

QVariant RunTableModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid())
        return {};
    const RunRecord& run = *m_runs[static_cast<std::size_t>(index.row())];
    const int column = index.column();
    const QPalette palette = QApplication::palette();
    switch (role) {
    case Qt::DisplayRole:
        return text(run, column);
    case Qt::ToolTipRole:
        return toolTip(run, column);
    case SortRole:
        return sortValue(run, column);
    case RunIndexRole:
        return index.row();
    case Qt::CheckStateRole:
        return column == Name
                   ? QVariant(m_checked.contains(run.folder.string()) ? Qt::Checked : Qt::Unchecked)
                   : QVariant();
    case Qt::DecorationRole:
        return column == Name ? QVariant(methodColor(run.experiment.method, palette)) : QVariant();
    case Qt::TextAlignmentRole: {
        const bool isNumber = column == Rank || (column >= LearningRate && column <= Time);
        return QVariant::fromValue((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    case Qt::FontRole: {
        QFont font = QApplication::font();
        font.setBold(m_differing.contains(column));
        return font;
    }
    case Qt::ForegroundRole:
        return isSetting(column) && !m_differing.contains(column) ? QVariant(mutedText(palette)) : QVariant();
    default:
        return {};
    }
}

bool RunTableModel::setData(const QModelIndex& index, const QVariant& value, int role)
{
    if (!index.isValid() || role != Qt::CheckStateRole || index.column() != Name)
        return false;
    const std::string folder = m_runs[static_cast<std::size_t>(index.row())]->folder.string();
    if (value.toInt() == Qt::Checked)
        m_checked.insert(folder);
    else
        m_checked.erase(folder);
    findDifferences();
    emit dataChanged(this->index(0, 0), this->index(rowCount() - 1, ColumnCount - 1));
    emit checkedChanged();
    return true;
}

Qt::ItemFlags RunTableModel::flags(const QModelIndex& index) const
{
    const Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    return index.column() == Name ? flags | Qt::ItemIsUserCheckable : flags;
}

QVariant RunTableModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= ColumnCount)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole && section == Compute)
        return tr("Floating-point operations against full fine-tuning for the same steps");
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Run");
    case Method:
        return tr("Method");
    case Rank:
        return tr("Rank");
    case Targets:
        return tr("Targets");
    case Model:
        return tr("Model");
    case Data:
        return tr("Data");
    case LearningRate:
        return tr("Rate");
    case Epochs:
        return tr("Epochs");
    case Seed:
        return tr("Seed");
    case Trainable:
        return tr("Trainable");
    case Compute:
        return tr("Compute");
    case Memory:
        return tr("Peak memory");
    case Time:
        return tr("Time");
    case Result:
        return tr("Result");
    case Outcome:
        return tr("Outcome");
    default:
        return tr("Started (UTC)");
    }
}

void RunTableModel::findDifferences()
{
    m_differing.clear();
    const auto checked = checkedRuns();
    for (int column = Method; column <= Seed; ++column) {
        std::set<QString> values;
        for (const RunRecordPtr& run : checked)
            values.insert(text(*run, column));
        if (values.size() > 1)
            m_differing.insert(column);
    }
}

RunFilterModel::RunFilterModel(QObject* parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(RunTableModel::SortRole);
}

void RunFilterModel::setWords(const QString& words)
{
    m_words = words.split(u' ', Qt::SkipEmptyParts);
    invalidateFilter();
}

bool RunFilterModel::filterAcceptsRow(int sourceRow, const QModelIndex& sourceParent) const
{
    QStringList cells;
    for (int column = 0; column < sourceModel()->columnCount(sourceParent); ++column)
        cells += sourceModel()->index(sourceRow, column, sourceParent).data().toString();
    const QString all = cells.join(u'\n');
    return std::all_of(m_words.begin(), m_words.end(),
                       [&all](const QString& word) { return all.contains(word, Qt::CaseInsensitive); });
}

bool RunFilterModel::lessThan(const QModelIndex& left, const QModelIndex& right) const
{
    const QVariant a = left.data(RunTableModel::SortRole);
    const QVariant b = right.data(RunTableModel::SortRole);
    if (a.typeId() == QMetaType::QString)
        return QString::localeAwareCompare(a.toString(), b.toString()) < 0;
    return a.toDouble() < b.toDouble();
}

} // namespace lora::ui
