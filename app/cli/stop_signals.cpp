#include "app/cli/stop_signals.h"

#include "app/cli/exit_codes.h"

#include "core/base/error.h"
#include "core/base/stopwatch.h"

#include <array>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace lora::app {

namespace {

/// A handler may hardly do more than write a byte; a thread reads it, since asking to stop takes a lock.
/// Blocking the signals instead would miss threads that libraries start before main.
std::array<int, 2> signalPipe{-1, -1};

extern "C" void noteSignal(int)
{
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(signalPipe[1], &byte, 1);
}

bool hasSignal()
{
    constexpr int patienceMilliseconds = 50;
    pollfd waiting{signalPipe[0], POLLIN, 0};
    char byte = 0;
    return ::poll(&waiting, 1, patienceMilliseconds) > 0 && ::read(signalPipe[0], &byte, 1) == 1;
}

void listen(const std::stop_token& end, TrainingControl& control)
{
    // timeout(1) and terminals may send one wish to stop twice in a row; only a later one means "at once".
    constexpr double sameWish = 0.5;
    Stopwatch sinceFirst;
    while (!end.stop_requested()) {
        if (!hasSignal())
            continue;
        if (!control.isStopRequested()) {
            control.requestStop();
            sinceFirst.restart();
        } else if (sinceFirst.seconds() > sameWish) {
            _exit(exit_codes::stopped);
        }
    }
}

struct sigaction replaceHandler(int signal)
{
    struct sigaction action
    {};
    struct sigaction previous
    {};
    action.sa_handler = noteSignal;
    action.sa_flags = SA_RESTART;
    ::sigaction(signal, &action, &previous);
    return previous;
}

} // namespace

StopSignals::StopSignals(TrainingControl& control)
{
    if (::pipe2(signalPipe.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        throw Error(ErrorKind::FileSystem, "cannot open a pipe", "Close some programs and try again.");
    m_listener = std::jthread([&control](const std::stop_token& end) { listen(end, control); });
    m_previousInterrupt = replaceHandler(SIGINT);
    m_previousTerminate = replaceHandler(SIGTERM);
}

StopSignals::~StopSignals()
{
    ::sigaction(SIGINT, &m_previousInterrupt, nullptr);
    ::sigaction(SIGTERM, &m_previousTerminate, nullptr);
    m_listener.request_stop();
    m_listener.join();
    for (int& descriptor : signalPipe)
        ::close(std::exchange(descriptor, -1));
}

} // namespace lora::app
