#include "libcdc/change/change.hpp"

namespace cdc {

std::string_view name(Op op) {
  switch (op) {
    case Op::insert:
      return "insert";
    case Op::update:
      return "update";
    case Op::remove:
      return "delete";
    case Op::truncate:
      return "truncate";
    case Op::read:
      return "read";
    case Op::begin:
      return "begin";
    case Op::commit:
      return "commit";
    case Op::schema:
      return "schema";
    case Op::message:
      return "message";
    case Op::ddl:
      return "ddl";
    case Op::progress:
      return "progress";
    case Op::prepare:
      return "prepare";
    case Op::commit_prepared:
      return "commit_prepared";
    case Op::rollback_prepared:
      return "rollback_prepared";
  }
  return "";
}

}  // namespace cdc
