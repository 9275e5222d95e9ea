#include "broker/core/subscription.hpp"

#include "broker/core/hub.hpp"
#include "broker/core/session.hpp"

namespace owb::core {

Subscription::Subscription(Session& owner, TopicTable& names, std::string_view written,
                           const ScopedFilter& scoped)
    : session(&owner),
      wildcard_(scoped.has_wildcard()),
      void_(scoped.is_void()),
      cloud_(scoped.names_cloud()),
      rest_(names.intern(scoped.rest())) {
  if (!is_written(written)) {
    unusual_ = Unusual{.written = std::string(written)};
  }
}

std::string_view Subscription::tenant() const {
  return session->hub().scope().tenant();
}

std::string Subscription::filter() const {
  if (unusual_) {
    return unusual_->written;
  }
  return std::string(tenant()).append(rest());
}

bool Subscription::is_written(std::string_view text) const {
  if (unusual_) {
    return unusual_->written == text;
  }
  const auto name = tenant();
  return text.starts_with(name) && text.substr(name.size()) == rest();
}

}  // namespace owb::core
