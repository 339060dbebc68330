#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cdc {

/// One column of one version of a table.
struct Column {
  std::string name;
  std::string type;              ///< the source's name of the type, for example "numeric(10,2)"
  std::optional<bool> nullable;  ///< unknown where the stream does not say and nobody asked
  bool key = false;              ///< part of the row's identity
  bool visible = true;           ///< false where the user's projection leaves it out of the rows
};

/// One version of a table: immutable. A schema change makes a new one; batches that still carry
/// rows of the old version keep it alive.
struct Table {
  std::uint64_t version = 0;  ///< unique in this process: what caches are keyed by
  std::string database;
  std::string schema;  ///< empty where the source has none
  std::string name;
  std::vector<Column> columns;
  std::vector<std::size_t> key;  ///< indexes of the key's columns; empty where there is none
  bool from_catalog = false;     ///< nullable and type names were read from today's catalog
};

using TableRef = std::shared_ptr<const Table>;

/// The next value for `Table::version`.
std::uint64_t next_table_version();

/// `schema.table`, as people write it and messages name it.
std::string qualified_name(const Table& table);

}  // namespace cdc
