#include "broker/store/error.hpp"

#include <string>

namespace owb::store {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "owb.store"; }

  std::string message(int code) const override {
    switch (static_cast<Errc>(code)) {
      case Errc::file_in_use:
        return "another broker keeps its state there";
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

}  // namespace owb::store
