#include "libcdc/sources/mysql/files_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "libcdc/base/error.hpp"
#include "libcdc/sources/mysql/events.hpp"
#include "libcdc/sources/mysql/log_files.hpp"

namespace cdc::mysql {
namespace {

constexpr std::uint64_t kFirstEvent = 4;

/// Without a server to ask.
class NoCatalog : public Catalog {
 public:
  std::optional<CatalogTable> table(const std::string&, const std::string&) override { return {}; }
  std::string charset_of(std::uint32_t) override { return {}; }
  bool has_server() const override { return false; }
};

bool has_server(const ConnectionSettings& settings) {
  return !settings.conninfo.empty() || !settings.host.empty() || !settings.port.empty() ||
         !settings.user.empty() || !settings.database.empty();
}

std::unique_ptr<Catalog> make_catalog(const SourceRequest& request) {
  if (!has_server(request.connection)) return std::make_unique<NoCatalog>();
  return std::make_unique<ServerCatalog>(request.connection, *request.log, *request.stop);
}

/// Positions go by it.
std::string name_of(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (parse_binlog_position(name + ":4")) return name;
  throw Error(Fault::usage,
              fmt::format("--files: {} does not have the name that a server gave it", path))
      .with_hint("the name ends with a dot and digits, as binlog.000001: a link will do");
}

/// Whether the transaction that this GTID begins is in the set.
bool contains(const GtidPosition& gtids, const Event& event) {
  if (event.header.type == EventType::mariadb_gtid) {
    const auto* position = std::get_if<MariadbGtidPosition>(&gtids);
    return position != nullptr &&
           position->contains(decode_mariadb_gtid(event.header, event.body).gtid);
  }
  const Gtid gtid = decode_gtid(event.header.type, event.body).gtid;
  const auto* set = std::get_if<GtidSet>(&gtids);
  return set != nullptr && gtid.number != 0 && set->contains(gtid);
}

bool begins_transaction(EventType type) {
  return type == EventType::gtid || type == EventType::gtid_tagged ||
         type == EventType::anonymous_gtid || type == EventType::mariadb_gtid;
}

bool is_of_head(EventType type) {
  return type == EventType::format_description || type == EventType::previous_gtids ||
         type == EventType::mariadb_gtid_list || type == EventType::rotate ||
         type == EventType::stop;
}

}  // namespace

FilesSource::FilesSource(SourceRequest request, MysqlOptions options)
    : request_(std::move(request)),
      options_(std::move(options)),
      catalog_(make_catalog(request_)),
      builder_(request_.selection, options_.on_mismatch, *catalog_, *request_.log),
      transactions_(builder_, reader_, hold_limits(request_), options_.on_hidden, *request_.log) {
  for (const std::string& path : options_.files) names_.push_back(name_of(path));
}

/// Early, not in the middle of the files.
void FilesSource::check_server() {
  if (has_server(request_.connection)) connect_as(options_.flavor, request_);
}

void FilesSource::check_files() {
  sizes_.clear();
  for (const std::string& path : options_.files) sizes_.push_back(BinlogFile(path).size());
}

void FilesSource::start(const ResumePoint& after) {
  check_server();
  check_files();
  ResumePosition place;
  if (!after.position.empty()) place = parse_resume_position(after.position);
  std::size_t first = 0;
  if (place.binlog) {
    const auto found = std::find(names_.begin(), names_.end(), place.binlog->file);
    if (found == names_.end()) {
      throw Error(Fault::state, fmt::format("{} is none of the files", place.binlog->file))
          .with_hint("name it with --files, and the ones behind it");
    }
    first = static_cast<std::size_t>(found - names_.begin());
  }
  begin_.reset();
  if (!place.binlog && has_gtids(place)) begin_ = place.gtids;
  skipped_ = place.gtids;
  skipping_ = false;
  gap_.reset();
  failure_ = nullptr;
  open(first);
  const std::uint64_t offset = place.binlog ? place.binlog->offset : kFirstEvent;
  place.binlog = BinlogPosition{name(), std::max(offset, kFirstEvent)};
  GtidPosition before = pass_over(offset);
  if (!has_gtids(place)) place.gtids = std::move(before);
  builder_.restart(after, options_.flavor);
  transactions_.restart(place, options_.flavor, false);
}

void FilesSource::open(std::size_t index) {
  index_ = index;
  file_.emplace(options_.files[index]);
  reader_.restart(name(), kFirstEvent);
  described_ = in_use_ = rotated_ = false;
}

/// Goes to a place in the first file: what lies before it says how the rest is to be read. Returns
/// the GTIDs before it.
GtidPosition FilesSource::pass_over(std::uint64_t offset) {
  GtidsBefore before;
  while (file_->offset() < offset) {
    const auto bytes = file_->next();
    if (!bytes) break;
    const Event event = reader_.read(*bytes);
    if (event.header.type == EventType::format_description) on_description(event);
    before.take(event);
  }
  if (file_->offset() == offset || offset < kFirstEvent) return before.gtids();
  throw Error(Fault::state, fmt::format("{} has no event at {}", name(), offset))
      .with_hint("take the pos of a change line, or the beginning of a transaction");
}

Next FilesSource::poll(Batch& batch) {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
  Next::Kind kind = Next::Kind::poll;
  try {
    kind = fill(batch);
  } catch (const Error&) {
    // The changes before it are worth seeing.
    if (batch.empty()) throw;
    failure_ = std::current_exception();
  }
  builder_.leave_batch();
  return {kind, {}};
}

Next::Kind FilesSource::fill(Batch& batch) {
  std::size_t bytes = 0;
  while (bytes < kBatchBytes && batch.changes().size() < kBatchChanges) {
    if (transactions_.replaying()) {
      bytes += transactions_.replay(batch);
      continue;
    }
    const auto event = next_event();
    if (!event) return Next::Kind::end;
    bytes += event->size();
    handle(*event, batch);
  }
  return Next::Kind::poll;
}

std::optional<std::string_view> FilesSource::next_event() {
  while (file_) {
    if (const auto bytes = file_->next()) return bytes;
    leave_file();
  }
  return std::nullopt;
}

/// A file that the server has not closed may end anywhere: it is still written, or it crashed.
void FilesSource::check_end() const {
  const std::string place = fmt::format("{}:{}", name(), file_->offset());
  const bool inside = file_->torn() || transactions_.in_transaction();
  if (described_ && !inside) return;
  const char* const what = file_->torn() ? "an event" : "a transaction";
  if (described_ && in_use_) {
    return request_.log->warning(fmt::format(
        "{} ends inside {} at {}, as a file does that is still written, or whose server crashed",
        name(), what, place));
  }
  throw Error(Fault::protocol,
              described_ ? fmt::format("the file is cut off inside {}, at {}", what, place)
                         : fmt::format("the file is cut off before its first event, at {}", place))
      .with_hint("copy the file again from the server");
}

void FilesSource::leave_file() {
  check_end();
  const std::string left = name();
  const std::string expected = rotated_ ? reader_.file() : file_behind(left);
  if (index_ + 1 == names_.size()) return file_.reset();
  open(index_ + 1);
  if (name() != expected) gap_ = fmt::format("{} does not come behind {}", name(), left);
}

void FilesSource::handle(std::string_view bytes, Batch& batch) {
  const Event event = reader_.read(bytes);
  const EventType type = event.header.type;
  if (!described_ && type != EventType::format_description) {
    throw reader_.at_place(
        Error(Fault::protocol, fmt::format("the file begins with {}", describe(type))));
  }
  rotated_ = type == EventType::rotate;
  if (type == EventType::format_description) on_description(event);
  if (type == EventType::mariadb_start_encryption) {
    throw Error(Fault::refused, fmt::format("{} is encrypted (encrypt_binlog)", name()))
        .with_hint("the server has the key: read its log from the server instead");
  }
  if (type == EventType::previous_gtids || type == EventType::mariadb_gtid_list) {
    on_gtids_before(event);
  }
  look_for_gap(event);
  if (!passes_over(event)) transactions_.take(event, batch);
}

void FilesSource::on_description(const Event& event) {
  described_ = true;
  in_use_ = (event.header.flags & kFlagInUse) != 0;
  const Flavor found = reader_.format().is_mariadb() ? Flavor::mariadb : Flavor::mysql;
  if (found == options_.flavor) return;
  throw Error(Fault::refused, fmt::format("{} was written by {} {}", name(), mysql::name(found),
                                          reader_.format().server_version()))
      .with_hint(fmt::format("say cdcctl tail {} --files", mysql::name(found)));
}

/// The first file must not lack what comes behind the GTIDs that it is to go on from.
void FilesSource::on_gtids_before(const Event& event) {
  const GtidPosition before = decode_gtids_before(event);
  if (begin_) {
    const GtidPosition missing = minus(before, *begin_);
    begin_.reset();
    if (!is_empty(missing)) {
      throw Error(Fault::state, fmt::format("the files begin too late: before {} the log has {}, "
                                            "which --from does not",
                                            name(), to_text(ResumePosition{{}, missing})))
          .with_hint("name the files before it too, or leave out --from to see what there is");
    }
  }
  // Files may have been renamed: GTIDs say more than names.
  const bool proven = !is_empty(before) && has_gtids({{}, transactions_.done()}) &&
                      is_empty(minus(before, transactions_.done()));
  if (proven) gap_.reset();
}

void FilesSource::look_for_gap(const Event& event) {
  if (!gap_ || event.header.type == EventType::format_description) return;
  request_.log->warning(*gap_ + ": what lies between them is not shown");
  gap_.reset();
}

/// Whether the event belongs to a transaction that --from has.
bool FilesSource::passes_over(const Event& event) {
  if (std::holds_alternative<std::monostate>(skipped_)) return false;
  if (begins_transaction(event.header.type)) skipping_ = contains(skipped_, event);
  if (is_of_head(event.header.type)) skipping_ = false;
  return skipping_;
}

std::string FilesSource::end_position() {
  return fmt::format("{}:{}", names_.back(), BinlogFile(options_.files.back()).size());
}

std::uint64_t FilesSource::bytes_behind() const {
  if (!file_) return 0;
  const std::uint64_t all = std::accumulate(sizes_.begin() + static_cast<std::ptrdiff_t>(index_),
                                            sizes_.end(), std::uint64_t{0});
  return all - std::min(all, file_->offset());
}

}  // namespace cdc::mysql
