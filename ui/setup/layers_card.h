#pragma once

#include "core/models/model_summary.h"
#include "ui/setup/target_codec.h"
#include "ui/widgets/card.h"

class QSpinBox;

namespace lora::ui {

class ExperimentEditor;
class LayerMap;

/// The layer map with its presets, the rank that painting gives, and what the selection is called in PEFT's
/// keys.
class LayersCard : public Card
{
    Q_OBJECT

public:
    explicit LayersCard(ExperimentEditor& editor, QWidget* parent = nullptr);

    void setModel(const ModelSummary& model);
    LayerMap* map() const { return m_map; }
    static QString targetsText(const LoraConfig& lora);

private:
    void buildLayout();
    void connectSignals();
    void refresh();
    void refreshIssues();
    QString summaryText(const TargetRanks& ranks) const;

    ExperimentEditor& m_editor;
    LayerMap* m_map;
    QWidget* m_presets;
    QSpinBox* m_brush;
    MutedLabel* m_summary;
    MutedLabel* m_issues;
    int m_shownRank = 0;
};

} // namespace lora::ui
