#include "app/cli/console_sweep.h"

#include "app/cli/training_session.h"

#include <fmt/format.h>

namespace lora::app {

ConsoleSweep::ConsoleSweep(const Sweep& sweep, const std::string& subject, Console& console)
    : m_sweep(sweep)
    , m_prefix(subject.empty() ? "" : subject + ", ")
    , m_console(console)
{}

void ConsoleSweep::onRunSkipped(std::size_t run)
{
    announce(run, ", done before");
}

TrainingObserver& ConsoleSweep::onRunBegin(std::size_t run, const RunRequest& request)
{
    announce(run, request.isResumed ? ", going on" : "");
    return m_progress.emplace(m_console);
}

void ConsoleSweep::onRunEnd(std::size_t run, const RunOutcome& outcome)
{
    reportEnd(m_sweep.runFolder(run), outcome, m_console);
}

void ConsoleSweep::announce(std::size_t run, const char* how)
{
    const auto& runs = m_sweep.plan.runs;
    m_console.log(fmt::format("{}run {} of {}: {}{}", m_prefix, run + 1, runs.size(), runs[run].label, how));
}

} // namespace lora::app
