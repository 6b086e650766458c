#pragma once

#include "ui/dataset_preview.h"
#include "ui/widgets/card.h"

#include <QStringList>

#include <optional>

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
    void chooseFile(); ///< asks for a training file
    DatasetPreviewModel* previewModel() const { return m_rows; }

private:
    void createWidgets();
    void buildLayout();
    void connectSignals();
    void bindFields(FieldBinder& binder);
    QWidget* rowOf(std::initializer_list<QWidget*> widgets);
    void refreshSources();
    void refreshColumns();
    void refreshLabels();
    void chooseEvalFile();
    void editColumn(int role, const QString& column);
    void showTokens(int row);
    QString countsText() const;

    ExperimentEditor& m_editor;
    DatasetPreview m_preview;
    QStringList m_recent;
    QComboBox* m_source;
    QComboBox* m_eval;
    QDoubleSpinBox* m_evalShare;
    QComboBox* m_columns[3];
    QSpinBox* m_maxLength;
    IssueForm* m_form;
    MutedLabel* m_status;
    QLabel* m_counts;
    BarChart* m_labels;
    LengthHistogram* m_lengths;
    MutedLabel* m_remarks;
    DatasetPreviewModel* m_rows;
    QTableView* m_table;
    TokenStrip* m_tokens;
};

} // namespace lora::ui
