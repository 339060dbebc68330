#include "libcdc/sources/postgres/change_builder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "libcdc/base/error.hpp"
#include "libcdc/sinks/ndjson/encoder.hpp"
#include "tests/libcdc/sources/postgres/messages.hpp"

using namespace cdc;
using namespace cdc::postgres;
using wire::kNull;
using wire::kUnchanged;

namespace {

constexpr std::uint32_t kOrders = 16384;
constexpr std::uint32_t kItems = 16385;
constexpr OpSet kRows =
    OpSet().with(Op::insert).with(Op::update).with(Op::remove).with(Op::truncate);

/// A catalog that says what the test says.
struct FakeCatalog : Catalog {
  std::optional<CatalogTable> table(std::uint32_t oid) override {
    ++table_questions;
    const auto found = tables.find(oid);
    return found == tables.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<ArrayType> array(std::uint32_t oid) override {
    ++array_questions;
    const auto found = arrays.find(oid);
    return found == arrays.end() ? std::nullopt : std::optional(found->second);
  }

  std::map<std::uint32_t, CatalogTable> tables;
  std::map<std::uint32_t, ArrayType> arrays;
  int table_questions = 0;
  int array_questions = 0;
};

/// No user types at all.
struct FakeTypes : TypeCatalog {
  std::optional<CatalogType> type(std::uint32_t) override { return std::nullopt; }
  std::string object_name(std::string_view, std::uint32_t oid) override {
    return std::to_string(oid);
  }
};

template <std::size_t kSize>
std::string binary_cell(const char (&bytes)[kSize]) {
  return "b" + wire::number(kSize - 1, 4) + std::string(bytes, kSize - 1);
}

/// Adds one message as the source does: copied into the batch that its values borrow from.
void add(ChangeBuilder& builder, Batch& batch, const std::string& message) {
  char* bytes = batch.arena().allocate(message.size());
  std::memcpy(bytes, message.data(), message.size());
  builder.add(bytes, message.size(), batch);
}

/// `insert 0/10#1`; with the resume position where the change has one.
std::string place(const Change& change) {
  std::string text(name(change.op));
  if (change.transaction != nullptr) {
    text += " " + std::string(change.transaction->position) + "#" + std::to_string(change.ordinal);
  }
  if (!change.resume.empty()) text += " " + std::string(change.resume);
  return text;
}

/// The text of each value; `NULL`, `-` where it is absent, `~` where it did not change.
std::string row(const Change& change, const Value* values) {
  if (values == nullptr) return "none";
  std::string text;
  for (std::size_t i = 0; i < change.table->columns.size(); ++i) {
    if (i > 0) text += ' ';
    switch (values[i].kind()) {
      case ValueKind::absent:
        text += '-';
        break;
      case ValueKind::unchanged:
        text += '~';
        break;
      case ValueKind::null:
        text += "NULL";
        break;
      case ValueKind::array:
        text += "array of " + std::to_string(values[i].size());
        break;
      default:
        text += values[i].text();
    }
  }
  return text;
}

struct Setup {
  explicit Setup(OpSet ops = kRows) { selection.ops = ops; }

  void start(const ResumePoint& after = {"0/1", std::nullopt}) {
    if (!builder) builder.emplace(selection, catalog, origins);
    builder->restart(after, "shop", encoding);
  }
  void start_inside(const std::string& transaction, std::uint64_t ordinal) {
    start({"0/1", ChangePosition{transaction, ordinal}});
  }
  void add(const std::string& message) { ::add(*builder, batch, message); }
  void add(std::initializer_list<std::string> messages) {
    for (const std::string& message : messages) add(message);
  }
  void next_batch() {
    builder->leave_batch();
    batch.reset();
  }

  std::vector<std::string> places() const {
    std::vector<std::string> found;
    for (const Change& change : batch.changes()) found.push_back(place(change));
    return found;
  }
  std::vector<std::string> boundaries() const {
    std::vector<std::string> found;
    for (const Boundary& boundary : batch.boundaries()) {
      found.push_back(std::to_string(boundary.changes) + " " + std::string(boundary.resume));
    }
    return found;
  }
  const Change& last() const { return batch.changes().back(); }

  Selection selection;
  FakeCatalog catalog;
  Origins origins = Origins::any;
  TextEncoding encoding{"UTF8"};
  std::optional<ChangeBuilder> builder;
  Batch batch;
};

std::string orders(char identity = 'd') {
  return wire::relation(
      kOrders, "orders", identity,
      {{"id", 23, identity == 'd' || identity == 'f'}, {"note", 25, identity == 'f'}});
}

std::string items() {
  return wire::relation(kItems, "items", 'd', {{"id", 23, true}});
}

/// The transaction at 0/10 with four changes: two of orders, one message, one of items.
void add_mixed(Setup& setup) {
  setup.add({wire::begin(0x10), orders(), wire::insert(kOrders, {"1", "a"}),
             wire::message(true, 0xF, "app", "hello"), items(), wire::insert(kItems, {"7"}),
             wire::remove(kOrders, 'K', {"1", kNull}), wire::commit(0x10, 0x20)});
}

using Places = std::vector<std::string>;

std::string protocol_error(Setup& setup, const std::string& message) {
  try {
    setup.add(message);
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::protocol);
    return error.message();
  }
  return "";
}

/// The oid of the first relation of that name in captured messages.
std::uint32_t oid_of(const std::vector<std::string>& messages, std::string_view name) {
  PgoutputDecoder decoder;
  for (const std::string& message : messages) {
    if (message.front() != 'R') continue;
    const auto relation = std::get<Relation>(decoder.decode(message));
    if (relation.name == name) return relation.oid;
  }
  return 0;
}

std::uint32_t type_of(const std::vector<std::string>& messages, std::string_view name) {
  PgoutputDecoder decoder;
  for (const std::string& message : messages) {
    if (message.front() != 'Y') continue;
    const auto type = std::get<Type>(decoder.decode(message));
    if (type.name == name) return type.oid;
  }
  return 0;
}

/// Every line of a captured stream, with the catalog that its database had.
std::string lines_of(const std::string& name) {
  const auto messages = wire::captured(name);
  Setup setup(OpSet::all());
  if (name == "identities") {
    setup.catalog.tables[oid_of(messages, "by_row")] = {
        {{"note", "text", true}, {"id", "integer", false}}, {"id"}};
  }
  if (name == "types") {
    setup.catalog.arrays[type_of(messages, "_mood")] = {type_of(messages, "mood"), ','};
    setup.catalog.arrays[type_of(messages, "_price")] = {1700, ','};
    setup.catalog.arrays[type_of(messages, "_pair")] = {type_of(messages, "pair"), ','};
    setup.catalog.tables[oid_of(messages, "typed")] = {{{"m", "public.mood", true}}, {"id"}};
  }
  setup.start({"0/0", std::nullopt});
  const auto encoder = ndjson::make_encoder({});
  TextBuffer lines;
  for (const std::string& message : messages) {
    setup.add(message);
    encoder->encode(setup.batch, lines);
    setup.next_batch();
  }
  return std::string(lines.view());
}

}  // namespace

TEST_CASE("captured streams give the lines that were agreed") {
  for (const char* name : wire::kCaptured) {
    CAPTURE(name);
    std::ifstream file(std::string(CDC_TEST_DATA) + "/postgres/pgoutput/" + name + ".ndjson");
    std::stringstream expected;
    expected << file.rdbuf();
    CHECK(lines_of(name) == expected.str());
  }
}

TEST_CASE("positions do not depend on what is selected") {
  Setup all(OpSet::all());
  all.start();
  add_mixed(all);
  CHECK(all.places() == Places{"begin 0/10#0", "schema 0/10#0", "insert 0/10#1", "message 0/10#2",
                               "schema 0/10#2", "insert 0/10#3", "delete 0/10#4",
                               "commit 0/10#4 0/20"});
  CHECK(all.last().events == 4);

  Setup rows;
  rows.start();
  add_mixed(rows);
  CHECK(rows.places() == Places{"insert 0/10#1", "insert 0/10#3", "delete 0/10#4"});

  Setup deletes(OpSet().with(Op::remove));
  deletes.start();
  add_mixed(deletes);
  CHECK(deletes.places() == Places{"delete 0/10#4"});

  Setup without;
  without.selection.exclude_tables.emplace_back("public.orders");
  without.start();
  add_mixed(without);
  CHECK(without.places() == Places{"insert 0/10#3"});
  CHECK(without.boundaries() == Places{"1 0/20"});

  Setup nothing;
  nothing.selection.tables.emplace_back("other.*");
  nothing.start();
  add_mixed(nothing);
  CHECK(nothing.places().empty());
  CHECK(nothing.boundaries() == Places{"0 0/20"});
}

TEST_CASE("a start inside a transaction goes on behind the change that it names") {
  const auto after = [](std::uint64_t ordinal, OpSet ops = kRows.with(Op::message)) {
    Setup setup(ops);
    setup.start_inside("0/10", ordinal);
    add_mixed(setup);
    setup.add({wire::begin(0x30), wire::insert(kItems, {"8"}), wire::commit(0x30, 0x40)});
    CHECK(setup.boundaries().back() == std::to_string(setup.batch.changes().size()) + " 0/40");
    return setup.places();
  };
  CHECK(after(0) == Places{"insert 0/10#1", "message 0/10#2", "insert 0/10#3", "delete 0/10#4",
                           "insert 0/30#1"});
  CHECK(after(1) == Places{"message 0/10#2", "insert 0/10#3", "delete 0/10#4", "insert 0/30#1"});
  CHECK(after(2) == Places{"insert 0/10#3", "delete 0/10#4", "insert 0/30#1"});
  CHECK(after(4) == Places{"insert 0/30#1"});

  const OpSet ends = OpSet().with(Op::insert).with(Op::begin).with(Op::commit);
  CHECK(after(1, ends) == Places{"insert 0/10#3", "commit 0/10#4 0/20", "begin 0/30#0",
                                 "insert 0/30#1", "commit 0/30#1 0/40"});
  CHECK(after(4, ends) ==
        Places{"commit 0/10#4 0/20", "begin 0/30#0", "insert 0/30#1", "commit 0/30#1 0/40"});
}

TEST_CASE("a start inside a transaction leaves out nothing of another one") {
  Setup setup;
  setup.start_inside("0/10", 3);
  setup.add({wire::begin(0x30), items(), wire::insert(kItems, {"8"}), wire::commit(0x30, 0x40)});
  CHECK(setup.places() == Places{"insert 0/30#1"});
}

TEST_CASE("what of a transaction was delivered is known behind others that come before it") {
  // A slot that holds prepared transactions is read from where it stands, far before that.
  Setup setup;
  setup.start_inside("0/30", 1);
  setup.builder->leave_out_before(0x28);
  setup.add({wire::begin(0x10), items(), wire::insert(kItems, {"7"}), wire::commit(0x10, 0x20)});
  setup.add({wire::begin(0x30), wire::insert(kItems, {"8"}), wire::insert(kItems, {"9"}),
             wire::commit(0x30, 0x40)});
  setup.add({wire::begin(0x50), wire::insert(kItems, {"10"}), wire::commit(0x50, 0x60)});
  CHECK(setup.places() == Places{"insert 0/30#2", "insert 0/50#1"});
}

TEST_CASE("no idle advance comes before the rest of a transaction that was begun") {
  Setup setup;
  setup.start_inside("0/10", 3);
  setup.builder->advance(0x8, 0, setup.batch);
  // The place of the next commit is one that a keepalive can name.
  setup.builder->advance(0x10, 0, setup.batch);
  CHECK(setup.boundaries().empty());
  add_mixed(setup);
  CHECK(setup.places() == Places{"delete 0/10#4"});
  setup.builder->advance(0x28, 0, setup.batch);
  CHECK(setup.boundaries() == Places{"1 0/28"});

  Setup passed;
  passed.start_inside("0/10", 3);
  passed.builder->advance(0x11, 0, passed.batch);
  CHECK(passed.boundaries() == Places{"0 0/11"});
}

TEST_CASE("the idle source advances outside transactions, forward only") {
  Setup setup(kRows.with(Op::progress));
  setup.start({"0/10", std::nullopt});
  setup.builder->advance(0x10, 5, setup.batch);
  CHECK(setup.batch.empty());
  setup.builder->advance(0x18, 5, setup.batch);
  CHECK(setup.places() == Places{"progress 0/18"});
  CHECK(setup.last().time == 5);
  CHECK(setup.boundaries() == Places{"1 0/18"});
  setup.builder->advance(0x18, 6, setup.batch);
  setup.builder->advance(0x17, 6, setup.batch);
  CHECK(setup.places().size() == 1);

  setup.next_batch();
  setup.add({wire::begin(0x20), items()});
  setup.builder->advance(0x40, 7, setup.batch);
  CHECK(setup.batch.empty());
  CHECK(setup.builder->in_transaction());
  setup.add({wire::insert(kItems, {"1"}), wire::commit(0x20, 0x30)});
  CHECK_FALSE(setup.builder->in_transaction());
  setup.builder->advance(0x2F, 7, setup.batch);
  CHECK(setup.boundaries() == Places{"1 0/30"});
  setup.builder->advance(0x31, 7, setup.batch);
  CHECK(setup.places() == Places{"insert 0/20#1", "progress 0/31"});

  Setup silent;
  silent.start();
  silent.builder->advance(0x18, 5, silent.batch);
  CHECK(silent.places().empty());
  CHECK(silent.boundaries() == Places{"0 0/18"});
}

TEST_CASE("a transaction without a line is progress, said by the next keepalive") {
  Setup setup(OpSet().with(Op::insert).with(Op::progress));
  setup.selection.exclude_tables.emplace_back("public.items");
  setup.start();
  setup.add({wire::begin(0x10), items(), wire::insert(kItems, {"1"}), wire::commit(0x10, 0x20)});
  CHECK(setup.places().empty());
  setup.builder->advance(0x20, 5, setup.batch);
  CHECK(setup.places() == Places{"progress 0/20"});
  setup.builder->advance(0x20, 6, setup.batch);
  CHECK(setup.places().size() == 1);

  // A line says it itself.
  setup.next_batch();
  setup.add(
      {wire::begin(0x30), orders(), wire::insert(kOrders, {"1", "a"}), wire::commit(0x30, 0x40)});
  setup.builder->advance(0x40, 7, setup.batch);
  CHECK(setup.places() == Places{"insert 0/30#1"});
}

TEST_CASE("a heartbeat has no line whatever is asked for, but moves the position") {
  Setup setup(OpSet::all());
  setup.start();
  setup.add({wire::begin(0x10), wire::message(true, 0xF, "cdcctl.heartbeat", ""),
             wire::commit(0x10, 0x20)});
  CHECK(setup.places().empty());
  CHECK(setup.boundaries() == Places{"0 0/20"});
  setup.builder->advance(0x20, 5, setup.batch);
  CHECK(setup.places() == Places{"progress 0/20"});

  // In a transaction of somebody else it counts, as every change that is not selected does.
  setup.next_batch();
  setup.add({wire::begin(0x30), wire::message(true, 0x2F, "cdcctl.heartbeat", ""),
             wire::message(true, 0x2F, "app", ""), wire::commit(0x30, 0x40)});
  CHECK(setup.places() == Places{"begin 0/30#0", "message 0/30#2", "commit 0/30#2 0/40"});
}

TEST_CASE("the rows of a heartbeat's table have no lines either") {
  Setup setup(OpSet::all());
  setup.builder.emplace(setup.selection, setup.catalog, setup.origins);
  setup.builder->expect_heartbeats("public", "items");
  setup.start();
  setup.add({wire::begin(0x10), items(), wire::insert(kItems, {"1"}), wire::commit(0x10, 0x20)});
  CHECK(setup.places().empty());
  CHECK(setup.boundaries() == Places{"0 0/20"});
  setup.next_batch();
  setup.add({wire::begin(0x30), wire::insert(kItems, {"1"}), orders(),
             wire::insert(kOrders, {"1", "a"}), wire::commit(0x30, 0x40)});
  CHECK(setup.places() ==
        Places{"begin 0/30#0", "schema 0/30#1", "insert 0/30#2", "commit 0/30#2 0/40"});
}

TEST_CASE("the key is the identity before the change") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders(), wire::insert(kOrders, {"1", kNull})});
  CHECK(setup.last().table->key == std::vector<std::size_t>{0});
  CHECK(row(setup.last(), setup.last().key) == "1 NULL");
  CHECK(row(setup.last(), setup.last().after) == "1 NULL");
  CHECK(setup.last().before == nullptr);

  setup.add(wire::update(kOrders, {"1", "a"}));
  CHECK(row(setup.last(), setup.last().key) == "1 a");
  CHECK(row(setup.last(), setup.last().after) == "1 a");
  CHECK(setup.last().before == nullptr);

  setup.add(wire::update(kOrders, 'K', {"1", kNull}, {"2", "a"}));
  CHECK(row(setup.last(), setup.last().key) == "1 -");
  CHECK(row(setup.last(), setup.last().after) == "2 a");
  CHECK(setup.last().before == nullptr);

  setup.add(wire::remove(kOrders, 'K', {"2", kNull}));
  CHECK(row(setup.last(), setup.last().key) == "2 -");
  CHECK(setup.last().after == nullptr);
  CHECK(setup.last().before == nullptr);
}

TEST_CASE("invariant 4: what the server did not send is absent, never null") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders()});

  SUBCASE("a value that did not change") {
    setup.add(wire::update(kOrders, {"1", kUnchanged}));
    CHECK(row(setup.last(), setup.last().after) == "1 ~");
  }
  SUBCASE("the columns outside of a key image, which say null") {
    setup.add(wire::update(kOrders, 'K', {"1", kNull}, {"2", kUnchanged}));
    CHECK(row(setup.last(), setup.last().key) == "1 -");
    CHECK(row(setup.last(), setup.last().after) == "2 ~");
  }
  SUBCASE("a key stored outside the row is sent with the old image only") {
    setup.add(wire::update(kOrders, 'K', {"1", kNull}, {kUnchanged, "b"}));
    CHECK(row(setup.last(), setup.last().after) == "1 b");
  }
  SUBCASE("null is null") {
    setup.add(wire::update(kOrders, {"1", kNull}));
    CHECK(row(setup.last(), setup.last().after) == "1 NULL");
  }
}

TEST_CASE("REPLICA IDENTITY FULL: before is whole, and after is filled from it") {
  Setup setup;
  setup.start();
  setup.add(wire::begin(0x10));

  SUBCASE("with a primary key, which only the catalog knows") {
    setup.catalog.tables[kOrders] = {{{"id", "integer", false}, {"note", "text", true}}, {"id"}};
    setup.add(orders('f'));
    setup.add(wire::update(kOrders, 'O', {"1", "long"}, {"2", kUnchanged}));
    CHECK(setup.last().table->key == std::vector<std::size_t>{0});
    CHECK(setup.last().table->from_catalog);
    CHECK(setup.last().table->columns[0].nullable == false);
  }
  SUBCASE("without one") {
    setup.catalog.tables[kOrders] = {{{"id", "integer", true}, {"note", "text", true}}, {}};
    setup.add(orders('f'));
    setup.add(wire::update(kOrders, 'O', {"1", "long"}, {"2", kUnchanged}));
    CHECK(setup.last().table->key.empty());
  }
  SUBCASE("with a table that is gone by now") {
    setup.add(orders('f'));
    setup.add(wire::update(kOrders, 'O', {"1", "long"}, {"2", kUnchanged}));
    CHECK(setup.last().table->key.empty());
    CHECK_FALSE(setup.last().table->from_catalog);
  }
  SUBCASE("with a key of which a column list leaves a part out") {
    setup.catalog.tables[kOrders] = {{{"id", "integer", false}, {"part", "text", false}},
                                     {"id", "part"}};
    setup.add(orders('f'));
    setup.add(wire::update(kOrders, 'O', {"1", "long"}, {"2", kUnchanged}));
    CHECK(setup.last().table->key.empty());
  }
  CHECK(row(setup.last(), setup.last().before) == "1 long");
  CHECK(row(setup.last(), setup.last().key) == "1 long");
  CHECK(row(setup.last(), setup.last().after) == "2 long");
  setup.add(wire::remove(kOrders, 'O', {"2", kNull}));
  CHECK(row(setup.last(), setup.last().before) == "2 NULL");
  CHECK(setup.last().after == nullptr);
}

TEST_CASE("a key of the catalog stands in the catalog's order") {
  Setup setup;
  setup.catalog.tables[kOrders] = {{{"id", "integer", false}, {"note", "text", false}},
                                   {"note", "id"}};
  setup.start();
  setup.add({wire::begin(0x10), orders('f'), wire::insert(kOrders, {"1", "a"})});
  CHECK(setup.last().table->key == std::vector<std::size_t>{1, 0});
}

TEST_CASE("the catalog is asked only for what somebody wants to know") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders()});
  CHECK(setup.catalog.table_questions == 0);
  setup.add(orders('f'));
  CHECK(setup.catalog.table_questions == 1);

  Setup schema(kRows.with(Op::schema));
  schema.start();
  schema.add({wire::begin(0x10), orders()});
  CHECK(schema.catalog.table_questions == 1);

  Setup unwanted(kRows.with(Op::schema));
  unwanted.selection.exclude_tables.emplace_back("public.orders");
  unwanted.start();
  unwanted.add({wire::begin(0x10), orders('f')});
  CHECK(unwanted.catalog.table_questions == 0);
}

TEST_CASE("a schema line comes once a version, and again after a real change only") {
  Setup setup(kRows.with(Op::schema));
  setup.start();
  setup.add({wire::begin(0x10), orders()});
  CHECK(setup.places().empty());
  setup.add({wire::insert(kOrders, {"1", "a"}), wire::insert(kOrders, {"2", "a"})});
  CHECK(setup.places() == Places{"schema 0/10#0", "insert 0/10#1", "insert 0/10#2"});
  const Table* first = setup.last().table;

  setup.add({orders(), wire::insert(kOrders, {"3", "a"}), wire::commit(0x10, 0x20)});
  CHECK(setup.last().table == first);

  // A reconnect: the server sends every relation again.
  setup.next_batch();
  setup.start({"0/20", std::nullopt});
  setup.add({wire::begin(0x30), orders(), wire::insert(kOrders, {"4", "a"})});
  CHECK(setup.places() == Places{"insert 0/30#1"});
  CHECK(setup.last().table == first);

  setup.add({wire::relation(kOrders, "orders", 'd', {{"id", 23, true}, {"remark", 25}}),
             wire::insert(kOrders, {"5", "a"})});
  CHECK(setup.places() == Places{"insert 0/30#1", "schema 0/30#1", "insert 0/30#2"});
  CHECK(setup.last().table != first);
  CHECK(setup.last().table->version > first->version);
  CHECK(setup.last().table->columns[1].name == "remark");
}

TEST_CASE("every property of a table makes a version") {
  const std::vector<wire::ColumnSent> columns = {{"id", 23, true}, {"note", 25}};
  const std::string changed[] = {
      wire::relation(kOrders, "sales", 'd', columns),
      wire::relation(kOrders, "orders", 'd', columns, "other"),
      wire::relation(kOrders, "orders", 'd', {{"id", 20, true}, {"note", 25}}),
      wire::relation(kOrders, "orders", 'd', {{"id", 23, true}, {"note", 1043, false, 24}}),
      wire::relation(kOrders, "orders", 'i', {{"id", 23}, {"note", 25, true}}),
      wire::relation(kOrders, "orders", 'd', {{"id", 23, true}}),
      wire::relation(kOrders, "orders", 'd', {{"note", 25}, {"id", 23, true}}),
  };
  for (const std::string& relation : changed) {
    Setup setup(OpSet().with(Op::schema).with(Op::truncate));
    setup.start();
    setup.add({wire::begin(0x10), orders(), wire::truncate({kOrders}), relation,
               wire::truncate({kOrders})});
    CHECK(setup.places() ==
          Places{"schema 0/10#0", "truncate 0/10#1", "schema 0/10#1", "truncate 0/10#2"});
  }
}

TEST_CASE("a schema line waits for the first row that was not delivered before") {
  Setup setup(OpSet().with(Op::schema).with(Op::insert));
  setup.start_inside("0/10", 2);
  setup.add({wire::begin(0x10), orders(), wire::insert(kOrders, {"1", "a"}),
             wire::insert(kOrders, {"2", "a"}), wire::insert(kOrders, {"3", "a"})});
  CHECK(setup.places() == Places{"schema 0/10#2", "insert 0/10#3"});
}

TEST_CASE("an old batch keeps the version of a table that its rows have") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders(), wire::insert(kOrders, {"1", "a"})});
  setup.builder->leave_batch();
  Batch next;
  add(*setup.builder, next, wire::relation(kOrders, "orders", 'd', {{"number", 20, true}}));
  add(*setup.builder, next, wire::insert(kOrders, {"2"}));

  TextBuffer line;
  ndjson::make_encoder({})->encode(setup.batch, line);
  CHECK(line.view().find(R"("after":{"id":1,"note":"a"})") != std::string::npos);
  CHECK(next.changes()[0].table->columns[0].name == "number");
}

TEST_CASE("a transaction goes on in the next batch, which needs nothing of the one before") {
  Setup setup(OpSet::all());
  setup.start();
  setup.add({wire::begin(0x10, 77, 5), wire::origin("node"), orders(),
             wire::insert(kOrders, {"1", "a"})});
  setup.next_batch();
  // What the first batch held is gone.
  std::memset(setup.batch.arena().allocate(4096), 0x5A, 4096);
  setup.add({wire::insert(kOrders, {"2", "b"}), wire::commit(0x10, 0x20)});
  CHECK(setup.places() == Places{"insert 0/10#2", "commit 0/10#2 0/20"});
  const Transaction& transaction = *setup.last().transaction;
  CHECK(transaction.id == "77");
  CHECK(transaction.origin == "node");
  CHECK(transaction.commit_time == kPostgresEpoch + 5);
  CHECK(setup.batch.changes()[0].transaction == &transaction);
  CHECK(setup.batch.boundaries()[0].commit_time == kPostgresEpoch + 5);
  TextBuffer lines;
  ndjson::make_encoder({})->encode(setup.batch, lines);
  CHECK(lines.view().find(R"("after":{"id":2,"note":"b"})") != std::string::npos);
}

TEST_CASE("the origin of one transaction is not that of the next") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), wire::origin("node"), items(), wire::insert(kItems, {"1"}),
             wire::commit(0x10, 0x20), wire::begin(0x30), wire::insert(kItems, {"2"})});
  CHECK(setup.batch.changes()[0].transaction->origin == "node");
  CHECK(setup.batch.changes()[1].transaction->origin.empty());
}

TEST_CASE("--origin none leaves out what came by replication, and passes it") {
  Setup setup(OpSet::all());
  setup.origins = Origins::none;
  setup.start();
  setup.add({wire::begin(0x10), wire::origin("node"), items(), wire::insert(kItems, {"1"}),
             wire::truncate({kItems}), wire::message(true, 0xF, "app", "x"),
             wire::commit(0x10, 0x20)});
  CHECK(setup.places().empty());
  CHECK(setup.boundaries() == Places{"0 0/20"});
  setup.add({wire::begin(0x30), wire::insert(kItems, {"2"}), wire::commit(0x30, 0x40)});
  CHECK(setup.places() ==
        Places{"begin 0/30#0", "schema 0/30#0", "insert 0/30#1", "commit 0/30#1 0/40"});

  // Cut off inside what was left out: the next transaction is not.
  setup.next_batch();
  setup.add({wire::begin(0x50), wire::origin("node")});
  setup.start({"0/40", std::nullopt});
  setup.add(wire::message(false, 0x48, "app", "x"));
  setup.add({wire::begin(0x60), wire::insert(kItems, {"3"}), wire::commit(0x60, 0x70)});
  CHECK(setup.places() ==
        Places{"message 0/47#1", "begin 0/60#0", "insert 0/60#1", "commit 0/60#1 0/70"});
}

TEST_CASE("--from TIME begins at the first commit that is not earlier, with its schema lines") {
  Setup setup(OpSet::all());
  setup.selection.from_time = kPostgresEpoch + 10;
  setup.start();
  setup.add(
      {wire::begin(0x10, 1, 5), items(), wire::insert(kItems, {"1"}), wire::commit(0x10, 0x20)});
  CHECK(setup.places().empty());
  CHECK(setup.boundaries() == Places{"0 0/20"});
  setup.next_batch();
  setup.add({wire::begin(0x30, 2, 10), wire::insert(kItems, {"2"}), wire::commit(0x30, 0x40)});
  // Commit times may step back a little.
  setup.add({wire::begin(0x50, 3, 9), wire::insert(kItems, {"3"}), wire::commit(0x50, 0x60)});
  CHECK(setup.places() == Places{"begin 0/30#0", "schema 0/30#0", "insert 0/30#1",
                                 "commit 0/30#1 0/40", "begin 0/50#0", "insert 0/50#1",
                                 "commit 0/50#1 0/60"});
}

TEST_CASE("begin and commit lines surround a transaction without a wanted change") {
  Setup setup(OpSet().with(Op::begin).with(Op::commit));
  setup.start();
  add_mixed(setup);
  CHECK(setup.places() == Places{"begin 0/10#0", "commit 0/10#4 0/20"});
}

TEST_CASE("messages count and are placed in their transaction") {
  Setup setup(kRows.with(Op::message));
  setup.start();
  setup.add({wire::begin(0x10), wire::message(true, 0xC, "app", std::string("\0\xFF", 2))});
  CHECK(setup.places() == Places{"message 0/10#1"});
  const Message& message = *setup.last().message;
  CHECK(message.prefix == "app");
  CHECK(message.content == std::string_view("\0\xFF", 2));
  CHECK(message.transactional);
  CHECK(setup.boundaries().empty());
}

TEST_CASE("a message outside transactions stands alone, before a commit record at the next byte") {
  Setup setup(kRows.with(Op::message));
  setup.start();
  setup.add(wire::message(false, 0x10, "app", "now"));
  CHECK(setup.places() == Places{"message 0/F#1"});
  // Starting there the server sends the transaction that commits there, and not the message.
  CHECK(setup.boundaries() == Places{"1 0/10"});
  CHECK_FALSE(setup.builder->in_transaction());
  CHECK_FALSE(setup.last().message->transactional);
  setup.add({wire::begin(0x10), items(), wire::insert(kItems, {"1"}), wire::commit(0x10, 0x20)});
  CHECK(setup.places() == Places{"message 0/F#1", "insert 0/10#1"});

  Setup rows;
  rows.start();
  rows.add(wire::message(false, 0x10, "app", "now"));
  CHECK(rows.places().empty());
  CHECK(rows.boundaries() == Places{"0 0/10"});

  Setup all(OpSet::all());
  all.start();
  all.add(wire::message(false, 0x10, "app", "now"));
  CHECK(all.places() == Places{"message 0/F#1"});

  Setup again(kRows.with(Op::message));
  again.start_inside("0/F", 1);
  again.add(wire::message(false, 0x10, "app", "now"));
  CHECK(again.places().empty());
}

TEST_CASE("truncate gives a change a table, each with its ordinal") {
  Setup setup;
  setup.selection.exclude_tables.emplace_back("public.gone");
  setup.start();
  setup.add({wire::begin(0x10), orders(), items(),
             wire::relation(16386, "gone", 'd', {{"id", 23, true}}),
             wire::truncate({kOrders, 16386, kItems}, 3)});
  CHECK(setup.places() == Places{"truncate 0/10#1", "truncate 0/10#3"});
  CHECK(setup.last().cascade);
  CHECK(setup.last().restart_identity);
  CHECK(setup.last().table->name == "items");
  setup.add(wire::truncate({kItems}));
  CHECK_FALSE(setup.last().cascade);
  CHECK_FALSE(setup.last().restart_identity);
}

TEST_CASE("types of the user become values as their base or elements do") {
  Setup setup;
  setup.catalog.arrays[90003] = {23, ';'};
  setup.start();
  setup.add({wire::type(90001, "", "numeric"), wire::type(90002, "public", "mood"),
             wire::type(90003, "public", "_number"), wire::type(90004, "public", "_gone"),
             wire::type(90005, "public", "numeric"), wire::begin(0x10),
             wire::relation(kOrders, "typed", 'd',
                            {{"domain", 90001, true},
                             {"enum", 90002},
                             {"array", 90003},
                             {"unknown_array", 90004},
                             {"same_name", 90005},
                             {"unknown", 90006}}),
             wire::insert(kOrders, {"1.50", "fine", "{1;2}", "{1,2}", "1.5", "x"})});
  CHECK(setup.catalog.array_questions == 2);
  const Value* values = setup.last().after;
  CHECK(values[0].kind() == ValueKind::decimal);
  CHECK(values[1].kind() == ValueKind::text);
  CHECK(values[2].kind() == ValueKind::array);
  CHECK(values[2].items()[1].kind() == ValueKind::number);
  CHECK(row(setup.last(), values) == "1.50 fine array of 2 {1,2} 1.5 x");
  // Only a type of pg_catalog is the built-in one.
  CHECK(values[4].kind() == ValueKind::text);
  CHECK(values[5].kind() == ValueKind::text);
}

TEST_CASE("the server's own text is given where a format wants it") {
  Setup setup;
  setup.selection.values = ValueForm::server;
  setup.start();
  setup.add({wire::type(90001, "", "numeric"), wire::type(90003, "public", "_number"),
             wire::begin(0x10),
             wire::relation(kOrders, "typed", 'd',
                            {{"id", 23, true},
                             {"total", 1700},
                             {"flag", 16},
                             {"bytes", 17},
                             {"time", 1184},
                             {"list", 1007},
                             {"json", 3802},
                             {"xid", 28},
                             {"domain", 90001},
                             {"array", 90003}}),
             wire::insert(kOrders, {"1", "1.50", "t", "\\xcafe", "2026-11-20 08:00:00+00", "{1,2}",
                                    "{\"a\": 1}", "7", "1.50", "{1;2}"})});
  CHECK(setup.catalog.array_questions == 0);
  const Value* values = setup.last().after;
  CHECK(values[0].kind() == ValueKind::number);
  CHECK(values[1].kind() == ValueKind::decimal);
  CHECK(values[2].kind() == ValueKind::boolean);
  CHECK(values[3].kind() == ValueKind::bytes);
  for (std::size_t i = 4; i < 10; ++i) CHECK(values[i].kind() == ValueKind::text);
  CHECK(values[4].text() == "2026-11-20 08:00:00+00");
  CHECK(values[6].text() == "{\"a\": 1}");
}

TEST_CASE("type names of the user are asked for only where a format wants them") {
  Setup setup;
  setup.selection.type_names = true;
  setup.catalog.tables[kItems].columns = {{"id", "integer", false}, {"mood", "public.mood", true}};
  setup.start();
  setup.add({wire::begin(0x10), orders()});
  CHECK(setup.catalog.table_questions == 0);
  setup.add({wire::type(90002, "public", "mood"),
             wire::relation(kItems, "items", 'd', {{"id", 23, true}, {"mood", 90002}}),
             wire::truncate({kItems})});
  CHECK(setup.catalog.table_questions == 1);
  CHECK(setup.last().table->columns[0].type == "integer");
  CHECK(setup.last().table->columns[1].type == "public.mood");
}

TEST_CASE("columns say what they mean, domains as their base") {
  Setup setup;
  setup.start();
  setup.add({wire::type(90001, "", "timestamp"), wire::type(90002, "public", "date"),
             wire::type(90003, "ext", "hstore"), wire::begin(0x10),
             wire::relation(kOrders, "typed", 'd',
                            {{"n", 1700, true, 10U << 16 | (2 + 4)},
                             {"list", 1231},
                             {"ts", 1114, false, 3},
                             {"domain", 90001},
                             {"same_name", 90002},
                             {"h", 90003},
                             {"t", 25}}),
             wire::truncate({kOrders})});
  const std::vector<Column>& columns = setup.last().table->columns;
  CHECK(columns[0].meaning == Meaning::decimal);
  CHECK(columns[0].length == 10);
  CHECK(columns[0].scale == 2);
  CHECK(columns[1].meaning == Meaning::decimal);
  CHECK(columns[1].length == -1);
  CHECK(columns[2].meaning == Meaning::timestamp);
  CHECK(columns[2].length == 3);
  CHECK(columns[3].meaning == Meaning::timestamp);
  CHECK(columns[4].meaning == Meaning::other);
  CHECK(columns[5].meaning == Meaning::hstore);
  CHECK(columns[6].meaning == Meaning::other);
}

TEST_CASE("a change says where its own record lies") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders()});
  setup.builder->at(0x0c);
  setup.add(wire::insert(kOrders, {"1", "a"}));
  CHECK(setup.last().lsn == 0x0c);
}

TEST_CASE("columns that are not selected stay in the row and are not visible") {
  Setup setup;
  setup.selection.exclude_columns.push_back(parse_column_rule("public.orders:note"));
  setup.start();
  setup.add({wire::begin(0x10), orders(), wire::insert(kOrders, {"1", "a"})});
  CHECK(setup.last().table->columns[0].visible);
  CHECK_FALSE(setup.last().table->columns[1].visible);
}

TEST_CASE("names of another encoding are converted, an empty schema is pg_catalog") {
  Setup setup;
  setup.encoding = TextEncoding("LATIN1");
  setup.start();
  setup.add({wire::begin(0x10),
             wire::relation(kOrders, "caf\xE9", 'd', {{"gr\xF6\xDF", 25, true}}, ""),
             wire::insert(kOrders, {"\xFC"})});
  CHECK(setup.last().table->name == "café");
  CHECK(setup.last().table->schema == "pg_catalog");
  CHECK(setup.last().table->database == "shop");
  CHECK(row(setup.last(), setup.last().after) == "ü");
}

TEST_CASE("invariant 6: what does not fit together is an error that names the place") {
  Setup setup;
  setup.start();
  CHECK(protocol_error(setup, wire::insert(kOrders, {"1"})) ==
        "pgoutput sent a message of type 'I' for relation 16384 before the relation itself");
  CHECK(protocol_error(setup, wire::commit(0x10, 0x20)) ==
        "pgoutput committed a transaction at 0/10 that it had not begun");
  setup.add(orders());
  CHECK(protocol_error(setup, wire::insert(kOrders, {"1", "a"})) ==
        "pgoutput sent a change outside a transaction");

  setup.add(wire::begin(0x10, 7));
  CHECK(protocol_error(setup, wire::begin(0x30, 8)) ==
        "pgoutput began transaction 8 inside transaction 7");
  CHECK(protocol_error(setup, wire::commit(0x11, 0x20)) ==
        "pgoutput committed a transaction at 0/11 that it had not begun");
  CHECK(protocol_error(setup, wire::update(kItems, {"1"})).find("'U' for relation 16385") !=
        std::string::npos);
  CHECK(protocol_error(setup, wire::remove(kItems, 'K', {"1"})).find("'D' for relation 16385") !=
        std::string::npos);
  CHECK(protocol_error(setup, wire::truncate({kOrders, kItems})).find("'T' for relation 16385") !=
        std::string::npos);
}

TEST_CASE("invariant 5: an error about a row names its table and holds no value") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders()});
  CHECK(protocol_error(setup, wire::insert(kOrders, {"secret"})) ==
        "pgoutput sent a row of 1 columns for table public.orders, which has 2");
  CHECK(protocol_error(setup, wire::update(kOrders, 'K', {"1"}, {"secret", "b"})) ==
        "pgoutput sent a row of 1 columns for table public.orders, which has 2");
  CHECK(protocol_error(setup, wire::insert(kOrders, {"secret", wire::kBinary})) ==
        "pgoutput sent column 'note' of table public.orders in binary, which was not asked for");
}

TEST_CASE("values in text and in binary stand in one row, each read by its own kind") {
  Setup setup;
  FakeTypes types;
  BinaryTypes binary(types, {});
  setup.start();
  setup.builder->read_binary(binary);
  setup.start();
  setup.add({wire::begin(0x10), orders('f'),
             "I" + wire::number(kOrders, 4) + "N" + wire::number(2, 2) + binary_cell("\0\0\0\x7") +
                 "t" + wire::number(1, 4) + "a"});
  CHECK(row(setup.last(), setup.last().after) == "7 a");
}

TEST_CASE("a malformed binary value is a protocol error that names its column and no value") {
  Setup setup;
  FakeTypes types;
  BinaryTypes binary(types, {});
  setup.start();
  setup.builder->read_binary(binary);
  setup.start();
  setup.add({wire::begin(0x10), orders()});
  CHECK(protocol_error(setup, "I" + wire::number(kOrders, 4) + "N" + wire::number(2, 2) +
                                  binary_cell("\0\0\x7") + "n") ==
        "pgoutput sent 3 bytes for column 'id' of table public.orders that are not a binary value "
        "of integer");
}

TEST_CASE("a column that cannot come in binary is refused with its relation, if anyone wants it") {
  Setup setup;
  FakeTypes types;
  BinaryTypes binary(types, {});
  setup.selection.exclude_tables.emplace_back("public.unwanted");
  setup.start();
  setup.builder->read_binary(binary);
  setup.start();
  constexpr std::uint32_t kGone = 20001;
  setup.add({wire::begin(0x10), wire::relation(kItems, "unwanted", 'd', {{"v", kGone, true}})});
  Fault fault = Fault::internal;
  std::string message;
  try {
    setup.add(wire::relation(kOrders, "orders", 'd', {{"v", kGone, true}}));
  } catch (const Error& error) {
    fault = error.fault();
    message = error.message();
  }
  CHECK(fault == Fault::refused);
  CHECK(message ==
        "column 'v' of table public.orders cannot be transferred in binary: type 20001 is not in "
        "the catalog");
}

TEST_CASE("a new stream forgets the transaction that was cut off") {
  Setup setup;
  setup.start();
  setup.add({wire::begin(0x10), orders(), wire::insert(kOrders, {"1", "a"})});
  CHECK(setup.builder->in_transaction());
  setup.start_inside("0/10", 1);
  CHECK_FALSE(setup.builder->in_transaction());
  setup.next_batch();
  add_mixed(setup);
  CHECK(setup.places() == Places{"insert 0/10#3", "delete 0/10#4"});
}
