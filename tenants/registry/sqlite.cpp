#include "tenants/registry/sqlite.hpp"

#include <utility>

namespace owb::sqlite {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "sqlite"; }

  std::string message(int value) const override {
    switch (value & 0xFF) {
      case SQLITE_CANTOPEN:
        return "cannot be opened; if it is there, run this as its owner";
      case SQLITE_READONLY:
        return "cannot be written by this user; run this as its owner";
      default:
        return sqlite3_errstr(value);
    }
  }
};

Error error_of_code(int code) {
  return {code, category()};
}

int flags_of(Database::Access access) {
  switch (access) {
    case Database::Access::read_only:
      return SQLITE_OPEN_READONLY;
    case Database::Access::read_write:
      return SQLITE_OPEN_READWRITE;
    case Database::Access::create:
      break;
  }
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

bool is_damage(const Error& error) {
  const auto primary = error.value() & 0xFF;
  return error.category() == category() && (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB);
}

bool is_busy(const Error& error) {
  return error.category() == category() && (error.value() & 0xFF) == SQLITE_BUSY;
}

Query::Query(Query&& other) noexcept
    : statement_{std::exchange(other.statement_, nullptr)}, error_{other.error_} {}

Query::~Query() {
  sqlite3_reset(statement_);  // takes nullptr
  sqlite3_clear_bindings(statement_);
}

void Query::check(int code) {
  if (code != SQLITE_OK && !error_) {
    error_ = error_of_code(code);
  }
}

void Query::bind(int index, std::string_view value) {
  if (statement_ != nullptr) {
    // A copy: the caller's text may be gone when the rows are read. A null pointer would bind NULL.
    const auto* data = value.data() != nullptr ? value.data() : "";
    check(
        sqlite3_bind_text64(statement_, index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
  }
}

void Query::bind(int index, ByteView value) {
  if (statement_ != nullptr) {
    check(sqlite3_bind_blob64(statement_, index, value.data(), value.size(), SQLITE_TRANSIENT));
  }
}

void Query::bind(int index, std::int64_t value) {
  if (statement_ != nullptr) {
    check(sqlite3_bind_int64(statement_, index, value));
  }
}

bool Query::next() {
  if (failed()) {
    return false;
  }
  const auto code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    error_ = error_of_code(sqlite3_extended_errcode(sqlite3_db_handle(statement_)));
  }
  return code == SQLITE_ROW;
}

std::string_view Query::text(int column) const {
  const auto* data = sqlite3_column_text(statement_, column);
  const auto size = sqlite3_column_bytes(statement_, column);
  return data == nullptr ? std::string_view{}
                         : std::string_view{reinterpret_cast<const char*>(data),
                                            static_cast<std::size_t>(size)};
}

ByteView Query::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {data,
          data == nullptr ? 0 : static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::int64_t Query::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<Database> Database::open(const std::filesystem::path& path, Access access,
                                int busy_timeout_ms) {
  sqlite3* raw = nullptr;
  // NOMUTEX: one thread at a time is our own rule, and checked by our types.
  const auto code =
      sqlite3_open_v2(path.c_str(), &raw, flags_of(access) | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database{raw};
  if (code != SQLITE_OK) {
    return error_of_code(raw != nullptr ? sqlite3_extended_errcode(raw) : code);
  }
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, busy_timeout_ms);
  return database;
}

Result<void> Database::execute(const char* sql) {
  if (sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return error_of_code(sqlite3_extended_errcode(handle_.get()));
  }
  return {};
}

Query Database::prepare(const char* sql) {
  auto& statement = statements_[sql];
  if (statement == nullptr) {
    sqlite3_stmt* raw = nullptr;
    const auto code =
        sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    statement.reset(raw);
    if (code != SQLITE_OK) {
      return {nullptr, error_of_code(code)};
    }
  }
  return {statement.get(), {}};
}

Result<Transaction> Transaction::begin(Database& database) {
  if (const auto begun = database.run("BEGIN IMMEDIATE"); !begun) {
    return begun.error();
  }
  return Transaction{database};
}

Transaction::~Transaction() {
  if (database_ != nullptr) {
    (void)database_->run("ROLLBACK");  // fails only where there is nothing left to roll back
  }
}

Result<void> Transaction::commit() {
  auto committed = database_->run("COMMIT");
  if (committed) {
    database_ = nullptr;
  }
  return committed;
}

}  // namespace owb::sqlite
