#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libcdc/flow/source.hpp"
#include "libcdc/sources/mysql/binlog_file.hpp"
#include "libcdc/sources/mysql/catalog.hpp"
#include "libcdc/sources/mysql/change_builder.hpp"
#include "libcdc/sources/mysql/log_reader.hpp"
#include "libcdc/sources/mysql/source.hpp"
#include "libcdc/sources/mysql/transactions.hpp"
#include "libcdc/sources/source_type.hpp"

namespace cdc::mysql {

/// Gives the changes in binlog files that lie here, in the order in which they are named, and ends
/// behind the last. Asks a server for what the files leave open where one is named.
class FilesSource : public Source {
 public:
  /// Throws usage where a file has another name than a server gives them.
  FilesSource(SourceRequest request, MysqlOptions options);

  void start(const ResumePoint& after) override;
  Next poll(Batch& batch) override;
  /// There is always something at hand, until the end.
  int wait_fd() const override { return -1; }
  void keep_alive() override {}
  void acknowledge(std::string_view) override {}
  /// There is nobody to let go of.
  bool survives_suspension() const override { return false; }
  void suspend() override { file_.reset(); }
  std::string end_position() override;
  nlohmann::json identity() const override { return nlohmann::json::object(); }
  std::uint64_t bytes_behind() const override;
  HeldStats held() const override { return transactions_.stats(); }

 private:
  Next::Kind fill(Batch& batch);
  void check_server();
  void check_files();
  void open(std::size_t index);
  GtidPosition pass_over(std::uint64_t offset);
  std::optional<std::string_view> next_event();
  void leave_file();
  void check_end() const;
  void handle(std::string_view bytes, Batch& batch);
  void on_description(const Event& event);
  void on_gtids_before(const Event& event);
  void look_for_gap(const Event& event);
  bool passes_over(const Event& event);
  const std::string& name() const { return names_[index_]; }

  const SourceRequest request_;
  const MysqlOptions options_;
  std::vector<std::string> names_;  ///< of the files, as the server has them
  std::unique_ptr<Catalog> catalog_;
  ChangeBuilder builder_;
  LogReader reader_;
  Transactions transactions_;

  std::optional<BinlogFile> file_;  ///< nothing behind the last
  std::size_t index_ = 0;
  std::vector<std::uint64_t> sizes_;
  bool described_ = false;             ///< the FORMAT_DESCRIPTION of this file has come
  bool in_use_ = false;                ///< the server has not closed the file
  bool rotated_ = false;               ///< the last event named the next file
  std::optional<std::string> gap_;     ///< why this file may not be the next one
  std::optional<GtidPosition> begin_;  ///< the first file must begin within it
  GtidPosition skipped_;               ///< transactions that are not wanted
  bool skipping_ = false;
  std::exception_ptr failure_;  ///< to be told behind the changes before it
};

}  // namespace cdc::mysql
