#include "ui/setup/task_field.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/format/task_names.h"
#include "ui/theme/theme.h"
#include "ui/widgets/card.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QPushButton>
#include <QSignalBlocker>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include <algorithm>

namespace lora::ui {

TaskField::TaskField(ExperimentEditor& editor, QWidget* parent)
    : QWidget(parent)
    , m_editor(editor)
    , m_choice(new QComboBox(this))
    , m_suggestion(new QWidget(this))
    , m_suggestionText(new MutedLabel({}, m_suggestion))
    , m_use(new QPushButton(tr("&Use it"), m_suggestion))
{
    m_choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_choice->setMinimumContentsLength(12);
    auto* row = new QHBoxLayout(m_suggestion);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(kGrid);
    row->addWidget(m_suggestionText, 1);
    row->addWidget(m_use);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid / 2);
    layout->addWidget(m_choice);
    layout->addWidget(m_suggestion);
    setFocusProxy(m_choice);
    connect(m_choice, &QComboBox::activated, this,
            [this](int index) { choose(static_cast<TaskType>(m_choice->itemData(index).toInt())); });
    connect(m_use, &QPushButton::clicked, this, [this] {
        if (const auto task = suggestion())
            choose(*task);
    });
    connect(&m_editor, &ExperimentEditor::changed, this, &TaskField::refresh);
    refresh();
}

void TaskField::setModelTasks(std::vector<TaskType> tasks, const std::string& family)
{
    m_modelTasks = std::move(tasks);
    m_family = qstr(family);
    refresh();
}

void TaskField::setDataTasks(std::vector<TaskFit> tasks)
{
    m_dataTasks = std::move(tasks);
    refresh();
}

bool TaskField::isForModel(TaskType task) const
{
    return m_modelTasks.empty() ||
           std::find(m_modelTasks.begin(), m_modelTasks.end(), task) != m_modelTasks.end();
}

QString TaskField::whyNot(TaskType task) const
{
    if (!isForModel(task))
        return tr("not with a %1 model").arg(m_family);
    const auto fit = std::find_if(m_dataTasks.begin(), m_dataTasks.end(),
                                  [task](const TaskFit& each) { return each.task == task; });
    return fit == m_dataTasks.end() ? QString() : qstr(fit->whyNot);
}

std::optional<TaskType> TaskField::suggestion() const
{
    const TaskType current = m_editor.experiment().task;
    if (whyNot(current).isEmpty())
        return std::nullopt;
    for (const TaskFit& fit : m_dataTasks) {
        if (fit.whyNot.empty() && isForModel(fit.task) && fit.task != current)
            return fit.task;
    }
    return std::nullopt;
}

void TaskField::refresh()
{
    std::vector<TaskType> order;
    for (const TaskFit& fit : m_dataTasks)
        order.push_back(fit.task);
    for (const TaskType task : allTasks()) {
        if (std::find(order.begin(), order.end(), task) == order.end())
            order.push_back(task);
    }
    std::stable_partition(order.begin(), order.end(),
                          [this](TaskType task) { return whyNot(task).isEmpty(); });
    const QSignalBlocker blocker(m_choice);
    m_choice->clear();
    for (const TaskType task : order) {
        const QString why = whyNot(task);
        m_choice->addItem(why.isEmpty() ? taskName(task) : tr("%1 – %2").arg(taskName(task), why),
                          static_cast<int>(task));
        m_choice->setItemData(m_choice->count() - 1, taskMeaning(task), Qt::ToolTipRole);
        // Columns can be chosen by hand, so rows never forbid a task; a model does.
        auto* items = qobject_cast<QStandardItemModel*>(m_choice->model());
        items->item(m_choice->count() - 1)->setEnabled(isForModel(task));
    }
    m_choice->view()->setMinimumWidth(m_choice->view()->sizeHintForColumn(0) + 3 * kGrid);
    const TaskType current = m_editor.experiment().task;
    m_choice->setCurrentIndex(m_choice->findData(static_cast<int>(current)));
    m_choice->setToolTip(taskMeaning(current));
    const auto better = suggestion();
    m_suggestion->setVisible(better.has_value());
    m_suggestionText->setText(better ? tr("These rows look like %1.").arg(taskName(*better)) : QString(),
                              MutedLabel::Tone::Warning);
}

void TaskField::choose(TaskType task)
{
    m_editor.edit(tr("Choose task"), [task](ExperimentConfig& e) {
        if (e.task == task)
            return;
        e.task = task;
        // Other roles, other metrics: inferred anew.
        e.data.columns = {};
        e.training.metricForBestModel.reset();
    });
}

} // namespace lora::ui
