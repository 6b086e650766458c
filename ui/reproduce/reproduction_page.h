#pragma once

#include "ui/reproduce/reproduction_values.h"
#include "ui/run_state.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QTimer;
class QToolButton;

namespace lora::ui {

class AccentButton;
class MutedLabel;
class PlannedRunsModel;
class PlannedRunsView;
class ReproductionForm;

/// Plans how the article's claims are put to the test: with what at the left, the runs this makes with their
/// costs at the right, live. Asks for plans only while it is shown.
class ReproductionPage : public QWidget
{
    Q_OBJECT

public:
    explicit ReproductionPage(QWidget* parent = nullptr);

    ReproductionForm& form() { return *m_form; }
    PlannedRunsModel& runs() const;
    AccentButton& startButton() { return *m_start; }
    void setDefaults(const ReproductionDefaults& defaults);
    /// Answers to earlier questions are dropped.
    void setPlan(const PlannedReproduction& plan);
    void setRunState(RunState state);
    /// As the button does.
    void start();
    /// What was asked for did not begin.
    void setNotStarted();
    /// Why Start is disabled; empty when it is enabled.
    QString blockingReason() const;
    /// What stands below the table.
    QString totals() const;
    QString problems() const;
    /// The command line that does the same; empty where the form is wrong.
    QString command() const;

signals:
    void planRequested(const lora::ui::ReproductionQuestion& question);
    void startRequested(const lora::ReproductionRequest& request);
    void copyCommandRequested(const QString& command);
    void closeRequested();

protected:
    void showEvent(QShowEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    QWidget* buildHeader();
    QWidget* buildForm();
    QWidget* buildRuns();
    void connectSignals();
    void planSoon();
    void plan();
    void refresh();

    ReproductionQuestion m_question; ///< the latest
    PlannedReproduction m_plan;      ///< the latest answer to it
    RunState m_state = RunState::Idle;
    bool m_isStarting = false;
    QTimer* m_delay;
    ReproductionForm* m_form;
    PlannedRunsView* m_view;
    QToolButton* m_back;
    QLineEdit* m_command;
    QToolButton* m_copy;
    QLabel* m_totals;
    MutedLabel* m_problems;
    AccentButton* m_start;
};

} // namespace lora::ui
