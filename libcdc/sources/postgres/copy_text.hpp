#pragma once

#include <cstddef>
#include <span>

/// Rows in the text format of COPY TO, decoded from bytes and nothing else.
///
/// Source: PostgreSQL documentation, "COPY", "Text Format", and src/backend/commands/copyto.c.
/// Columns are separated by tabs, `\N` alone is null, and of escapes the server writes
/// `\b \f \n \r \t \v \\` only. What is left is byte for byte the text that pgoutput sends.
namespace cdc::postgres {

/// One column of a row.
struct CopyCell {
  char* text = nullptr;  ///< null where the column is null
  std::size_t size = 0;
};

/// Splits one row, without the newline at its end, into its cells, which are unescaped in place.
/// False where it does not have that many columns or has an escape that COPY TO does not write.
bool split_copy_row(char* row, std::size_t size, std::span<CopyCell> cells);

}  // namespace cdc::postgres
