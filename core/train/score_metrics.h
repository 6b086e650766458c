#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace lora {

/// Pearson's correlation of two lists of the same length; 0 where it is undefined (a constant list).
double pearsonCorrelation(std::span<const double> a, std::span<const double> b);
/// Spearman's: Pearson's of the ranks, equal values sharing their mean rank.
double spearmanCorrelation(std::span<const double> a, std::span<const double> b);
double meanSquaredError(std::span<const double> truth, std::span<const double> predicted);
double meanAbsoluteError(std::span<const double> truth, std::span<const double> predicted);

/// Counts of right and wrong labels where each row has any number of them.
class LabelCounter
{
public:
    explicit LabelCounter(std::size_t labels);

    /// Both with one entry for each label.
    void add(const std::vector<bool>& truth, const std::vector<bool>& predicted);

    double f1() const;       ///< over all labels together (micro)
    double f1Macro() const;  ///< mean over the labels; 0 for one that neither occurs nor is predicted
    double accuracy() const; ///< rows with exactly the right labels

private:
    struct Counts
    {
        std::int64_t both = 0, truth = 0, predicted = 0;
    };
    static double f1Of(const Counts& counts);

    std::vector<Counts> m_counts;
    std::int64_t m_rows = 0;
    std::int64_t m_exact = 0;
};

} // namespace lora
