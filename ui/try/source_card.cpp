#include "ui/try/source_card.h"

#include "ui/format/quantities.h"
#include "ui/format/task_names.h"
#include "ui/theme/theme.h"

#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace lora::ui {

namespace {

QComboBox* shrinkingCombo(QWidget* parent, const QString& name)
{
    auto* combo = new QComboBox(parent);
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(8);
    combo->setAccessibleName(name);
    return combo;
}

} // namespace

SourceCard::SourceCard(QWidget* parent)
    : Card(tr("Model"), parent)
    , m_choice(shrinkingCombo(this, tr("Model to try")))
    , m_task(shrinkingCombo(this, tr("Task")))
    , m_adapter(shrinkingCombo(this, tr("Adapter")))
    , m_folderForm(new QWidget(this))
{
    buildLayout();
    connect(m_choice, &QComboBox::activated, this, &SourceCard::activate);
    connect(m_task, &QComboBox::activated, this, [this](int index) {
        const QVariant task = m_task->itemData(index);
        changeFolder([&](TrySource& source) {
            source.task = task.isValid() ? std::optional(static_cast<TaskType>(task.toInt())) : std::nullopt;
        });
    });
    connect(m_adapter, &QComboBox::activated, this, [this](int index) {
        if (index == m_adapter->count() - 1)
            return chooseAdapter();
        changeFolder(
            [&](TrySource& source) { source.adapter = m_adapter->itemData(index).toString().toStdString(); });
    });
    rebuild();
}

void SourceCard::buildLayout()
{
    m_choice->setToolTip(tr("A finished run, the run that is paused now, or a model folder"));
    m_task->setToolTip(tr("What the model is asked for; its files decide unless chosen here"));
    m_task->addItem(tr("as its files say"));
    for (const TaskType task : allTasks()) {
        m_task->addItem(taskName(task), static_cast<int>(task));
        m_task->setItemData(m_task->count() - 1, taskMeaning(task), Qt::ToolTipRole);
    }
    m_adapter->setToolTip(tr("A PEFT folder trained for this model"));
    auto* form = new QFormLayout(m_folderForm);
    form->setContentsMargins(0, 0, 0, 0);
    form->setHorizontalSpacing(kGrid);
    form->setVerticalSpacing(kGrid / 2);
    form->addRow(tr("A&dapter"), m_adapter);
    form->addRow(tr("Tas&k"), m_task);
    body()->addWidget(m_choice);
    body()->addWidget(m_folderForm);
}

void SourceCard::setRuns(const std::vector<std::shared_ptr<const RunRecord>>& runs)
{
    m_runs.clear();
    for (const auto& run : runs) {
        const bool hasWeights = run->summary.outcome == "completed" || run->summary.outcome == "stopped";
        if (!hasWeights)
            continue;
        const std::string& name = run->experiment.name.empty() ? run->id : run->experiment.name;
        TrySource source;
        source.kind = TrySource::Kind::Run;
        source.path = run->folder.string();
        m_runs.push_back({source, qstr(name)});
    }
    rebuild();
}

void SourceCard::setPausedRun(const QString& folder, const QString& name)
{
    m_live.clear();
    std::optional<TrySource> wanted;
    if (!folder.isEmpty()) {
        TrySource source;
        source.kind = TrySource::Kind::Live;
        source.path = folder.toStdString();
        m_live.push_back({source, tr("%1, paused: its present weights").arg(name)});
        wanted = source; // why else would one look here while a run is paused
    }
    wanted ? choose(*wanted) : rebuild();
}

void SourceCard::setBuiltins(const QStringList& models)
{
    for (const QString& model : models) {
        TrySource source;
        source.path = model.toStdString();
        m_folders.push_back({source, sourceName(source.path)});
    }
    rebuild();
}

void SourceCard::addFolder(const QString& path)
{
    TrySource source;
    source.path = path.toStdString();
    const auto found = std::find_if(m_folders.begin(), m_folders.end(),
                                    [&](const Entry& entry) { return entry.source.path == source.path; });
    if (found == m_folders.end())
        m_folders.push_back({source, sourceName(source.path)});
    else
        source = found->source;
    choose(source);
}

void SourceCard::choose(const TrySource& source)
{
    const bool isNew = m_current != source;
    m_isChosen = true;
    m_current = source;
    rebuild();
    if (isNew && m_current == source)
        emit chosen();
}

bool SourceCard::chooseRun(const QString& name)
{
    const auto found =
        std::find_if(m_runs.begin(), m_runs.end(), [&](const Entry& entry) { return entry.name == name; });
    if (found == m_runs.end())
        return false;
    choose(TrySource(found->source));
    return true;
}

bool SourceCard::hasSource() const
{
    return m_current.has_value();
}

TrySource SourceCard::source() const
{
    return m_current.value_or(TrySource{});
}

/// The list anew; a source that is gone gives way to the first one there is.
void SourceCard::rebuild()
{
    const auto before = m_current;
    m_entries.clear();
    for (const auto* group : {&m_live, &m_runs, &m_folders})
        m_entries.insert(m_entries.end(), group->begin(), group->end());
    const QSignalBlocker blocker(m_choice);
    m_choice->clear();
    int current = -1;
    for (const Entry& entry : m_entries) {
        m_choice->addItem(entry.name);
        m_choice->setItemData(m_choice->count() - 1, qstr(entry.source.path), Qt::ToolTipRole);
        if (m_current == entry.source)
            current = m_choice->count() - 1;
    }
    m_choice->addItem(tr("Open model folder…"));
    // Until the user chooses, it is the run that ended last.
    if ((current < 0 || !m_isChosen) && !m_entries.empty()) {
        current = 0;
        m_isChosen = false;
    }
    m_current =
        current < 0 ? std::nullopt : std::optional(m_entries[static_cast<std::size_t>(current)].source);
    m_choice->setCurrentIndex(current);
    m_choice->setPlaceholderText(tr("choose a model"));
    refreshFolderRows();
    if (m_current != before)
        emit chosen();
}

void SourceCard::activate(int index)
{
    if (index < static_cast<int>(m_entries.size()))
        return choose(TrySource(m_entries[static_cast<std::size_t>(index)].source));
    chooseFolder();
    rebuild();
}

void SourceCard::refreshFolderRows()
{
    const bool isFolder = m_current && m_current->kind == TrySource::Kind::Folder;
    m_folderForm->setVisible(isFolder);
    if (!isFolder)
        return;
    const QSignalBlocker taskBlocker(m_task);
    const QSignalBlocker adapterBlocker(m_adapter);
    m_task->setCurrentIndex(m_current->task ? m_task->findData(static_cast<int>(*m_current->task)) : 0);
    m_adapter->clear();
    m_adapter->addItem(tr("none"), QString());
    if (!m_current->adapter.empty())
        m_adapter->addItem(sourceName(m_current->adapter), qstr(m_current->adapter));
    m_adapter->addItem(tr("Open adapter folder…"));
    m_adapter->setCurrentIndex(m_current->adapter.empty() ? 0 : 1);
}

void SourceCard::changeFolder(const std::function<void(TrySource&)>& change)
{
    const auto found = std::find_if(m_folders.begin(), m_folders.end(),
                                    [&](const Entry& entry) { return m_current == entry.source; });
    if (found == m_folders.end())
        return;
    change(found->source);
    choose(TrySource(found->source));
}

void SourceCard::chooseFolder()
{
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Open a model folder"));
    if (!folder.isEmpty())
        addFolder(folder);
}

void SourceCard::chooseAdapter()
{
    const QString folder = QFileDialog::getExistingDirectory(this, tr("Open an adapter folder"));
    if (!folder.isEmpty())
        changeFolder([&](TrySource& source) { source.adapter = folder.toStdString(); });
    refreshFolderRows();
}

} // namespace lora::ui
