#include "tenants/move/tenant_file.hpp"

#include <array>
#include <optional>

#include <nlohmann/json.hpp>
#include <sodium.h>

#include "tenants/base/secret_bytes.hpp"
#include "tenants/registry/snapshot.hpp"

namespace owb::move {
namespace {

using nlohmann::json;

constexpr std::string_view kMagic = "owb-tenant-file\n";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeader = 18;  // magic and version
constexpr std::size_t kCheck = 16;
constexpr std::size_t kRecordHead = 5 + kCheck;
constexpr std::size_t kEntryHead = 3;

enum class Type : std::uint8_t { tenant = 1, entry = 2, end = 3 };

void append_number(std::string& out, std::uint64_t number, std::size_t width) {
  for (auto i = width; i-- > 0;) {
    out.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
  }
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i) {
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return number;
}

std::string check_of(std::size_t place, std::string_view type_and_length, std::string_view body) {
  init_crypto();
  std::string at;
  append_number(at, place, 8);
  std::array<unsigned char, kCheck> sum{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, sum.size());
  for (const auto part : {std::string_view{at}, type_and_length, body}) {
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()),
                              part.size());
  }
  crypto_generichash_final(&state, sum.data(), sum.size());
  return {sum.begin(), sum.end()};
}

void append_record(std::string& out, Type type, std::string_view body) {
  const auto place = out.size();
  std::string head;
  append_number(head, static_cast<std::uint8_t>(type), 1);
  append_number(head, body.size(), 4);
  out += head;
  out += check_of(place, head, body);
  out += body;
}

std::string hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[std::to_integer<unsigned>(byte) >> 4];
    text += kDigits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes bytes(text.size() / 2);
  std::size_t size = 0;
  const char* end = nullptr;
  if (text.size() % 2 != 0 ||
      sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                     text.size(), nullptr, &size, &end) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  return bytes;
}

std::string tenant_json(const TenantFile& file) {
  const auto& tenant = file.tenant;
  return json{{"name", tenant.id.str()},
              {"exported", file.exported},
              {"created", tenant.created},
              {"suspended", tenant.suspended},
              {"home_secret", hex(tenant.home_secret)},
              {"home_origin", hex(tenant.home_origin)},
              {"password_hash", tenant.password_hash},
              {"webparm_id", tenant.webparm_id},
              {"thema", tenant.thema},
              {"limits", tenant.limits.str()}}
      .dump();
}

/// Fields of a JSON object that a stranger may have written.
class Fields {
 public:
  explicit Fields(const json& object) : object_{object} {}

  std::string text(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end() || !found->is_string()) {
      bad(name);
      return {};
    }
    return found->get<std::string>();
  }

  std::int64_t number(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end() || !found->is_number_integer() ||
        (found->is_number_unsigned() && found->get<std::uint64_t>() > kMost)) {
      bad(name);
      return 0;
    }
    const auto value = found->get<std::int64_t>();
    if (value < 0) {
      bad(name);
    }
    return value;
  }

  bool flag(const char* name) {
    const auto found = object_.find(name);
    if (found == object_.end() || !found->is_boolean()) {
      bad(name);
      return false;
    }
    return found->get<bool>();
  }

  Bytes bytes(const char* name, std::size_t size) {
    auto read = from_hex(text(name));
    if (!read || read->size() != size) {
      bad(name);
      return {};
    }
    return std::move(*read);
  }

  void bad(const char* name) {
    if (problem_.empty()) {
      problem_ = std::string{"the tenant's `"} + name + "` is missing or makes no sense";
    }
  }

  const std::string& problem() const { return problem_; }

 private:
  static constexpr std::uint64_t kMost = std::uint64_t{1} << 53;

  const json& object_;
  std::string problem_;
};

/// Empty: `record` and `exported` are set.
std::string read_tenant(std::string_view body, std::optional<tenants::TenantRecord>& record,
                        std::int64_t& exported) {
  if (body.size() > kMaxTenantJson) {
    return "the tenant's record is too long";
  }
  const auto object = json::parse(body, nullptr, false);
  if (!object.is_object()) {
    return "the tenant's record is not JSON";
  }
  Fields fields{object};
  auto id = TenantId::parse(fields.text("name"));
  auto limits = tenants::LimitOverrides::parse(fields.text("limits"));
  const auto secret = fields.bytes("home_secret", tenants::HomeSecretMac{}.size());
  if (!id) {
    fields.bad("name");
  }
  if (!limits) {
    fields.bad("limits");
  }
  exported = fields.number("exported");
  if (!fields.problem().empty()) {
    return fields.problem();
  }
  record.emplace(tenants::TenantRecord{std::move(*id)});
  std::copy(secret.begin(), secret.end(), record->home_secret.begin());
  record->home_origin = fields.bytes("home_origin", tenants::HomeSecretOrigin::kSize);
  record->limits = std::move(*limits);
  record->created = fields.number("created");
  record->suspended = fields.flag("suspended");
  record->password_hash = fields.text("password_hash");
  record->webparm_id = fields.number("webparm_id");
  record->thema = fields.text("thema");
  return fields.problem();
}

class FileReader {
 public:
  explicit FileReader(std::string_view bytes) : bytes_{bytes} {}

  std::string read() {
    if (bytes_.size() < kHeader || !bytes_.starts_with(kMagic)) {
      return "is not a file of `owb-tenants export`";
    }
    if (const auto version = number_at(bytes_, kMagic.size(), 2); version != kVersion) {
      return "is of version " + std::to_string(version) + ", which is not known here";
    }
    for (at_ = kHeader; !ended_;) {
      if (auto problem = read_record(); !problem.empty()) {
        return "byte " + std::to_string(at_) + ": " + problem;
      }
    }
    return at_ == bytes_.size() ? "" : "byte " + std::to_string(at_) + ": something after the end";
  }

  std::optional<tenants::TenantRecord> tenant;
  std::int64_t exported = 0;
  std::vector<tenants::StateEntry> state;

 private:
  std::string read_record() {
    const auto rest = bytes_.substr(at_);
    if (rest.size() < kRecordHead) {
      return "the file ends in the middle";
    }
    const auto length = number_at(rest, 1, 4);
    if (length > rest.size() - kRecordHead) {
      return "the record is damaged, or the file ends in the middle";
    }
    const auto body = rest.substr(kRecordHead, length);
    if (check_of(at_, rest.substr(0, 5), body) != rest.substr(5, kCheck)) {
      return "the record is damaged";
    }
    auto problem = take(static_cast<Type>(rest[0]), body);
    if (problem.empty()) {
      at_ += kRecordHead + length;
    }
    return problem;
  }

  std::string take(Type type, std::string_view body) {
    if ((type == Type::tenant) == tenant.has_value()) {
      return tenant ? "a second tenant" : "the first record is not the tenant";
    }
    switch (type) {
      case Type::tenant:
        return read_tenant(body, tenant, exported);
      case Type::entry:
        return take_entry(body);
      case Type::end:
        ended_ = true;
        return body.size() == 8 && number_at(body, 0, 8) == state.size() ? ""
                                                                         : "entries are missing";
    }
    return "a record of an unknown type";
  }

  std::string take_entry(std::string_view body) {
    const auto key = body.size() < kEntryHead ? 0 : number_at(body, 1, 2);
    if (body.size() < kEntryHead + key) {
      return "the entry is shorter than its key";
    }
    const auto bytes = as_byte_view(body);
    const auto name = bytes.subspan(kEntryHead, key);
    const auto value = bytes.subspan(kEntryHead + key);
    state.push_back({.kind = static_cast<std::uint8_t>(body[0]),
                     .key = {name.begin(), name.end()},
                     .value = {value.begin(), value.end()}});
    return {};
  }

  std::string_view bytes_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

std::string write_tenant_file(const TenantFile& file) {
  std::string out{kMagic};
  append_number(out, kVersion, 2);
  append_record(out, Type::tenant, tenant_json(file));
  std::string body;
  for (const auto& entry : file.state) {
    body.clear();
    append_number(body, entry.kind, 1);
    append_number(body, entry.key.size(), 2);
    body += as_text(entry.key);
    body += as_text(entry.value);
    append_record(out, Type::entry, body);
  }
  body.clear();
  append_number(body, file.state.size(), 8);
  append_record(out, Type::end, body);
  return out;
}

TenantFileResult read_tenant_file(std::string_view bytes) {
  FileReader reader{bytes};
  auto problem = reader.read();
  auto nobody = TenantId::parse("nobody");
  if (!problem.empty()) {
    return {.file = {.tenant = tenants::TenantRecord{std::move(*nobody)}},
            .problem = std::move(problem)};
  }
  return {.file = {.tenant = std::move(*reader.tenant),
                   .exported = reader.exported,
                   .state = std::move(reader.state)},
          .problem = {}};
}

}  // namespace owb::move
