#include "core/cost/energy_meter.h"

#include "tests/support/temporary_folder.h"

#include <fstream>

#include <gtest/gtest.h>

namespace lora::test {
namespace {

class Energy : public testing::Test
{
protected:
    void set(const std::string& package, const std::string& file, const std::string& value)
    {
        std::filesystem::create_directories(folder.path() / package);
        std::ofstream(folder.path() / package / file) << value << '\n';
    }

    TemporaryFolder folder;
};

TEST_F(Energy, PackagesAreSummedAndTheirPartsAreNot)
{
    set("intel-rapl:0", "energy_uj", "1000000");
    set("intel-rapl:1", "energy_uj", "5000000");
    set("intel-rapl:0:0", "energy_uj", "0");
    EnergyMeter meter(folder.path());
    ASSERT_TRUE(meter.isAvailable());
    EXPECT_EQ(meter.joules(), 0);
    set("intel-rapl:0", "energy_uj", "3000000");
    set("intel-rapl:1", "energy_uj", "5500000");
    set("intel-rapl:0:0", "energy_uj", "900000");
    EXPECT_DOUBLE_EQ(meter.joules().value(), 2.5);
}

TEST_F(Energy, AFullCounterGoesOnFromZero)
{
    set("intel-rapl:0", "energy_uj", "9000000");
    set("intel-rapl:0", "max_energy_range_uj", "10000000");
    EnergyMeter meter(folder.path());
    set("intel-rapl:0", "energy_uj", "500000");
    EXPECT_DOUBLE_EQ(meter.joules().value(), 1.5);
}

TEST_F(Energy, WhatTheMachineDoesNotTellIsNotMadeUp)
{
    EXPECT_FALSE(EnergyMeter(folder.path() / "none").isAvailable());
    set("intel-rapl:0", "energy_uj", "9000000");
    EnergyMeter meter(folder.path());
    set("intel-rapl:0", "energy_uj", "1"); // backwards, and no range is told
    EXPECT_FALSE(meter.joules());
    EXPECT_FALSE(meter.joules());
}

} // namespace
} // namespace lora::test
