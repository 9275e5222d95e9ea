#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <sqlite3.h>

#include "tenants/base/bytes.hpp"
#include "tenants/base/result.hpp"

/// SQLite with owners and results: just as much as registry and store need.
namespace owb::sqlite {

/// Codes are SQLite's extended result codes; message() is SQLite's own text.
const boost::system::error_category& category();
/// Whether the code (extended or not) means that the file itself is no good.
bool is_damage(const Error& error);
/// Whether another process held the file too long.
bool is_busy(const Error& error);

/// One use of a prepared statement: bound, stepped, and given back when it goes out of scope.
///
///   auto query = database.query("SELECT name FROM tenants WHERE uid = ?1", uid);
///   while (query.next()) { use(query.text(0)); }
///   if (query.failed()) { return query.error(); }
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  /// The next row; false at the end and on failure. The columns' views last until the next call.
  bool next();

  bool failed() const { return static_cast<bool>(error_); }

  const Error& error() const { return error_; }

  std::string_view text(int column) const;
  ByteView blob(int column) const;
  std::int64_t integer(int column) const;
  bool is_null(int column) const;

 private:
  friend class Database;

  Query(sqlite3_stmt* statement, Error error) : statement_{statement}, error_{error} {}

  void bind(int index, std::string_view value);
  void bind(int index, ByteView value);
  void bind(int index, std::int64_t value);
  void check(int code);

  sqlite3_stmt* statement_;
  Error error_;
};

/// One connection. Statements are prepared once and reused, so `sql` must be a literal (its address
/// is the key). Threading: one thread at a time.
class Database {
 public:
  enum class Access { read_only, read_write, create };

  static Result<Database> open(const std::filesystem::path& path, Access access,
                               int busy_timeout_ms);

  /// One or more statements without parameters or rows.
  Result<void> execute(const char* sql);

  /// Binds ?1, ?2, … Arguments: text, bytes, integers, bool.
  template <typename... Args>
  Query query(const char* sql, const Args&... args) {
    auto prepared = prepare(sql);
    [[maybe_unused]] int index = 0;
    (prepared.bind(++index, parameter(args)), ...);
    return prepared;
  }

  /// A statement whose rows nobody wants.
  template <typename... Args>
  Result<void> run(const char* sql, const Args&... args) {
    auto prepared = query(sql, args...);
    while (prepared.next()) {
    }
    return prepared.failed() ? Result<void>{prepared.error()} : Result<void>{};
  }

  /// The first column of the first row; `none` if there is no row.
  template <typename... Args>
  Result<std::int64_t> integer_or(std::int64_t none, const char* sql, const Args&... args) {
    auto prepared = query(sql, args...);
    auto value = none;
    for (bool first = true; prepared.next();
         first = false) {  // to the end, so that a change is whole
      value = first ? prepared.integer(0) : value;
    }
    return prepared.failed() ? Result<std::int64_t>{prepared.error()} : Result<std::int64_t>{value};
  }

  /// Rows the last statement changed.
  std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }

 private:
  struct CloseHandle {
    // v2: an assignment replaces the handle before the statements, and it must wait for them
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };

  struct FinalizeStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };

  explicit Database(sqlite3* handle) : handle_{handle} {}

  static std::string_view parameter(std::string_view value) { return value; }

  static std::string_view parameter(const char* value) { return value; }  // else it would be a bool

  static ByteView parameter(ByteView value) { return value; }

  static std::int64_t parameter(std::int64_t value) { return value; }

  static std::int64_t parameter(std::uint64_t value) { return static_cast<std::int64_t>(value); }

  static std::int64_t parameter(bool value) { return value ? 1 : 0; }

  static std::int64_t parameter(int value) { return value; }

  Query prepare(const char* sql);

  std::unique_ptr<sqlite3, CloseHandle> handle_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, FinalizeStatement>> statements_;
};

/// A write transaction (BEGIN IMMEDIATE: waits for its turn at the start, then cannot fail by being
/// late); rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);

  Transaction(Transaction&& other) noexcept : database_{std::exchange(other.database_, nullptr)} {}

  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  Result<void> commit();

 private:
  explicit Transaction(Database& database) : database_{&database} {}

  Database* database_;
};

}  // namespace owb::sqlite
