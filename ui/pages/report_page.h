#pragma once

#include "ui/report/export_row.h"
#include "ui/report/report_values.h"
#include "ui/reproduce/reproduction_values.h"
#include "ui/run_state.h"

#include <QWidget>

#include <optional>
#include <vector>

class QComboBox;
class QLabel;
class QPushButton;
class QStackedWidget;
class QTimer;

namespace lora::ui {

class ReportView;
class ReproductionPage;

/// The report of the runs checked on Compare, or the evidence for and against the article's claims: a live
/// preview, saved as HTML, PDF, Markdown or CSV; and a run's adapter exported with the check it passed. Asks
/// for a preview only while it is seen. The planning of a test of the claims is shown in its place.
class ReportPage : public QWidget
{
    Q_OBJECT

public:
    using Runs = ExportRow::Runs;

    explicit ReportPage(QWidget* parent = nullptr);

    /// Those checked on Compare; shown when they are others than before.
    void setRuns(const Runs& runs);
    /// Newest first. Evidence that has grown is asked for again.
    void setReproductions(const std::vector<KnownReproduction>& reproductions);
    /// Also one that setReproductions has yet to name.
    void showEvidence(const QString& folder);
    /// Which run of a test is being made; none: no test is under way.
    void setPosition(const std::optional<SweepPosition>& position);
    void setRunState(RunState state);
    void showPlanner(bool isShown);
    bool isPlannerShown() const;
    ReproductionPage& planner() { return *m_planner; }
    /// Answers to earlier questions are dropped.
    void setPreview(const ReportPreview& preview);
    void setProblem(const QString& what, const QString& hint);
    /// `check`: a sentence about what was compared and how near it came.
    void setExported(const QString& runFolder, const QString& check);
    /// Where nothing was written after all.
    void setNotExported();
    /// Text of the preview, empty while there is none.
    QString previewText() const;
    /// What is said of a test under way or of one with runs left.
    QString progressText() const;

signals:
    void previewRequested(const lora::ui::ReportQuestion& question);
    /// The ending of `file` is the form: html, pdf, md, csv.
    void saveRequested(const lora::ui::ReportQuestion& question, const QString& file);
    void exportRequested(const QString& runFolder, const QString& targetFolder);
    void continueRequested(const QString& reproduction);
    void plannerShown(bool isShown);

protected:
    void showEvent(QShowEvent* event) override;
    void changeEvent(QEvent* event) override;

private:
    QPushButton* saveButton(const QString& text, const QString& ending, const QString& filter,
                            const QString& why, QPushButton* made = nullptr);
    void createWidgets();
    void buildLayout();
    void connectSignals();
    /// Fills the list of what can be shown.
    void offerSources(const QString& current);
    const KnownReproduction* shownReproduction() const;
    ReportQuestion question() const;
    QString titleText() const;
    void refresh();
    void refreshProgress();
    void ask();
    void save(const QString& ending, const QString& filter);

    Runs m_runs;
    std::vector<KnownReproduction> m_reproductions;
    std::optional<SweepPosition> m_position;
    RunState m_state = RunState::Idle;
    ReportQuestion m_asked;
    bool m_isAnswered = false;
    QStackedWidget* m_views;
    ReproductionPage* m_planner;
    QLabel* m_title;
    QComboBox* m_source; ///< its data: a reproduction's folder, empty for the checked runs
    QPushButton* m_test;
    QLabel* m_progress;
    QPushButton* m_continue;
    QLabel* m_status;
    QLabel* m_check;
    ReportView* m_view;
    ExportRow* m_export;
    std::vector<QPushButton*> m_saves;
    QTimer* m_delay;
};

} // namespace lora::ui
