#pragma once

#include "ui/widgets/card.h"

class QButtonGroup;
class QComboBox;
class QDoubleSpinBox;

namespace lora::ui {

class ExperimentEditor;
class IssueForm;
class RankSlider;

/// How the weights are trained: LoRA with rank, alpha, dropout and variants; full fine-tuning; the head
/// alone.
class MethodCard : public Card
{
    Q_OBJECT

public:
    explicit MethodCard(ExperimentEditor& editor, QWidget* parent = nullptr);

private:
    void createControls();
    void createVariants();
    void buildLayout();
    void connectSignals();
    void bindLora();
    void refresh();

    ExperimentEditor& m_editor;
    QButtonGroup* m_types;
    QWidget* m_typeRow;
    RankSlider* m_rank;
    QDoubleSpinBox* m_alpha;
    MutedLabel* m_scale;
    QDoubleSpinBox* m_dropout;
    QComboBox* m_variant;
    QDoubleSpinBox* m_ratio;
    QComboBox* m_bias;
    IssueForm* m_form;
    IssueForm* m_loraForm;
    MutedLabel* m_explanation;
};

} // namespace lora::ui
