#pragma once

#include "core/models/language_model.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lora {

/// exp of the entropy of σ / Σσ (Roy and Vetterli, "The effective rank", EUSIPCO 2007): how many directions a
/// matrix uses; between 1 and the rank, 0 for a matrix of zeros.
double effectiveRank(std::span<const double> singularValues);
/// ‖Δ‖_F² / σ₁²; 0 for a matrix of zeros.
double stableRank(std::span<const double> singularValues);
/// The smallest rank that keeps this share of Σσ²; 0 for a matrix of zeros. `energy` above 0, at most 1.
std::int64_t rankForEnergy(std::span<const double> singularValues, double energy);

/// What training did to one linear module: the spectrum of s · B A, of DoRA's change with its magnitudes, or
/// of the weight's difference.
struct ModuleSpectrum
{
    std::string module;
    int block = -1; ///< −1: outside the stack
    std::int64_t out = 0;
    std::int64_t in = 0;
    std::optional<std::int64_t> rank;   ///< of its adapter; none: the whole weight was trained
    std::vector<double> singularValues; ///< descending
    double effectiveRank = 0;
    double stableRank = 0;
    std::int64_t rank90 = 0; ///< keeps 90 % of Σσ²
    std::int64_t rank99 = 0;
    double changeNorm = 0;     ///< ‖ΔW‖_F
    double weightNorm = 0;     ///< ‖W‖_F of the weight before training
    double relativeChange = 0; ///< ‖ΔW‖_F / ‖W‖_F
};

/// Fills what follows from singular values and the two norms' parts.
ModuleSpectrum spectrumFrom(std::vector<double> singularValues, double weightNorm);

/// One entry for each adapted module, in the model's order. Throws lora::Error (BadInput) naming a module
/// whose weights are not finite.
std::vector<ModuleSpectrum> adapterSpectra(LanguageModel<float>& model);

/// One entry for each linear module of the trunk: `tuned` − `base`. Throws lora::Error (BadInput) where
/// shapes differ.
std::vector<ModuleSpectrum> changeSpectra(LanguageModel<float>& tuned, LanguageModel<float>& base);

} // namespace lora
