#pragma once

#include "ui/dataset_preview.h"
#include "ui/widgets/card.h"

#include <QStringList>

#include <optional>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QSpinBox;
class QTableView;

namespace lora::ui {

class BarChart;
class DatasetPreviewModel;
class ExperimentEditor;
class FieldBinder;
class IssueForm;
class LengthHistogram;
class MarkedText;
class TaskField;
class TokenStrip;

/// Which rows are trained on: file, columns by role, first rows, labels, token lengths with the cut-off, and
/// remarks.
class DatasetCard : public Card
{
    Q_OBJECT

public:
    explicit DatasetCard(ExperimentEditor& editor, QWidget* parent = nullptr);

    void setRecent(const QStringList& files);
    void setPreview(const DatasetPreview& preview);
    void clearPreview(const QString& text);
    void setModelLimit(int positions);
    /// Names of the data sets the program brings, "builtin:…".
    void setBuiltins(const QStringList& names);
    TaskField& taskField() const { return *m_task; }
    void chooseFile(); ///< asks for a training file
    DatasetPreviewModel* previewModel() const { return m_rows; }
    MarkedText& markedRow() const { return *m_marks; }

private:
    void createWidgets();
    void buildLayout();
    void connectSignals();
    void bindFields(FieldBinder& binder);
    QWidget* rowOf(std::initializer_list<QWidget*> widgets);
    void refreshSources();
    void refreshRoles();
    void bindTaskSettings(FieldBinder& binder);
    void refreshColumns();
    void refreshLabels();
    void chooseEvalFile();
    void editColumn(int role, const QString& column);
    void showRow(int row);
    void fitColumns();
    QString countsText() const;

    ExperimentEditor& m_editor;
    DatasetPreview m_preview;
    QStringList m_recent;
    QStringList m_builtins;
    QComboBox* m_source;
    QComboBox* m_eval;
    QDoubleSpinBox* m_evalShare;
    QComboBox* m_columns[3];
    QSpinBox* m_maxLength;
    QSpinBox* m_docStride;
    QCheckBox* m_trainOnPrompt;
    TaskField* m_task;
    IssueForm* m_form;
    MutedLabel* m_status;
    QLabel* m_counts;
    BarChart* m_labels;
    LengthHistogram* m_lengths;
    MutedLabel* m_remarks;
    DatasetPreviewModel* m_rows;
    QTableView* m_table;
    TokenStrip* m_tokens;
    MarkedText* m_marks; ///< entities or the answer in the selected row
};

} // namespace lora::ui
