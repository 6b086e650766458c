#pragma once

#include "core/runs/run_record.h"
#include "ui/run_state.h"
#include "ui/try/try_values.h"

#include <QWidget>

#include <memory>
#include <optional>
#include <vector>

class QCheckBox;
class QLabel;
class QPushButton;
class QSlider;
class QSplitter;
class QTimer;

namespace lora::ui {

class AccentButton;
class AnswerPane;
class GenerationForm;
class MutedLabel;
class SourceCard;
class TryInput;

/// A trained model on one's own words: what it answers, with more or less of its adapter, beside the base
/// model. Short tasks answer while one types; texts are written on demand and can be stopped.
class TryPage : public QWidget
{
    Q_OBJECT

public:
    explicit TryPage(QWidget* parent = nullptr);

    void setRuns(const std::vector<std::shared_ptr<const RunRecord>>& runs);
    /// A run began; while it is paused its weights can be tried.
    void setRunStart(const QString& name, const QString& folder);
    void setRunState(RunState state);
    void setBuiltins(const QStringList& models);
    void openFolder(const QString& path);

    void setModel(const TryModel& model);
    void setModelProblem(const QString& what, const QString& hint);
    void setAnswer(quint64 question, TrySide side, const TryAnswer& answer);
    void addText(quint64 question, TrySide side, const QString& text);
    void setEnd(quint64 question, TrySide side, const TryEnd& end);
    void setProblem(quint64 question, const QString& what, const QString& hint);

    SourceCard& source() const { return *m_source; }
    TryInput& input() const { return *m_input; }
    AnswerPane& adapted() const { return *m_adapted; }
    AnswerPane& base() const { return *m_base; }
    GenerationForm& generation() const { return *m_generation; }
    void ask();

signals:
    void modelRequested(const lora::ui::TrySource& source);
    void questionAsked(const lora::ui::TryQuestion& question);
    void stopRequested();

protected:
    void showEvent(QShowEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    QWidget* buildOptions();
    void connectSignals();
    void requestModel();
    void askSoon();
    void askAgain();
    void refresh();
    void refreshStrength();
    AnswerPane& pane(TrySide side) const { return side == TrySide::Base ? *m_base : *m_adapted; }
    bool isCurrent(quint64 question) const { return question == m_question.id; }
    bool isGenerating() const { return m_pending > 0 && m_model && m_model->task == TaskType::CausalLm; }
    QString hint() const;

    std::optional<TryModel> m_model;
    std::optional<TrySource> m_asked; ///< the source last asked for
    TryQuestion m_question;           ///< the last one asked
    int m_pending = 0;                ///< answers to it still to come
    QString m_runName;
    QString m_runFolder;
    SourceCard* m_source;
    MutedLabel* m_status;
    MutedLabel* m_notices;
    QWidget* m_options;
    QWidget* m_strengthRow;
    QSlider* m_strength;
    QLabel* m_strengthText;
    QCheckBox* m_compare;
    QWidget* m_thresholdRow;
    QSlider* m_threshold;
    QLabel* m_thresholdText;
    GenerationForm* m_generation;
    TryInput* m_input;
    AccentButton* m_ask;
    QPushButton* m_stop;
    AnswerPane* m_base;
    AnswerPane* m_adapted;
    QSplitter* m_split;
    QTimer* m_delay;
};

} // namespace lora::ui
