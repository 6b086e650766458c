#include "core/export/export_record.h"

#include "core/base/error.h"
#include "core/base/json_fault.h"
#include "core/io/atomic_file.h"
#include "core/io/json_text.h"
#include "core/runs/run_files.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace lora {

namespace {

constexpr std::size_t maxFileBytes = std::size_t{1} << 20;
constexpr std::size_t maxKept = 100;

nlohmann::ordered_json jsonOf(const RecordedExport& entry)
{
    const ExportCertificate& certificate = entry.certificate;
    return {
        {"path", certificate.path.string()}, {"format", certificate.format},
        {"bytes", certificate.bytes},        {"hash", certificate.hash},
        {"rows", certificate.rows},          {"max_abs_logit_difference", certificate.maxAbsLogitDifference},
        {"version", entry.version}};
}

RecordedExport exportFrom(const nlohmann::json& object)
{
    RecordedExport entry;
    ExportCertificate& certificate = entry.certificate;
    certificate.path = object.at("path").get<std::string>();
    certificate.format = object.at("format").get<std::string>();
    certificate.bytes = object.at("bytes").get<std::int64_t>();
    certificate.hash = object.at("hash").get<std::string>();
    certificate.rows = object.at("rows").get<std::int64_t>();
    certificate.maxAbsLogitDifference = object.at("max_abs_logit_difference").get<double>();
    entry.version = object.value("version", "");
    return entry;
}

std::filesystem::path pathInside(const std::filesystem::path& runFolder, const std::filesystem::path& path)
{
    const auto whole = [](const std::filesystem::path& any) {
        return std::filesystem::absolute(any).lexically_normal();
    };
    const std::filesystem::path inside = whole(path).lexically_relative(whole(runFolder) / "");
    return inside.empty() || *inside.begin() == ".." ? whole(path) : inside;
}

} // namespace

std::vector<RecordedExport> readExports(const std::filesystem::path& runFolder)
{
    const std::filesystem::path file = runFolder / run_files::exports;
    std::error_code ignored;
    if (!std::filesystem::exists(file, ignored))
        return {};
    try {
        std::vector<RecordedExport> entries;
        for (const nlohmann::json& object : readJsonFile(file, maxFileBytes))
            entries.push_back(exportFrom(object));
        return entries;
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::BadInput, fmt::format("{}: {}", file.string(), jsonFaultText(error.what())),
                    "Delete the file; the next export writes a new one.");
    }
}

void recordExport(const std::filesystem::path& runFolder, const ExportCertificate& certificate)
{
    std::vector<RecordedExport> entries;
    try {
        entries = readExports(runFolder);
    } catch (const Error&) { // a record that cannot be read is of no use to anyone
    }
    RecordedExport added{certificate, programVersion()};
    added.certificate.path = pathInside(runFolder, certificate.path);
    std::erase_if(entries, [&](const auto& each) { return each.certificate.path == added.certificate.path; });
    entries.push_back(std::move(added));
    if (entries.size() > maxKept)
        entries.erase(entries.begin(), entries.end() - maxKept);
    nlohmann::ordered_json document = nlohmann::ordered_json::array();
    for (const RecordedExport& entry : entries)
        document.push_back(jsonOf(entry));
    writeFileAtomically(runFolder / run_files::exports,
                        document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

} // namespace lora
