#include "broker/core/error.hpp"

#include <string>

namespace owb::core {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.core"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::outside_tenant:
        return "outside the tenant's topics";
      case Errc::reserved_topic:
        return "topic is reserved for the broker";
      case Errc::invalid_topic:
        return "not a valid topic name or filter";
      case Errc::topic_too_long:
        return "topic has too many bytes or levels";
      case Errc::quota_exceeded:
        return "quota exceeded";
      case Errc::not_permitted:
        return "not permitted for this role";
    }
    return "unknown error";
  }
};

}  // namespace

const boost::system::error_category& category() {
  static const Category instance;
  return instance;
}

boost::system::error_code make_error_code(Errc errc) {
  return {static_cast<int>(errc), category()};
}

}  // namespace owb::core
