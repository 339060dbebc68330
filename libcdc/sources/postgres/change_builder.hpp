#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libcdc/change/batch.hpp"
#include "libcdc/change/position.hpp"
#include "libcdc/change/selection.hpp"
#include "libcdc/sources/postgres/binary_types.hpp"
#include "libcdc/sources/postgres/catalog.hpp"
#include "libcdc/sources/postgres/pgoutput.hpp"
#include "libcdc/sources/postgres/text_encoding.hpp"
#include "libcdc/sources/postgres/types.hpp"

namespace cdc::postgres {

/// Which transactions are wanted: all, or none that came by replication from elsewhere.
enum class Origins { any, none };

/// Turns pgoutput messages into changes: keeps the relations, numbers the changes of a transaction,
/// knows which of them were delivered before a restart.
class ChangeBuilder {
 public:
  /// `selection` and `catalog` outlive it.
  ChangeBuilder(const Selection& selection, Catalog& catalog, Origins origins = Origins::any);

  /// Values may come in binary from the next `restart` on. `types` outlives this or the next call.
  void read_binary(BinaryTypes& types);

  /// The rows of this table are heartbeats: where nothing else is in a transaction, it has no
  /// lines.
  void expect_heartbeats(std::string schema, std::string table);

  /// A new stream: relations come again, and a transaction that was cut off comes whole. `encoding`
  /// outlives the stream.
  void restart(const ResumePoint& after, std::string database, const TextEncoding& encoding);

  /// The next message was written into the log at this place.
  void at(Lsn lsn) { lsn_ = lsn; }

  /// Adds what one message says. `bytes` live in the batch's arena and are changed in place.
  void add(char* bytes, std::size_t size, Batch& batch);

  /// Everything up to `lsn` is done without a captured change: the source is idle. `time` is when
  /// the server said so, microseconds since 1970 UTC. Does nothing inside a transaction.
  void advance(Lsn lsn, std::int64_t time, Batch& batch);

  /// A batch ends here: what the next one needs of this transaction is written there again.
  void leave_batch() { transaction_ = nullptr; }

  bool in_transaction() const { return open_; }

  /// Leaves out what committed before `lsn`: it was delivered, and the server sends it again. For
  /// the stream that `restart` began.
  void leave_out_before(Lsn lsn) { done_before_ = lsn; }

  /// A transaction whose messages were held, or come at their PREPARE under `gid`: it begins, its
  /// messages are added, and `finish` ends it with op commit or prepare.
  void begin(const Begin& begin, std::string_view gid = {});
  void finish(Op op, Lsn end_lsn, Batch& batch);
  /// A relation of such a transaction. It may have come before others of the same table, which
  /// were added already and stand again once the transaction is finished.
  void add_relation(std::string_view message, std::uint64_t arrival);
  /// Numbers a relation that has come and is held.
  std::uint64_t count_relation() { return ++relations_; }
  /// How many relations have come.
  std::uint64_t relations() const { return relations_; }
  /// What became of a prepared transaction whose rows came at its PREPARE.
  void add_outcome(Op op, const Begin& begin, std::string_view gid, Lsn end_lsn, Batch& batch);

 private:
  struct KnownTable {
    TableRef table;
    std::uint64_t arrival = 0;  ///< the number of the relation that said so
    std::vector<TypeMapping> types;
    std::vector<const BinaryType*> binary;  ///< empty: values come as text
    bool wanted = true;
    bool heartbeat = false;  ///< its rows are; then it is not wanted
    bool schema_pending = false;
  };

  void on(const Begin& begin, Batch& batch);
  void on(const Commit& commit, Batch& batch);
  void on(const Origin& origin, Batch& batch);
  void on(const Relation& relation, Batch& batch);
  void on(const Type& type, Batch& batch);
  void on(const Insert& insert, Batch& batch);
  void on(const Update& update, Batch& batch);
  void on(const Delete& deletion, Batch& batch);
  void on(const Truncate& truncate, Batch& batch);
  void on(const LogicalMessage& message, Batch& batch);

  KnownTable& known(std::uint32_t oid, char message);
  void learn(const Relation& relation, std::uint64_t arrival);
  void install(std::uint32_t oid, KnownTable fresh);
  void restore_overtaken();
  bool is_only_heartbeats() const { return heartbeats_ != 0 && heartbeats_ == ordinal_; }
  void move_to(Lsn lsn, std::int64_t time, Batch& batch);
  void add_end(Op op, Lsn end_lsn, Batch& batch);
  Table describe(const Relation& relation, std::vector<TypeMapping>& types);
  void add_from_catalog(const Relation& relation, Table& table);
  TypeMapping mapping_of(std::uint32_t type);
  TypeMapping wanted_mapping(std::uint32_t type);
  bool needs_catalog(const Relation& relation, const Table& table) const;
  std::vector<const BinaryType*> binary_types_of(const Relation& relation, const Table& table);
  Value binary_value(const KnownTable& known, std::size_t column, const Cell& cell,
                     Batch& batch) const;
  bool is_early(std::int64_t commit_time);
  bool next_is_new();
  bool next_is_wanted(Op op, KnownTable& table, Batch& batch);
  Change change(Op op, Batch& batch);
  Change table_change(Op op, const KnownTable& known, Batch& batch);
  void add_schema(KnownTable& known, Batch& batch);
  void add_begin(Batch& batch);
  void add_message(const LogicalMessage& message, Batch& batch);
  Value* read_row(const KnownTable& known, const Tuple& tuple, Batch& batch) const;
  Value* read_old(const KnownTable& known, OldImage image, const Tuple& tuple, Batch& batch) const;
  const Transaction* transaction(Batch& batch);

  const Selection& selection_;
  Catalog& catalog_;
  Origins origins_;
  std::string heartbeat_schema_;
  std::string heartbeat_table_;  ///< empty: none
  BinaryTypes* binary_types_ = nullptr;
  std::optional<std::int64_t> from_time_;  ///< until the first commit that is not before it
  PgoutputDecoder decoder_;
  const TextEncoding* encoding_ = nullptr;
  std::string database_;

  std::unordered_map<std::uint32_t, KnownTable> tables_;
  /// Newer versions of tables whose older ones stand in `tables_` for the transaction that is open.
  std::unordered_map<std::uint32_t, KnownTable> overtaken_;
  std::uint64_t relations_ = 0;
  std::unordered_map<std::uint32_t, TypeMapping> user_types_;
  std::unordered_map<std::uint32_t, std::string> user_type_names_;  ///< those with a meaning
  std::uint32_t last_oid_ = 0;
  KnownTable* last_table_ = nullptr;

  bool open_ = false;
  bool begin_pending_ = false;  ///< its line waits for the origin, which comes behind it
  Lsn commit_lsn_ = 0;
  std::int64_t commit_time_ = 0;
  std::uint32_t xid_ = 0;
  std::string origin_;
  std::string gid_;
  bool left_out_ = false;  ///< the whole transaction: for its origin, or as delivered before
  std::uint64_t ordinal_ = 0;
  std::uint64_t heartbeats_ = 0;              ///< how many of them are that
  bool has_lines_ = false;                    ///< of this transaction, so far
  std::uint64_t skip_ = 0;                    ///< how many of its changes were delivered before
  const Transaction* transaction_ = nullptr;  ///< in the arena of the current batch
  Lsn skip_lsn_ = 0;                          ///< the transaction that was delivered in part
  std::uint64_t skip_ordinals_ = 0;           ///< how many of its changes
  Lsn advanced_to_ = 0;
  bool progress_owed_ = false;  ///< no line says so yet
  Lsn lsn_ = 0;
  Lsn done_before_ = 0;
};

}  // namespace cdc::postgres
