#pragma once

#include "libcdc/change/change.hpp"
#include "libcdc/change/selection.hpp"

namespace cdc::ndjson {

/// The envelope that changes are written in.
enum class Format { native, debezium, wal2json, maxwell };

/// What a format can write and what it needs for that.
struct FormatNeeds {
  OpSet known;  ///< the operations that it has a record for
  OpSet usual;  ///< of these, what it writes where the user names none
  ValueForm values = ValueForm::mapped;
  bool type_names = false;       ///< those of user types too
  bool names_positions = false;  ///< a consumer can acknowledge what it read
};

/// The same object for the same format, for ever.
const FormatNeeds& needs_of(Format format);

}  // namespace cdc::ndjson
