#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libcdc/sources/mysql/connection.hpp"

namespace cdc::mysql {

/// A table as information_schema has it now, which may be later than the log that is read.
struct CatalogTable {
  struct Column {
    std::string name;
    std::string data_type;    ///< "int", "varchar", "enum" ...
    std::string column_type;  ///< "int(10) unsigned", "enum('a','b')"
    bool nullable = true;
    std::optional<std::string> charset;      ///< of text; nothing for bytes and numbers
    std::optional<std::uint64_t> octets;     ///< greatest length of text and bytes
    std::optional<std::uint64_t> precision;  ///< of numbers
    std::optional<std::uint64_t> scale;
    std::optional<std::uint64_t> fraction;  ///< digits of a second
    bool holds_json = false;                ///< MariaDB: a text that must be JSON
  };
  std::vector<Column> columns;
  std::vector<std::string> primary_key;  ///< in the order of the key
  bool is_sequence = false;              ///< MariaDB: its one row is not data
  /// MariaDB, system-versioned: the column that says until when a row held.
  std::string row_end = {};
  bool partial_key = false;  ///< of some column only the first letters count
};

/// Answers what the log leaves open. An interface, so that decoding is tested without a server.
class Catalog {
 public:
  virtual ~Catalog() = default;
  /// Nothing where the table is gone by now, or may not be seen.
  virtual std::optional<CatalogTable> table(const std::string& schema,
                                            const std::string& table) = 0;
  /// False where there is nobody to ask, and so no table.
  virtual bool has_server() const { return true; }
  /// The character set of a collation that this build does not know; empty where the server does
  /// not know it either.
  virtual std::string charset_of(std::uint32_t collation) = 0;
};

/// The catalog of the server, over a connection of its own that is made at the first question.
class ServerCatalog : public Catalog {
 public:
  /// All references outlive it.
  ServerCatalog(const ConnectionSettings& settings, const Log& log, const Stop& stop);

  std::optional<CatalogTable> table(const std::string& schema, const std::string& table) override;
  std::string charset_of(std::uint32_t collation) override;

  /// Lets the connection go; the next question makes a new one.
  void disconnect() { connection_.reset(); }

 private:
  Result ask(const std::string& sql, const std::string& doing);
  void read_kind(const std::string& where, const std::string& doing, CatalogTable& table);

  const ConnectionSettings& settings_;
  const Log& log_;
  const Stop& stop_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace cdc::mysql
