#pragma once

#include "core/data/data_table.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lora {

struct ReadOptions
{
    std::optional<DataFormat> format; ///< none: by the file's ending, else by its content
    std::size_t maxRows = 0;          ///< 0: all
    /// Column names the user gave: a first line that holds one of them is a header.
    std::vector<std::string> expectedColumns = {};
    /// A plain text file is one document instead of one row a line.
    bool isTextOneRow = false;
};

/// Reads CSV (RFC 4180), TSV, JSON Lines, a JSON list of objects or texts, SQuAD, CoNLL or plain text. UTF-8
/// with or without byte order mark, any line ends. Throws lora::Error: FileSystem when it cannot be read,
/// BadInput naming file and line when it is empty, binary, has an unclosed quote or a row with another number
/// of fields. Invalid UTF-8 and NUL characters are replaced by U+FFFD and reported as problems.
DataTable readTable(const std::filesystem::path& path, const ReadOptions& options = {});
/// The same from memory; `source` names the text in messages and its ending decides the format.
DataTable parseTable(std::string_view bytes, const std::string& source, const ReadOptions& options = {});

/// What a file is, by its ending and content. Throws lora::Error (BadInput) for empty and binary content.
DataFormat detectFormat(std::string_view bytes, const std::string& source);

} // namespace lora
