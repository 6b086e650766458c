#pragma once

#include "core/runs/run_record.h"
#include "ui/report/report_values.h"

#include <QWidget>

#include <memory>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QTimer;

namespace lora::ui {

class ReportView;

/// The report of the runs checked on Compare: a live preview, saved as HTML, PDF, Markdown or CSV, and a
/// run's adapter exported with the check it passed. Asks for a preview only while it is seen.
class ReportPage : public QWidget
{
    Q_OBJECT

public:
    using Runs = std::vector<std::shared_ptr<const RunRecord>>;

    explicit ReportPage(QWidget* parent = nullptr);

    /// Those checked on Compare.
    void setRuns(const Runs& runs);
    /// Answers to earlier questions are dropped.
    void setPreview(const ReportPreview& preview);
    void setProblem(const QString& what, const QString& hint);
    /// `check`: a sentence about what was compared and how near it came.
    void setExported(const QString& runFolder, const QString& check);
    /// Where nothing was written after all.
    void setNotExported();
    /// Text of the preview, empty while there is none.
    QString previewText() const;

signals:
    void previewRequested(const lora::ui::ReportQuestion& question);
    /// The ending of `file` is the form: html, pdf, md, csv.
    void saveRequested(const QStringList& runFolders, const QString& file);
    void exportRequested(const QString& runFolder, const QString& targetFolder);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QPushButton* saveButton(const QString& text, const QString& ending, const QString& filter,
                            const QString& why, QPushButton* made = nullptr);
    void createWidgets();
    void buildLayout();
    void refresh();
    void ask();
    void save(const QString& ending, const QString& filter);
    void exportAdapter();

    Runs m_runs;
    ReportQuestion m_asked;
    bool m_isAnswered = false;
    QLabel* m_title;
    QLabel* m_status;
    QLabel* m_check;
    ReportView* m_view;
    QComboBox* m_run;
    QPushButton* m_export;
    std::vector<QPushButton*> m_saves;
    QTimer* m_delay;
};

} // namespace lora::ui
