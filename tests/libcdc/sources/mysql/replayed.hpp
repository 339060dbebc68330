#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/base/log.hpp"
#include "libcdc/change/batch.hpp"
#include "libcdc/change/selection.hpp"
#include "libcdc/sources/mysql/binlog_file.hpp"
#include "libcdc/sources/mysql/catalog.hpp"
#include "libcdc/sources/mysql/change_builder.hpp"
#include "libcdc/sources/mysql/log_reader.hpp"
#include "libcdc/sources/mysql/transactions.hpp"

/// Captured binlog files, and what the changes in them are.
namespace cdc::mysql::wire {

/// tests/data/mysql/NAME.binlog, with the flavour in front.
inline std::string binlog_path(const std::string& name) {
  return std::string(CDC_TEST_DATA) + "/mysql/" + name + ".binlog";
}

/// All events of such a file.
inline std::vector<std::string> file_events(const std::string& name) {
  BinlogFile file(binlog_path(name));
  std::vector<std::string> events;
  while (const auto bytes = file.next()) events.emplace_back(*bytes);
  return events;
}

class EmptyCatalog : public Catalog {
 public:
  std::optional<CatalogTable> table(const std::string&, const std::string&) override { return {}; }
  std::string charset_of(std::uint32_t) override { return {}; }
};

/// Takes events as the sources do: many changes are in one batch before they are looked at.
class Replay {
 public:
  explicit Replay(Flavor flavor, HoldLimits limits = {},
                  HiddenChanges on_hidden = HiddenChanges::fail, const ResumePosition& done = {},
                  bool by_gtid = false)
      : log_([this](const LogRecord& record) { said.push_back(record.message); }),
        builder_(selection_, SchemaMismatch::warn, catalog_, log_),
        transactions_(builder_, reader, std::move(limits), on_hidden, log_) {
    selection_.ops = OpSet().with(Op::insert).with(Op::update).with(Op::remove).with(Op::truncate);
    reader.restart("log.000001", 4);
    builder_.restart({}, flavor);
    transactions_.restart(done, flavor, by_gtid);
  }
  Replay(const Replay&) = delete;

  void take(std::string_view bytes) {
    transactions_.take(reader.read(bytes), batch_);
    while (transactions_.replaying()) transactions_.replay(batch_);
  }
  void take_all(const std::vector<std::string>& events) {
    for (const std::string& event : events) take(event);
  }
  const Transactions& transactions() const { return transactions_; }

  /// All changes so far: "insert t 1", with the first value of the row.
  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    for (const Change& change : batch_.changes()) lines.push_back(line(change));
    return lines;
  }
  /// All new rows so far, with all of their values.
  std::vector<std::string> rows() const {
    std::vector<std::string> rows;
    for (const Change& change : batch_.changes()) {
      if (change.after == nullptr) continue;
      std::string row;
      for (std::size_t i = 0; i < change.table->columns.size(); ++i) {
        row += fmt::format("{};", change.after[i].text());
      }
      rows.push_back(std::move(row));
    }
    return rows;
  }
  /// Of all boundaries so far.
  std::vector<std::string> resumes() const {
    std::vector<std::string> resumes;
    for (const Boundary& boundary : batch_.boundaries()) resumes.emplace_back(boundary.resume);
    return resumes;
  }

  LogReader reader;
  std::vector<std::string> said;  ///< warnings and news

 private:
  static std::string line(const Change& change) {
    const Value* row = change.after != nullptr ? change.after : change.key;
    return fmt::format("{} {}{}", name(change.op), change.table->name,
                       row == nullptr ? "" : fmt::format(" {}", row[0].text()));
  }

  cdc::Log log_;
  Selection selection_;
  EmptyCatalog catalog_;
  ChangeBuilder builder_;
  Transactions transactions_;
  Batch batch_;
};

}  // namespace cdc::mysql::wire
