// Energy of a whole run, by counters of the test's own.
#include "core/experiment/experiment_runner.h"

#include "core/runs/run_reader.h"
#include "tests/core/sweep/swept_model.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

namespace lora::test {
namespace {

class RunEnergy : public testing::Test, public TrainingObserver
{
protected:
    void count(double joules)
    {
        std::filesystem::create_directories(m_counters.path() / "intel-rapl:0");
        m_counters.write("intel-rapl:0/energy_uj",
                         std::to_string(static_cast<long long>(joules * 1e6)) + "\n");
    }
    void onStep(const StepMetrics& metrics) override
    {
        if (metrics.step == 3)
            count(150);
    }
    std::optional<double> energyOf(const std::string& name, bool isResumed)
    {
        TrainingControl control;
        const RunRequest request{.experiment = m_model.base,
                                 .runFolder = m_model.folder(name),
                                 .isResumed = isResumed,
                                 .energyCounters = m_counters.path()};
        runExperiment(request, *this, control);
        return readRun(request.runFolder)->summary.energyJoules;
    }

    SweptModel m_model;
    TemporaryFolder m_counters;
};

TEST_F(RunEnergy, IsWhatTheCountersTookMeanwhile)
{
    count(100);
    EXPECT_EQ(energyOf("run", false), 50);
}

TEST_F(RunEnergy, IsNotToldWithoutCountersOrOfAPart)
{
    EXPECT_EQ(energyOf("run", false), std::nullopt);
    count(100);
    EXPECT_EQ(energyOf("run", true), std::nullopt);
}

} // namespace
} // namespace lora::test
