#pragma once

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace lora::ui {

/// Runs that differ in nothing but their seed, and their mean result.
struct ComparedGroup
{
    std::vector<std::string> folders; ///< of its runs
    double mean = 0;
    std::optional<std::pair<double, double>> interval; ///< 95 %, over seeds; none for a single one
};

/// What the checked runs say about each other: worked out beside the window.
struct ComparisonConclusion
{
    std::vector<std::string> folders; ///< the runs it is about, as they were asked for
    QString sentence;                 ///< one; empty when there is nothing to say
    QString details;                  ///< a table in a fixed-width font; may be empty
    std::string metric;
    std::vector<ComparedGroup> groups;
};

} // namespace lora::ui
