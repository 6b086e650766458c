#include "app/session/try_desk.h"

#include "app/session/tried_model.h"

#include <QCoreApplication>

#include <future>
#include <optional>

namespace lora::app {

namespace {

constexpr int drainMilliseconds = 30;

QString wentOn()
{
    return QCoreApplication::translate("lora::app::TryDesk", "The run goes on; its weights are moving.");
}

QString pauseIt()
{
    return QCoreApplication::translate("lora::app::TryDesk", "Pause it to try its present weights.");
}

} // namespace

/// The model opened last.
class TryDesk::Shelf
{
public:
    TriedModel& model(const ui::TrySource& source)
    {
        if (!m_model || m_model->source != source) {
            m_model.reset(); // never two models in memory
            m_model.emplace(source);
        }
        return *m_model;
    }

private:
    std::optional<TriedModel> m_model;
};

TryDesk::TryDesk(LiveWeights live, QObject* parent)
    : QObject(parent)
    , m_live(std::move(live))
    , m_mailbox(std::make_shared<TextMailbox>(
          [this] { QMetaObject::invokeMethod(this, "wake", Qt::QueuedConnection); }))
    , m_shelf(std::make_shared<Shelf>())
{
    m_drainTimer.setSingleShot(true);
    m_drainTimer.setInterval(drainMilliseconds);
    connect(&m_drainTimer, &QTimer::timeout, this, &TryDesk::drain);
}

TryDesk::~TryDesk()
{
    m_stop.request_stop();
}

/// `work` on the model of `source`, as a job for the lane: on the shelf's model, or handed to the paused
/// training at once and waited for.
template <class Result>
std::function<Result()> TryDesk::onModel(const ui::TrySource& source, std::function<Result(TriedModel&)> work)
{
    if (source.kind != ui::TrySource::Kind::Live)
        return [shelf = m_shelf, source, work = std::move(work)] { return work(shelf->model(source)); };
    auto task = std::make_shared<std::packaged_task<Result(LanguageModel<float>&)>>(
        [source, work = std::move(work)](LanguageModel<float>& live) {
            LentModel lent(source, live);
            return work(lent.tried());
        });
    std::shared_future<Result> result = task->get_future().share();
    const bool isPaused = m_live([task](LanguageModel<float>& live) { (*task)(live); });
    return [result, isPaused]() -> Result {
        const auto gone = [] {
            return Error(ErrorKind::BadUsage, wentOn().toStdString(), pauseIt().toStdString());
        };
        if (!isPaused)
            throw gone();
        try {
            return result.get();
        } catch (const std::future_error&) { // the pause ended before the question's turn
            throw gone();
        }
    };
}

void TryDesk::open(const ui::TrySource& source)
{
    stop();
    m_lane.post<ui::TryModel>(
        onModel<ui::TryModel>(source, [](TriedModel& model) { return model.described(); }),
        [this](const ui::TryModel& model) { emit opened(model); },
        [this](const QString& what, const QString& hint) { emit openFailed(what, hint); });
}

TryDesk::Answers TryDesk::answer(TriedModel& model, const ui::TryQuestion& question,
                                 const std::stop_token& stop, TextMailbox& mailbox)
{
    Answers answers;
    std::vector<std::pair<ui::TrySide, double>> sides{{ui::TrySide::Adapted, question.strength}};
    if (question.comparesBase)
        sides.insert(sides.begin(), {ui::TrySide::Base, 0.0});
    for (const auto& [side, strength] : sides) {
        if (model.trained.model->task() != TaskType::CausalLm) {
            answers.emplace_back(side, answerOf(model, question, strength));
            continue;
        }
        TextPiece piece{question.id, side, {}, {}};
        if (stop.stop_requested())
            piece.end = ui::TryEnd{ui::TryEnd::Reason::Cancelled, 0, 0};
        else
            piece.end = continuationOf(model, question, strength, stop, [&](const std::string& text) {
                if (!text.empty())
                    mailbox.post({question.id, side, text, {}});
            });
        mailbox.post(piece);
    }
    return answers;
}

void TryDesk::ask(const ui::TryQuestion& question)
{
    stop();
    m_stop = std::stop_source();
    auto work = [question, stop = m_stop.get_token(), mailbox = m_mailbox](TriedModel& model) {
        return answer(model, question, stop, *mailbox);
    };
    m_lane.post<Answers>(
        onModel<Answers>(question.source, std::move(work)),
        [this, id = question.id](const Answers& answers) {
            for (const auto& [side, each] : answers)
                emit answered(id, side, each);
        },
        [this, id = question.id](const QString& what, const QString& hint) {
            drain(); // what was written before comes first
            emit failed(id, what, hint);
        });
}

void TryDesk::stop()
{
    m_stop.request_stop();
}

void TryDesk::wake()
{
    if (!m_drainTimer.isActive())
        m_drainTimer.start();
}

void TryDesk::drain()
{
    for (const TextPiece& piece : m_mailbox->take()) {
        if (piece.end)
            emit textEnded(piece.question, piece.side, *piece.end);
        else
            emit textArrived(piece.question, piece.side, QString::fromStdString(piece.text));
    }
}

} // namespace lora::app
