#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lora {

/// Text as a terminal shows it: columns instead of bytes, and nothing that steers the terminal. UTF-8; bytes
/// that are not stand for themselves.

/// Columns the text takes: 2 for East Asian wide characters and emoji (Unicode TR 11, whole blocks), 0 for
/// combining marks.
std::size_t displayWidth(std::string_view text);
/// Control characters, line ends included, become "?": names from files cannot steer the terminal.
std::string printable(std::string_view text);
/// `printable`, cut to `columns` columns with "…" where it was longer.
std::string fitted(std::string_view text, std::size_t columns);

enum class Align { Left, Right };
/// Filled with spaces to `columns` columns.
std::string padded(std::string_view text, std::size_t columns, Align align = Align::Left);

/// Broken between words into lines of at most `columns` columns, every one but the first indented by `indent`
/// spaces;
/// '\n' in the text breaks too. No line end at the end.
std::string wrapped(std::string_view text, std::size_t columns, std::size_t indent = 0);

/// The text wrapped in a column of its own that begins at `indent` and ends at `columns`, beside the label; a
/// label that does not fit stands on a line of its own. No line end at the end.
std::string besideLabel(std::string_view label, std::string_view text, std::size_t indent,
                        std::size_t columns = 80);

} // namespace lora
