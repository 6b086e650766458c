#pragma once

#include "core/evidence/reproduction.h"
#include "core/report/report_document.h"

namespace lora {

/// The evidence as a report, for all forms reports have: of each claim what can be said, then its table.
ReportDocument evidenceDocument(const Reproduction& reproduction, const std::vector<TaskEvidence>& evidence,
                                const std::string& host);

/// Writes it in the form the path's ending asks for, whole or not at all; CSV is the tables of all claims.
/// Throws lora::Error (BadUsage, FileSystem).
void writeEvidenceFile(const Reproduction& reproduction, const std::filesystem::path& path);

} // namespace lora
