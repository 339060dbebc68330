#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libcdc/base/clock.hpp"
#include "libcdc/sources/postgres/binary_types.hpp"
#include "libcdc/sources/postgres/connection.hpp"

namespace cdc::postgres {

/// What the stream does not carry of a table, as it is in the catalog now.
struct CatalogTable {
  struct Column {
    std::string name;
    std::string type;  ///< as format_type() writes it
    bool nullable = true;
  };
  std::vector<Column> columns;
  std::vector<std::string> primary_key;  ///< in the order of the key
};

/// The element of an array type.
struct ArrayType {
  std::uint32_t element = 0;  ///< OID; of a domain the OID of its base type
  char delimiter = ',';
};

/// Answers what pgoutput leaves open. An interface, so that decoding is tested without a server.
class Catalog {
 public:
  virtual ~Catalog() = default;
  /// Nothing where the table is gone by now.
  virtual std::optional<CatalogTable> table(std::uint32_t oid) = 0;
  /// Nothing where the type is no array or is gone.
  virtual std::optional<ArrayType> array(std::uint32_t oid) = 0;
};

/// The catalog of the server, over a connection of its own that is made at the first question (the
/// replication connection cannot be asked while it streams).
class ServerCatalog : public Catalog, public TypeCatalog {
 public:
  /// All references outlive it.
  ServerCatalog(const ConnectionSettings& settings, const Log& log, const Stop& stop);

  std::optional<CatalogTable> table(std::uint32_t oid) override;
  std::optional<ArrayType> array(std::uint32_t oid) override;
  std::optional<CatalogType> type(std::uint32_t oid) override;
  /// Remembers names for a second, so that many rows ask once and a new name is seen soon.
  std::string object_name(std::string_view reg_type, std::uint32_t oid) override;

  /// Lets the connection go; the next question makes a new one.
  void disconnect() { connection_.reset(); }

 private:
  Connection& connection();

  const ConnectionSettings& settings_;
  const Log& log_;
  const Stop& stop_;
  std::unique_ptr<Connection> connection_;
  std::unordered_map<std::string, std::string> names_;  ///< by "regclass 1259"
  Instant names_since_;
};

}  // namespace cdc::postgres
