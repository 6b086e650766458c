#pragma once

#include "core/data/json_rows.h"

#include <string>
#include <string_view>

namespace lora {

/// Whether a JSON text is a SQuAD file (Rajpurkar et al., arXiv:1606.05250): an object whose "data" is a list
/// of articles with "paragraphs".
bool isSquad(std::string_view text);

/// Each question of a SQuAD v1.1 or v2 file as {"id","title","question","context","answers"}, with its line;
/// "answers" as in the file, empty where "is_impossible". Throws lora::Error (BadInput) naming source, line
/// and what is missing.
void forEachSquadQuestion(std::string_view text, const std::string& source, const JsonRowVisitor& visit);

} // namespace lora
