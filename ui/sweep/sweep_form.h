#pragma once

#include "core/config/config_issue.h"
#include "core/models/model_summary.h"
#include "core/sweep/sweep_axes.h"

#include <QWidget>

#include <map>
#include <optional>

class QCheckBox;
class QComboBox;
class QLabel;
class QSettings;
class QSpinBox;

namespace lora::ui {

class ChipRow;
class ExperimentEditor;
class IssueForm;
class ScientificBox;

/// The axes of a sweep over the experiment being edited. What nobody has chosen follows the experiment: ranks
/// lie around the method's, targets and layers are those of the layer map.
class SweepForm : public QWidget
{
    Q_OBJECT

public:
    explicit SweepForm(ExperimentEditor& editor, QWidget* parent = nullptr);

    void setModel(const ModelSummary& model);
    SweepAxes axes() const;
    /// The same as options of `lora-workbench-cli sweep`.
    QStringList arguments() const;
    /// What the form itself knows to be wrong.
    ConfigIssues issues() const;
    /// Shown beside their fields; those of other fields are left to others.
    void setIssues(const ConfigIssues& issues);
    bool hasField(const std::string& field) const;
    void save(QSettings& settings) const;
    void restore(const QSettings& settings);

    ChipRow& ranks() { return *m_ranks; }
    ChipRow& targets() { return *m_targets; }
    ChipRow& layers() { return *m_layers; }
    ChipRow& variants() { return *m_variants; }
    ChipRow& rates() { return *m_rates; }
    QSpinBox& seeds() { return *m_seeds; }
    QCheckBox& full() { return *m_full; }
    QCheckBox& head() { return *m_head; }

signals:
    void changed();

private:
    void createChips();
    void createFields();
    void buildLayout();
    void connectSignals();
    /// Shows the experiment again where it is followed.
    void refresh();
    void refreshRanks();
    void refreshTargets();
    void refreshLayers();
    void refreshVariants();
    void refreshRates();
    void refreshTexts();
    QString ownTargets() const;
    QString ownLayers() const;
    /// None where the method is a mixture.
    QStringList ownVariants() const;
    QString ownRate() const;
    TargetSet targetSet(const QString& key) const;
    double usualFullRate() const;

    ExperimentEditor& m_editor;
    std::vector<ModuleInfo> m_modules;
    bool m_isRefreshing = false;
    // Chosen by the user; none: the experiment's.
    std::optional<QStringList> m_chosenRanks;
    std::optional<QStringList> m_chosenTargets;
    std::optional<QStringList> m_chosenLayers;
    std::optional<QStringList> m_chosenVariants;
    std::optional<QStringList> m_chosenRates;
    std::optional<AlphaPolicy> m_chosenAlpha;
    std::optional<double> m_chosenFullRate;

    IssueForm* m_form;
    ChipRow* m_ranks;
    ChipRow* m_targets;
    ChipRow* m_layers;
    ChipRow* m_variants;
    ChipRow* m_rates;
    QWidget* m_seedRow;
    QSpinBox* m_seeds;
    QLabel* m_seedList;
    QComboBox* m_alpha;
    QWidget* m_fullRow;
    QCheckBox* m_full;
    ScientificBox* m_fullRate;
    QCheckBox* m_head;
};

} // namespace lora::ui
