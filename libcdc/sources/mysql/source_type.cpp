#include "libcdc/sources/source_type.hpp"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "libcdc/base/error.hpp"
#include "libcdc/base/units.hpp"
#include "libcdc/sources/mysql/files_source.hpp"
#include "libcdc/sources/mysql/log_files.hpp"
#include "libcdc/sources/mysql/log_probe.hpp"
#include "libcdc/sources/mysql/source.hpp"

namespace cdc::mysql {
namespace {

using nlohmann::json;

const std::vector<OptionSpec> kOptions = {
    {"server-id",
     "N",
     "Our id among the readers of this server's binlog; left out: derived from host and process",
     "",
     {}},
    {"gtid",
     "WHEN",
     "Go on by GTID: where the server and the position have them, always, or never",
     "auto",
     {"auto", "on", "off"}},
    {"on-schema-mismatch",
     "WHAT",
     "Where the log does not name columns and today's table does not fit: fail, or name them c1, "
     "c2 ... and warn",
     "fail",
     {"fail", "warn"}},
    {"files",
     "FILE",
     "Read these binlog files, in this order, instead of a server's log; a CONNINFO before them is "
     "asked for what they leave open",
     "",
     {},
     OptionSpec::Form::many},
    {"on-statement",
     "WHAT",
     "Where a statement was logged instead of rows: fail, or warn and pass over it",
     "fail",
     {"fail", "warn"}},
    {"lock",
     "HOW",
     "For a snapshot: without locks, or with the tables locked against writers for a moment; auto: "
     "brief at MySQL, none at MariaDB",
     "auto",
     {"auto", "none", "brief"}},
};

Error bad_offset(std::string_view type, const std::string& path, const std::string& what) {
  return Error(Fault::state, fmt::format("the offset in {} is not one of {}: {}", path, type, what))
      .with_hint("cdcctl checkpoint rewrite writes a new one and keeps this file as a copy");
}

/// The part of a position before its GTIDs: two of one series compare without reading sets.
std::optional<BinlogPosition> place_of(std::string_view position) {
  return parse_binlog_position(position.substr(0, position.find(' ')));
}

/// Throws usage where the request wants what only a server has.
void check_reads_files(const SourceRequest& request) {
  const bool snapshot = request.snapshot.mode != SnapshotMode::never;
  if (!snapshot && !request.keeps_position) return;
  throw Error(Fault::usage,
              fmt::format("{} does not go with --files", snapshot ? "--snapshot" : "--checkpoint"))
      .with_hint("files are read from --from to their end, and nothing is remembered of them");
}

class MysqlType : public SourceType {
 public:
  explicit MysqlType(Flavor flavor) : flavor_(flavor) {}

  std::string_view name() const override { return mysql::name(flavor_); }
  const std::vector<OptionSpec>& options() const override { return kOptions; }
  std::string_view conninfo_help() const override {
    return "Server: mysql://user@host:3306/db, or mysql://user@/db?socket=PATH";
  }
  std::string_view lasting_options() const override { return ""; }

  std::unique_ptr<Source> open(const SourceRequest& request) const override {
    MysqlOptions options = read_options(request.options, flavor_);
    if (!options.files.empty()) {
      check_reads_files(request);
      return std::make_unique<FilesSource>(request, std::move(options));
    }
    check_snapshot(request);
    return std::make_unique<MysqlSource>(request, std::move(options));
  }

  std::string parse_position(std::string_view text) const override {
    return to_text(parse_resume_position(text));
  }

  std::partial_ordering compare(std::string_view a, std::string_view b) const override {
    const auto left = place_of(a);
    const auto right = place_of(b);
    if (left && right) {
      const auto order = mysql::compare(*left, *right);
      if (order != std::partial_ordering::unordered) return order;
    }
    return mysql::compare(parse_resume_position(a), parse_resume_position(b));
  }

  std::string describe_gap(std::string_view from, std::string_view to) const override;
  json to_offset(const ResumePoint& point, const OptionValues& values) const override;
  ResumePoint from_offset(const json& offset, const std::string& path) const override;
  void complete_options(const json&, OptionValues&) const override {}
  std::vector<std::pair<std::string, std::string>> describe_offset(
      const json& offset) const override;
  std::vector<Finding> validate(const Checkpoint& checkpoint, const ConnectionSettings& settings,
                                const Log& log, const Stop& stop) const override;
  ServerView look(const json& offset, const ConnectionSettings& settings, const Log& log,
                  const Stop& stop) const override;
  std::vector<std::pair<std::string, std::string>> describe_stake(
      const Checkpoint& checkpoint, const ConnectionSettings& settings, const Log& log,
      const Stop& stop) const override;

 private:
  Flavor flavor_;
};

std::string MysqlType::describe_gap(std::string_view from, std::string_view to) const {
  const auto a = place_of(from);
  const auto b = place_of(to);
  if (!a || !b) return "a gap that cannot be counted in bytes";
  if (*a == *b) return "no gap";
  const bool forward = std::is_lt(mysql::compare(*a, *b));
  if (a->file != b->file) {
    return fmt::format("from {} to {}, {}", a->file, b->file, forward ? "forward" : "back");
  }
  const std::uint64_t bytes = forward ? b->offset - a->offset : a->offset - b->offset;
  return fmt::format("{} bytes ({}) of binlog {}", bytes, format_size(bytes),
                     forward ? "forward" : "back");
}

json MysqlType::to_offset(const ResumePoint& point, const OptionValues&) const {
  if (point.position.empty()) return {{"source_flavor", name()}};
  const ResumePosition position = parse_resume_position(point.position);
  const std::size_t gtids = point.position.find(' ');
  json offset = {{"source_flavor", name()}, {"gtid", ""}};
  if (position.binlog) {
    offset["binlog_file"] = position.binlog->file;
    offset["binlog_pos"] = position.binlog->offset;
  }
  if (!position.binlog) {
    offset["gtid"] = point.position;
  } else if (gtids != std::string::npos) {
    offset["gtid"] = point.position.substr(gtids + 1);
  }
  if (point.in_transaction) {
    offset["in_transaction"] = {{"position", point.in_transaction->transaction},
                                {"ordinal", point.in_transaction->ordinal}};
  }
  return offset;
}

ResumePoint MysqlType::from_offset(const json& offset, const std::string& path) const {
  const auto text = [&](const char* key) {
    const auto found = offset.find(key);
    if (found == offset.end() || found->is_null()) return std::string();
    if (!found->is_string())
      throw bad_offset(name(), path, fmt::format("'{}' must be a string", key));
    return found->get<std::string>();
  };
  const std::string flavor = text("source_flavor");
  if (!flavor.empty() && flavor != name()) {
    throw bad_offset(name(), path, fmt::format("source_flavor is '{}'", flavor));
  }
  const std::string file = text("binlog_file");
  const auto place = offset.find("binlog_pos");
  if (!file.empty() && (place == offset.end() || !place->is_number_unsigned())) {
    throw bad_offset(name(), path, "'binlog_pos' must be a number");
  }
  std::string position;
  if (file.empty()) {
    position = text("gtid");
  } else {
    put_resume_position(file, place->get<std::uint64_t>(), text("gtid"), position);
  }
  if (position.empty()) throw bad_offset(name(), path, "it has neither a GTID set nor a file");
  ResumePoint point;
  try {
    point.position = parse_position(position);
  } catch (const Error& error) {
    throw bad_offset(name(), path, error.message());
  }
  const auto inside = offset.find("in_transaction");
  if (inside == offset.end()) return point;
  if (!inside->is_object() || !inside->contains("position") || !inside->contains("ordinal") ||
      !(*inside)["position"].is_string() || !(*inside)["ordinal"].is_number_unsigned()) {
    throw bad_offset(name(), path, "in_transaction needs a position and an ordinal");
  }
  point.in_transaction = ChangePosition{(*inside)["position"], (*inside)["ordinal"]};
  return point;
}

std::vector<std::pair<std::string, std::string>> MysqlType::describe_offset(
    const json& offset) const {
  const ResumePoint point = from_offset(offset, "the checkpoint");
  const ResumePosition position = parse_resume_position(point.position);
  std::vector<std::pair<std::string, std::string>> lines;
  if (position.binlog) lines.emplace_back("binlog", to_text(*position.binlog));
  const std::string gtids = offset.value("gtid", "");
  lines.emplace_back("gtid", gtids.empty() ? "none" : gtids);
  if (point.in_transaction) lines.emplace_back("in transaction", to_text(*point.in_transaction));
  return lines;
}

std::vector<Finding> MysqlType::validate(const Checkpoint& checkpoint,
                                         const ConnectionSettings& settings, const Log& log,
                                         const Stop& stop) const {
  Connection connection(settings, log, stop);
  const Server server = read_server(connection);
  std::vector<Finding> findings = compare_identity(checkpoint.server, server);
  const bool same = findings.empty();
  const ResumePosition position =
      parse_resume_position(from_offset(checkpoint.offset, "the checkpoint").position);
  const bool by_gtid = server.gtids && has_gtids(position);
  for (Finding& finding : find_divergence(connection, server, position, by_gtid, same)) {
    findings.push_back(std::move(finding));
  }
  const auto check = [&](const char* code, const auto& look) {
    try {
      look();
    } catch (const Error& error) {
      if (error.fault() == Fault::unavailable) throw;
      findings.push_back({code, error.message(), error.hint()});
    }
  };
  check("log_unusable", [&] { check_logs_rows(server); });
  if (!findings.empty()) return findings;
  check("position_unusable", [&] { try_dump(connection, position, by_gtid); });
  return findings;
}

SourceType::ServerView MysqlType::look(const json&, const ConnectionSettings& settings,
                                       const Log& log, const Stop& stop) const {
  Connection connection(settings, log, stop);
  const Server server = read_server(connection);
  ServerView view;
  view.current = to_text(end_of_log(connection, server));
  view.identity = std::make_shared<json>(to_json(server));
  const std::vector<LogFile> files = list_log(connection);
  if (!files.empty()) {
    view.earliest = fmt::format("{}:4", files.front().name);
    view.why_earliest = fmt::format("{} is the oldest file of the log", files.front().name);
  }
  return view;
}

std::vector<std::pair<std::string, std::string>> MysqlType::describe_stake(
    const Checkpoint& checkpoint, const ConnectionSettings& settings, const Log& log,
    const Stop& stop) const {
  Connection connection(settings, log, stop);
  const Server server = read_server(connection);
  std::vector<std::pair<std::string, std::string>> stake;
  for (const Finding& finding : compare_identity(checkpoint.server, server)) {
    stake.emplace_back("Another server", finding.sentence);
  }
  const ResumePoint point = from_offset(checkpoint.offset, "the checkpoint");
  const ResumePosition end = end_of_log(connection, server);
  stake.emplace_back("End of the log", to_text(*end.binlog));
  stake.emplace_back("Between checkpoint and end", describe_gap(point.position, to_text(end)));
  return stake;
}

}  // namespace

void add_source_types(std::vector<const SourceType*>& types) {
  static const MysqlType kMysql(Flavor::mysql);
  static const MysqlType kMariadb(Flavor::mariadb);
  types.push_back(&kMysql);
  types.push_back(&kMariadb);
}

}  // namespace cdc::mysql
