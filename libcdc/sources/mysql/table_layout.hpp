#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/change/selection.hpp"
#include "libcdc/change/table.hpp"
#include "libcdc/sources/mysql/catalog.hpp"
#include "libcdc/sources/mysql/column_format.hpp"
#include "libcdc/sources/mysql/table_map.hpp"

namespace cdc::mysql {

/// What to do where the log does not name columns and today's catalog does not fit them.
enum class SchemaMismatch : std::uint8_t { fail, warn };

/// How the rows of one version of a table are read.
struct TableLayout {
  TableRef table;
  std::vector<ColumnFormat> formats;  ///< one per column
  std::size_t json_columns = 0;
  bool has_names = true;     ///< false: the columns are named c1, c2 ...
  bool is_sequence = false;  ///< of MariaDB: what its row says is nobody's data
  /// MariaDB, system-versioned: the column that says until when a row held. A row that is deleted
  /// stays, with an end.
  std::optional<std::size_t> row_end;
};

/// Puts together what a TABLE_MAP says and, where it leaves names, signs, labels or character sets
/// open, what the catalog says, which is checked against it first. Throws refused, naming the table
/// and the first column that does not fit.
TableLayout lay_out(const TableMap& map, Flavor flavor, const Selection& selection,
                    SchemaMismatch on_mismatch, Catalog& catalog);

/// The same of a table as the catalog has it now.
TableLayout lay_out_known(const TableMap& map, const Selection& selection,
                          const CatalogTable& known, Catalog& catalog);

/// Whether its rows are wanted: the server's own tables are shown to who asks for them by name.
bool is_captured(const Selection& selection, std::string_view schema, std::string_view table);

/// Why the catalog's table cannot be the one of the map; empty where it can. A rename, or a swap of
/// columns of one type, cannot be seen.
std::string find_mismatch(const TableMap& map, const CatalogTable& catalog);

}  // namespace cdc::mysql
