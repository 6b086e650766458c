#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lora {

/// A text as SQuAD's evaluation script compares it: lower case, without punctuation, articles (a, an, the)
/// and superfluous white space.
std::string normalizedAnswer(std::string_view text);

/// The best over the gold answers, as that script has it but as fractions; no gold answer: "" is right.
double exactMatch(std::string_view predicted, const std::vector<std::string>& gold);
double answerF1(std::string_view predicted, const std::vector<std::string>& gold);

} // namespace lora
