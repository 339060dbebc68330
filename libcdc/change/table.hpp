#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace cdc {

/// What the values of a column mean, for formats that have a form of their own for some of them. Of
/// an array: what its elements mean.
enum class Meaning : std::uint8_t {
  other,  ///< the kind of its values says enough
  date,
  time,
  timestamp,
  timestamp_with_zone,
  time_with_zone,
  interval,
  decimal,
  bits,
  point,
  hstore,
};

/// One column of one version of a table.
struct Column {
  std::string name;
  std::string type;              ///< the source's name of the type, for example "numeric(10,2)"
  std::optional<bool> nullable;  ///< unknown where the stream does not say and nobody asked
  bool key = false;              ///< part of the row's identity
  bool visible = true;           ///< false where the user's projection leaves it out of the rows
  Meaning meaning = Meaning::other;
  std::int32_t length = -1;  ///< digits of a second, digits of a decimal, bits; -1: not limited
  std::int32_t scale = 0;    ///< of a decimal with a length
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
