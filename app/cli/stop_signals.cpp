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

/// Waits for the next signal; false when the pipe was closed because nobody asks any more.
bool waitForSignal(int pipe)
{
    for (;;) {
        pollfd waiting{pipe, POLLIN, 0};
        char byte = 0;
        if (::poll(&waiting, 1, -1) <= 0)
            continue; // interrupted
        const auto count = ::read(pipe, &byte, 1);
        if (count >= 0)
            return count == 1;
    }
}

void listen(int pipe, TrainingControl& control)
{
    // timeout(1) and terminals may send one wish to stop twice in a row; only a later one means "at once".
    constexpr double sameWish = 0.5;
    Stopwatch sinceFirst;
    while (waitForSignal(pipe)) {
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
    m_listener = std::jthread([pipe = signalPipe[0], &control] { listen(pipe, control); });
    m_previousInterrupt = replaceHandler(SIGINT);
    m_previousTerminate = replaceHandler(SIGTERM);
}

StopSignals::~StopSignals()
{
    ::sigaction(SIGINT, &m_previousInterrupt, nullptr);
    ::sigaction(SIGTERM, &m_previousTerminate, nullptr);
    ::close(std::exchange(signalPipe[1], -1)); // the listener wakes and ends
    m_listener.join();
    ::close(std::exchange(signalPipe[0], -1));
}

} // namespace lora::app
