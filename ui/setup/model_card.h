#pragma once

#include "core/models/model_summary.h"
#include "ui/widgets/card.h"

#include <QStringList>

#include <optional>

class QComboBox;
class QGridLayout;
class QLabel;
class QPushButton;

namespace lora::ui {

class ExperimentEditor;
class IssueForm;

/// Which model is fine-tuned, and what its files say before any weight is loaded.
class ModelCard : public Card
{
    Q_OBJECT

public:
    explicit ModelCard(ExperimentEditor& editor, QWidget* parent = nullptr);

    void setRecent(const QStringList& folders);
    /// Names of the models the program brings, "builtin:…".
    void setBuiltins(const QStringList& names);
    void setSummary(const ModelSummary& model);
    void clearSummary(const QString& text);
    void chooseFolder(); ///< asks for a folder

private:
    void buildLayout();
    void connectSignals();
    void refreshChoices();
    void setFacts(const std::vector<std::pair<QString, QString>>& facts);

    ExperimentEditor& m_editor;
    QStringList m_recent;
    QStringList m_builtins;
    QComboBox* m_choice;
    QPushButton* m_open;
    IssueForm* m_form;
    QGridLayout* m_facts;
    MutedLabel* m_status;
    MutedLabel* m_notices;
};

} // namespace lora::ui
