#include "libcdc/sources/mysql/statement.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

namespace cdc::mysql {
namespace {

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equals(std::string_view text, std::string_view upper_case) {
  return std::equal(text.begin(), text.end(), upper_case.begin(), upper_case.end(),
                    [](char a, char b) { return upper(a) == b; });
}

bool is_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return equals(text, word); });
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/// Everything beyond ASCII can stand in a name.
bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

struct Token {
  enum class Kind { end, word, quoted_name, text, sign };
  Kind kind = Kind::end;
  std::string_view text;   ///< of quoted_name and text: with the quotes
  std::size_t offset = 0;  ///< in the statement
};

/// Takes a statement apart: words, quoted names, string literals and single signs.
class Tokens {
 public:
  explicit Tokens(std::string_view sql) : sql_(sql) {}

  Token next() {
    skip_blanks_and_comments();
    if (at_ >= sql_.size()) return {Token::Kind::end, {}, at_};
    const std::size_t begin = at_;
    const char first = sql_[at_];
    if (first == '`' || first == '"' || first == '\'') {
      skip_quoted(first);
      const auto kind = first == '\'' ? Token::Kind::text : Token::Kind::quoted_name;
      return {kind, sql_.substr(begin, at_ - begin), begin};
    }
    if (!is_word_char(first)) {
      ++at_;
      return {Token::Kind::sign, sql_.substr(begin, 1), begin};
    }
    while (at_ < sql_.size() && is_word_char(sql_[at_])) ++at_;
    return {Token::Kind::word, sql_.substr(begin, at_ - begin), begin};
  }

  /// The next token where it is a word; an empty one where it is not.
  std::string_view word() {
    const Token token = next();
    return token.kind == Token::Kind::word ? token.text : std::string_view();
  }

  std::string_view rest() const { return sql_.substr(std::min(at_, sql_.size())); }

 private:
  bool starts(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  void skip_behind(std::string_view end) {
    const std::size_t found = sql_.find(end, at_);
    at_ = found == std::string_view::npos ? sql_.size() : found + end.size();
  }

  /// `/*!50001` and `/*M!100100`: what stands there is part of the statement, up to `*/`.
  bool enter_executable_comment() {
    if (!starts("/*!") && !starts("/*M!")) return false;
    at_ = sql_.find('!', at_) + 1;
    while (at_ < sql_.size() && sql_[at_] >= '0' && sql_[at_] <= '9') ++at_;
    ++executable_comments_;
    return true;
  }

  bool leave_executable_comment() {
    if (executable_comments_ == 0 || !starts("*/")) return false;
    --executable_comments_;
    at_ += 2;
    return true;
  }

  bool starts_dash_comment() const {
    return starts("--") && (at_ + 2 >= sql_.size() || is_blank(sql_[at_ + 2]));
  }

  void skip_blanks_and_comments() {
    while (at_ < sql_.size()) {
      if (is_blank(sql_[at_])) {
        ++at_;
      } else if (starts("#") || starts_dash_comment()) {
        skip_behind("\n");
      } else if (starts("/*")) {
        if (!enter_executable_comment()) {
          at_ += 2;
          skip_behind("*/");
        }
      } else if (!leave_executable_comment()) {
        return;
      }
    }
  }

  /// A quote that is doubled stands for itself, and in strings so does one behind a backslash.
  void skip_quoted(char quote) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] == '\\' && quote != '`') {
        ++at_;
      } else if (sql_[at_] == quote) {
        if (at_ + 1 >= sql_.size() || sql_[at_ + 1] != quote) break;
        ++at_;
      }
    }
    at_ = std::min(at_ + 1, sql_.size());
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  unsigned executable_comments_ = 0;
};

/// A name without its quotes; empty where the token is none.
std::string name_of(const Token& token) {
  if (token.kind == Token::Kind::word) return std::string(token.text);
  if (token.kind != Token::Kind::quoted_name || token.text.size() < 2) return {};
  const char quote = token.text.front();
  std::string name;
  for (std::size_t i = 1; i + 1 < token.text.size(); ++i) {
    name += token.text[i];
    if (token.text[i] == quote) ++i;
  }
  return name;
}

Statement of_kind(StatementKind kind) {
  Statement statement;
  statement.kind = kind;
  return statement;
}

Statement truncate(Tokens tokens) {
  Token token = tokens.next();
  if (token.kind == Token::Kind::word && equals(token.text, "TABLE")) token = tokens.next();
  Statement statement = of_kind(StatementKind::truncate);
  statement.table = name_of(token);
  const Token dot = tokens.next();
  if (dot.kind == Token::Kind::sign && dot.text == ".") {
    statement.schema = std::move(statement.table);
    statement.table = name_of(tokens.next());
  }
  // The server took it as a statement; a name that cannot be read is still no row event.
  if (statement.table.empty()) return of_kind(StatementKind::moves_rows);
  return statement;
}

Statement rollback(Tokens tokens) {
  std::string_view word = tokens.word();
  if (equals(word, "WORK")) word = tokens.word();
  return of_kind(equals(word, "TO") ? StatementKind::rollback_to : StatementKind::rollback);
}

/// From the first token on to the end of the last one that belongs to it: `X'..',X'..',1`.
Statement xa_statement(std::string_view sql, Tokens tokens) {
  const std::string_view verb = tokens.word();
  Statement statement;
  if (is_any(verb, {"START", "BEGIN"})) statement.kind = StatementKind::xa_start;
  if (equals(verb, "END")) statement.kind = StatementKind::xa_end;
  if (equals(verb, "PREPARE")) statement.kind = StatementKind::xa_prepare;
  if (equals(verb, "COMMIT")) statement.kind = StatementKind::xa_commit;
  if (equals(verb, "ROLLBACK")) statement.kind = StatementKind::xa_rollback;
  if (statement.kind == StatementKind::other) return statement;
  std::optional<std::size_t> begin;
  std::size_t end = 0;
  for (Token token = tokens.next(); token.kind != Token::Kind::end; token = tokens.next()) {
    if (token.kind == Token::Kind::word && equals(token.text, "ONE")) statement.one_phase = true;
    if (is_any(token.text, {"ONE", "JOIN", "RESUME", "SUSPEND"})) break;
    if (!begin) begin = token.offset;
    end = token.offset + token.text.size();
  }
  if (begin) statement.xid = sql.substr(*begin, end - *begin);
  return statement;
}

/// A query in a CREATE TABLE: SELECT and TABLE are reserved words, so no column is called that.
bool has_query(Tokens tokens) {
  for (Token token = tokens.next(); token.kind != Token::Kind::end; token = tokens.next()) {
    if (token.kind != Token::Kind::word) continue;
    if (is_any(token.text, {"SELECT", "TABLE"})) return true;
    if (equals(token.text, "VALUES") && equals(tokens.word(), "ROW")) return true;
  }
  return false;
}

Statement create(Tokens tokens) {
  std::string_view word = tokens.word();
  bool replaces = false;
  if (equals(word, "OR")) {
    tokens.word();
    replaces = true;
    word = tokens.word();
  }
  if (!equals(word, "TABLE")) return of_kind(StatementKind::other);
  if (has_query(tokens)) return of_kind(StatementKind::dml);
  return of_kind(replaces ? StatementKind::create_or_replace_table : StatementKind::create_table);
}

Statement drop(Tokens tokens) {
  const bool rows = is_any(tokens.word(), {"TABLE", "TABLES", "DATABASE", "SCHEMA"});
  return of_kind(rows ? StatementKind::moves_rows : StatementKind::other);
}

Statement rename(Tokens tokens) {
  const bool rows = is_any(tokens.word(), {"TABLE", "TABLES"});
  return of_kind(rows ? StatementKind::moves_rows : StatementKind::other);
}

/// ALTER TABLE ... {TRUNCATE | DROP | EXCHANGE | CONVERT} PARTITION, {DISCARD | IMPORT} ...
/// TABLESPACE, RENAME [TO | AS] name.
Statement alter(Tokens tokens) {
  std::string_view word = tokens.word();
  while (is_any(word, {"ONLINE", "IGNORE"})) word = tokens.word();
  if (!equals(word, "TABLE")) return of_kind(StatementKind::other);
  std::string_view before;
  for (Token token = tokens.next(); token.kind != Token::Kind::end; token = tokens.next()) {
    const bool is_word = token.kind == Token::Kind::word;
    const bool partition = is_word && equals(token.text, "PARTITION") &&
                           is_any(before, {"TRUNCATE", "DROP", "EXCHANGE", "CONVERT"});
    const bool renamed =
        equals(before, "RENAME") && !(is_word && is_any(token.text, {"COLUMN", "INDEX", "KEY"}));
    if (partition || renamed || (is_word && is_any(token.text, {"DISCARD", "IMPORT"}))) {
      return of_kind(StatementKind::moves_rows);
    }
    before = is_word ? token.text : std::string_view();
  }
  return of_kind(StatementKind::other);
}

/// MariaDB's SET STATEMENT variable=value FOR statement.
Statement set(Tokens tokens) {
  if (!equals(tokens.word(), "STATEMENT")) return of_kind(StatementKind::other);
  for (Token token = tokens.next(); token.kind != Token::Kind::end; token = tokens.next()) {
    if (token.kind == Token::Kind::word && equals(token.text, "FOR")) {
      return classify(tokens.rest());
    }
  }
  return of_kind(StatementKind::other);
}

struct Simple {
  std::string_view word;
  StatementKind kind;
};

/// Statements whose first word says everything.
constexpr std::array kSimple = {
    Simple{"BEGIN", StatementKind::begin},
    Simple{"COMMIT", StatementKind::commit},
    Simple{"SAVEPOINT", StatementKind::savepoint},
    Simple{"RELEASE", StatementKind::savepoint},
    Simple{"INSERT", StatementKind::dml},
    Simple{"UPDATE", StatementKind::dml},
    Simple{"DELETE", StatementKind::dml},
    Simple{"REPLACE", StatementKind::dml},
    Simple{"LOAD", StatementKind::dml},
    Simple{"CALL", StatementKind::dml},
    Simple{"DO", StatementKind::dml},
    Simple{"SELECT", StatementKind::dml},
    Simple{"WITH", StatementKind::dml},
    Simple{"VALUES", StatementKind::dml},
    Simple{"TABLE", StatementKind::dml},
    Simple{"IMPORT", StatementKind::moves_rows},
};

struct Compound {
  std::string_view word;
  Statement (*read)(Tokens behind);
};

constexpr std::array kCompound = {
    Compound{"ROLLBACK", rollback}, Compound{"TRUNCATE", truncate}, Compound{"CREATE", create},
    Compound{"DROP", drop},         Compound{"RENAME", rename},     Compound{"ALTER", alter},
    Compound{"SET", set},
};

}  // namespace

Statement classify(std::string_view sql) {
  Tokens tokens(sql);
  Token first = tokens.next();
  while (first.kind == Token::Kind::sign && first.text == "(") first = tokens.next();
  if (first.kind != Token::Kind::word) return of_kind(StatementKind::other);
  for (const Simple& simple : kSimple) {
    if (equals(first.text, simple.word)) return of_kind(simple.kind);
  }
  for (const Compound& compound : kCompound) {
    if (equals(first.text, compound.word)) return compound.read(tokens);
  }
  if (equals(first.text, "XA")) return xa_statement(sql, tokens);
  if (equals(first.text, "START") && equals(tokens.word(), "TRANSACTION")) {
    return of_kind(StatementKind::begin);
  }
  return of_kind(StatementKind::other);
}

bool changes_schema(std::string_view sql) {
  Tokens tokens(sql);
  if (!is_any(tokens.next().text, {"CREATE", "ALTER", "DROP", "RENAME"})) return false;
  // `CREATE OR REPLACE USER`, `DROP ROLE IF EXISTS`: the kind of thing is among the next words.
  for (int i = 0; i < 4; ++i) {
    const Token token = tokens.next();
    if (token.kind != Token::Kind::word) break;
    if (is_any(token.text, {"USER", "ROLE", "SERVER"})) return false;
  }
  return true;
}

}  // namespace cdc::mysql
