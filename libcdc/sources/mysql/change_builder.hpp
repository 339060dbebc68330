#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libcdc/base/log.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/change/position.hpp"
#include "libcdc/change/selection.hpp"
#include "libcdc/sources/mysql/catalog.hpp"
#include "libcdc/sources/mysql/event.hpp"
#include "libcdc/sources/mysql/rows.hpp"
#include "libcdc/sources/mysql/table_layout.hpp"

namespace cdc::mysql {

/// What is known of a transaction before its changes are made.
struct TransactionFacts {
  std::string position;          ///< `FILE:OFFSET` of its first event
  std::string id;                ///< its GTID, else its position
  std::string xid;               ///< of an XA transaction, else empty
  std::int64_t commit_time = 0;  ///< microseconds since 1970 UTC
};

/// Where a transaction ends: as lines have it, and with the GTID set that checkpoints have beside
/// it.
struct EndPosition {
  std::string_view place;   ///< `FILE:OFFSET`
  std::string_view whole;   ///< `FILE:OFFSET GTIDSET`
  std::string_view resume;  ///< the same, or a place before it while something waits
};

/// Turns the events of one transaction after the other into changes: keeps the tables, numbers the
/// changes, knows which of them were delivered before a restart.
class ChangeBuilder {
 public:
  /// All references outlive it.
  ChangeBuilder(const Selection& selection, SchemaMismatch on_mismatch, Catalog& catalog,
                const Log& log);

  /// A new stream of a server of this flavour.
  void restart(const ResumePoint& after, Flavor flavor);

  /// Behind a restart of the server ids stand for other tables.
  void forget_ids();

  /// Behind a statement that may have changed tables the catalog says how they look now.
  void forget_catalog();

  void begin(TransactionFacts facts);
  /// Several may come before the rows of their tables.
  void add_table_map(std::string_view body);
  /// `event` lives in the batch.
  void add_rows(const Event& event, Batch& batch);
  void add_truncate(const std::string& schema, const std::string& table, Batch& batch);
  /// The text of a statement that changes tables; `schema`: the one that it was given in.
  void add_ddl(std::string_view schema, const Value& sql, Batch& batch);
  /// `end` lives in the batch.
  void finish(const EndPosition& end, Batch& batch);

  /// Everything up to there is done without a captured change. `time`: microseconds since 1970 UTC;
  /// 0: nobody said.
  static void mark(const EndPosition& end, Batch& batch, std::int64_t commit_time = 0) {
    batch.mark(end.resume, commit_time);
    if (end.resume != end.whole) batch.reach(end.whole);
  }
  void add_progress(const EndPosition& end, std::int64_t time, Batch& batch);

  /// A batch ends here: what the next one needs of this transaction is written there again.
  void leave_batch() { transaction_ = nullptr; }

 private:
  struct KnownTable {
    std::string body;  ///< of the TABLE_MAP, behind the id
    TableLayout layout;
    std::vector<bool> skipped;  ///< columns that nobody wants to see
    bool wanted = true;
    bool schema_pending = false;
  };

  void warn_of_names(const Table& table) const;
  KnownTable make_known(std::string_view body);
  KnownTable& known(std::uint64_t id, const Event& event);
  bool next_is_new();
  bool next_is_wanted(Op op, KnownTable& table, Batch& batch);
  void add_row(const RowsEvent& rows, KnownTable& table, LittleReader& reader, Batch& batch);
  void add_update(const RowsEvent& rows, const KnownTable& table, LittleReader& reader,
                  Batch& batch);
  void add_version(const RowsEvent& rows, const KnownTable& table, LittleReader& reader,
                   Batch& batch);
  void add_schema(KnownTable& table, Batch& batch);
  void add_begin(Batch& batch);
  Change change(Op op, Batch& batch);
  Change table_change(Op op, const TableRef& table, Batch& batch);
  const Transaction* transaction(Batch& batch);
  TableRef truncated_table(const std::string& schema, const std::string& table) const;

  const Selection& selection_;
  const SchemaMismatch on_mismatch_;
  Catalog& catalog_;
  const Log& log_;
  Flavor flavor_ = Flavor::mysql;

  std::unordered_map<std::string, KnownTable> tables_;  ///< by schema, 0 byte, table
  std::unordered_map<std::uint64_t, KnownTable*> by_id_;
  std::uint64_t last_id_ = 0;
  KnownTable* last_table_ = nullptr;
  std::string inflated_;

  TransactionFacts facts_;
  const Transaction* transaction_ = nullptr;  ///< in the arena of the current batch
  bool left_out_ = false;                     ///< committed before --from TIME
  bool begin_pending_ = false;
  std::uint64_t ordinal_ = 0;
  std::optional<std::int64_t> from_time_;
  std::optional<ChangePosition> delivered_;  ///< of one transaction, before the restart
  std::uint64_t skip_ordinals_ = 0;
};

}  // namespace cdc::mysql
