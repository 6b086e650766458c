#pragma once

#include "ui/try/try_values.h"

#include <QWidget>

class QLabel;
class QScrollArea;
class QStackedWidget;

namespace lora::ui {

class BarChart;
class GeneratedText;
class MarkedText;
class MutedLabel;

/// The answer of one model: probabilities as bars, a number, a marked text or a growing continuation.
class AnswerPane : public QWidget
{
    Q_OBJECT

public:
    explicit AnswerPane(QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setModel(const TryModel& model);
    void setThreshold(double threshold);

    /// Nothing to show yet; `hint` says what will appear.
    void clear(const QString& hint);
    void setWorking();
    /// `text` is what the answer's marks are positions in.
    void setAnswer(const TryAnswer& answer, const QString& text);
    void startText(const QString& prompt);
    void appendText(const QString& text);
    void setEnd(const TryEnd& end);
    void setProblem(const QString& what, const QString& hint);

    BarChart& bars() const { return *m_bars; }
    MarkedText& marked() const { return *m_marked; }
    GeneratedText& generated() const { return *m_generated; }
    QString message() const;
    QString status() const;
    QString headline() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    void createWidgets();
    void buildLayout();
    void applyStatusColor();
    void show(QWidget* page);
    void showBars();
    void showFills();
    void showMarks(const QString& text);
    void showLegend();

    TryModel m_model;
    TryAnswer m_answer;
    double m_threshold = 0.5;
    QLabel* m_title;
    QLabel* m_status;
    QLabel* m_headline; ///< the answer in a word or a number
    QStackedWidget* m_pages;
    MutedLabel* m_message;
    BarChart* m_bars;
    QScrollArea* m_barsPage;
    QWidget* m_markedPage;
    MarkedText* m_marked;
    QLabel* m_legend;
    GeneratedText* m_generated;
};

} // namespace lora::ui
