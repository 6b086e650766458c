#include "core/cost/energy_meter.h"

#include <fstream>

namespace lora {

namespace {

namespace fs = std::filesystem;

std::optional<double> numberIn(const fs::path& file)
{
    std::ifstream stream(file);
    double value = 0;
    if (stream >> value)
        return value;
    return {};
}

/// "intel-rapl:0" is a package; "intel-rapl:0:1" a part of it, counted in it already.
bool isPackage(const std::string& name)
{
    return name.starts_with("intel-rapl:") && name.find(':') == name.rfind(':');
}

} // namespace

EnergyMeter::EnergyMeter(fs::path root)
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root, error)) {
        if (!isPackage(entry.path().filename().string()))
            continue;
        if (const std::optional<double> now = numberIn(entry.path() / "energy_uj"))
            m_packages.push_back({entry.path() / "energy_uj",
                                  numberIn(entry.path() / "max_energy_range_uj").value_or(0), *now});
    }
}

std::optional<double> EnergyMeter::joules()
{
    for (Package& package : m_packages) {
        const std::optional<double> now = numberIn(package.counter);
        if (!now || (*now < package.last && package.range == 0)) {
            m_packages.clear(); // a sum without it would be too small
            break;
        }
        m_microjoules += *now - package.last + (*now < package.last ? package.range : 0);
        package.last = *now;
    }
    if (m_packages.empty())
        return {};
    return m_microjoules * 1e-6;
}

} // namespace lora
