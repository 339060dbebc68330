#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/sources/mysql/column_format.hpp"

namespace cdc::mysql {

/// A column as a TABLE_MAP event describes it. What the server did not send is empty.
struct MappedColumn {
  ColumnType type = ColumnType::null;
  std::uint16_t meta = 0;  ///< resolved as ColumnFormat::meta says
  bool nullable = false;
  std::optional<bool> is_unsigned;                 ///< numeric columns
  std::optional<std::uint32_t> collation;          ///< character columns, ENUM and SET
  std::optional<std::string> name;                 ///< in UTF-8 as sent
  std::optional<std::vector<std::string>> labels;  ///< raw bytes in the column's character set
  std::optional<std::uint32_t> geometry;           ///< subtype: 0 any, 1 point ... 7 collection
  std::optional<std::uint32_t> dimensions;         ///< MySQL VECTOR
  bool visible = true;
};

/// One TABLE_MAP event (type 19). `u48 id, u16 flags, u8 len, db, 00, u8 len, table, 00,
/// lenenc n, types[n], lenenc meta_len, meta, null bitmap, TLVs`.
struct TableMap {
  std::uint64_t id = 0;
  std::string schema;
  std::string table;
  std::vector<MappedColumn> columns;
  /// Indexes of the primary key's columns in key order; nothing where the server did not send it.
  std::optional<std::vector<std::size_t>> primary_key;
};

/// Only the id of a TABLE_MAP body, which is all that a cache needs to find what it knows.
std::uint64_t table_map_id(std::string_view body);

/// Decodes the body (behind the event header, without the CRC). `is_mariadb` decides which columns
/// count as character columns in the metadata. Throws protocol where it is malformed; the message
/// names the table where that is known, and no place in the log (the caller adds it).
TableMap decode_table_map(std::string_view body, bool is_mariadb);

}  // namespace cdc::mysql
