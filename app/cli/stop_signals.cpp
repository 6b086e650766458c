#include "app/cli/stop_signals.h"

#include "app/cli/exit_codes.h"
#include "core/base/stopwatch.h"

#include <ctime>

#include <unistd.h>

namespace lora::app {

namespace {

void listen(const std::stop_token& end, const sigset_t& signals, TrainingControl& control)
{
    // A thread that waits, not a handler: asking to stop takes a lock, which a handler must not.
    constexpr timespec patience{0, 50'000'000};
    // timeout(1) and terminals may send one wish to stop twice in a row; only a later one means "at once".
    constexpr double sameWish = 0.5;
    Stopwatch sinceFirst;
    while (!end.stop_requested()) {
        if (sigtimedwait(&signals, nullptr, &patience) < 0)
            continue;
        if (!control.isStopRequested()) {
            control.requestStop();
            sinceFirst.restart();
        } else if (sinceFirst.seconds() > sameWish) {
            _exit(exit_codes::stopped);
        }
    }
}

} // namespace

StopSignals::StopSignals(TrainingControl& control)
{
    sigemptyset(&m_signals);
    sigaddset(&m_signals, SIGINT);
    sigaddset(&m_signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &m_signals, &m_previous);
    m_listener =
        std::jthread([this, &control](const std::stop_token& end) { listen(end, m_signals, control); });
}

StopSignals::~StopSignals()
{
    m_listener.request_stop();
    m_listener.join();
    pthread_sigmask(SIG_SETMASK, &m_previous, nullptr);
}

} // namespace lora::app
