#pragma once

#include "core/evidence/task_evidence.h"

#include <string>
#include <vector>

namespace lora {

/// RFC 4180 with a heading line, plain numbers, empty cells where nothing can be told: one line for each way
/// of training each claim was tested with.
std::string evidenceCsv(const std::vector<TaskEvidence>& evidence);

} // namespace lora
