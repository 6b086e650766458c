#pragma once

#include "core/runs/run_record.h"
#include "ui/try/try_values.h"
#include "ui/widgets/card.h"

#include <functional>
#include <memory>
#include <optional>
#include <vector>

class QComboBox;

namespace lora::ui {

/// Which model is tried: the paused run, a finished one, or a folder with an adapter.
class SourceCard : public Card
{
    Q_OBJECT

public:
    explicit SourceCard(QWidget* parent = nullptr);

    void setRuns(const std::vector<std::shared_ptr<const RunRecord>>& runs);
    /// The run whose weights are at rest now; an empty folder when none is.
    void setPausedRun(const QString& folder, const QString& name);
    /// Models the program brings, "builtin:…".
    void setBuiltins(const QStringList& models);
    /// Offers a model folder and chooses it.
    void addFolder(const QString& path);

    bool hasSource() const;
    TrySource source() const;
    void choose(const TrySource& source);
    /// The newest run of that name; false when there is none.
    bool chooseRun(const QString& name);
    QComboBox* choices() const { return m_choice; }

signals:
    /// Another source than before.
    void chosen();

private:
    struct Entry
    {
        TrySource source;
        QString name;
    };

    void buildLayout();
    void rebuild();
    void activate(int index);
    void changeFolder(const std::function<void(TrySource&)>& change);
    void refreshFolderRows();
    void chooseFolder();
    void chooseAdapter();

    std::vector<Entry> m_runs;
    std::vector<Entry> m_folders;
    std::vector<Entry> m_live; ///< one or none
    std::vector<Entry> m_entries;
    std::optional<TrySource> m_current;
    bool m_isChosen = false; ///< by the user; until then a run is better than a built-in model
    QComboBox* m_choice;
    QComboBox* m_task;
    QComboBox* m_adapter;
    QWidget* m_folderForm;
};

} // namespace lora::ui
