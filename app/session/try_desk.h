#pragma once

#include "app/session/background_jobs.h"
#include "app/session/text_mailbox.h"
#include "core/train/training_control.h"
#include "ui/try/try_values.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <functional>
#include <memory>
#include <stop_token>
#include <utility>
#include <vector>

namespace lora::app {

struct TriedModel;

/// Opens models to be tried and answers questions to them, one after the other, on a thread of its own; the
/// weights of a paused run answer on the training's thread. Lives on the window's thread.
class TryDesk : public QObject
{
    Q_OBJECT

public:
    /// Hands a job to the paused training; false when none is paused.
    using LiveWeights = std::function<bool(TrainingControl::ModelJob)>;

    explicit TryDesk(LiveWeights live, QObject* parent = nullptr);
    ~TryDesk() override;

    void open(const ui::TrySource& source);
    /// Replaces the question before.
    void ask(const ui::TryQuestion& question);
    /// Ends the text being written.
    void stop();

signals:
    void opened(const lora::ui::TryModel& model);
    void openFailed(const QString& what, const QString& hint);
    void answered(quint64 question, lora::ui::TrySide side, const lora::ui::TryAnswer& answer);
    void textArrived(quint64 question, lora::ui::TrySide side, const QString& text);
    void textEnded(quint64 question, lora::ui::TrySide side, const lora::ui::TryEnd& end);
    void failed(quint64 question, const QString& what, const QString& hint);

private:
    class Shelf;
    using Answers = std::vector<std::pair<ui::TrySide, ui::TryAnswer>>;

    template <class Result>
    std::function<Result()> onModel(const ui::TrySource& source, std::function<Result(TriedModel&)> work);
    static Answers answer(TriedModel& model, const ui::TryQuestion& question, const std::stop_token& stop,
                          TextMailbox& mailbox);
    /// Called by its name through the event queue.
    Q_INVOKABLE void wake();
    void drain();

    LiveWeights m_live;
    std::stop_source m_stop;
    QTimer m_drainTimer;
    std::shared_ptr<TextMailbox> m_mailbox;
    std::shared_ptr<Shelf> m_shelf; ///< used on the lane's thread alone
    JobLane m_lane{JobLane::Policy::LatestWins};
};

} // namespace lora::app
