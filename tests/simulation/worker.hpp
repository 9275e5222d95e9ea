#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/core/delivery_watch.hpp"
#include "broker/core/realm.hpp"
#include "tests/broker/core/memory_keeper.hpp"
#include "tests/simulation/context.hpp"
#include "tests/simulation/model.hpp"
#include "tests/simulation/wire.hpp"

namespace owb::simulation {

/// One worker of the broker: a Realm, its connections, its authenticator and its mailbox. Tells the
/// model every packet in the order in which the realm has handled it, and finds out whether what
/// the realm closed had to be closed.
class Worker final : private core::Authenticator, private core::DeliveryWatch {
 public:
  Worker(Context& context, std::size_t index);
  ~Worker() override;

  core::Realm& realm() { return *realm_; }

  /// What this worker has to do, by the book.
  Model& model() { return model_; }

  // ---- things that happen to it ----
  Wire& open(core::Peer peer);
  /// Bytes of the client, or its end, arrive.
  void feed(Wire& wire, std::size_t count);
  /// The way to the client has room again.
  void flush(Wire& wire);
  void advance();
  void end_turn();
  /// Another thread has something for it; delivered in order by deliver_mail().
  /// `changed`: a tenant that lives here, or nobody.
  void post_registry(const Registry& registry, std::string changed);
  void post_revoked(std::string session_id);

  bool has_mail() const { return !mail_.empty(); }

  void deliver_mail();
  /// The tenant that lives here has another record; null: it is deleted.
  void change(const std::string& tenant,
              const std::shared_ptr<const tenants::TenantRecord>& record);

  bool has_logins() const { return !logins_.empty(); }

  /// The answer to one of the pending logins, in any order.
  void answer_login();

  bool keeps() const { return keeper_ != nullptr; }

  /// Commits, or fails for a while.
  void disk_does();
  void disk_is_well();
  /// Connections that nobody ends end now.
  void close_all();
  /// Removes connections both ends have left.
  void tidy();

  std::vector<std::unique_ptr<Wire>>& wires() { return wires_; }

  // ---- the wires ----
  void on_resumed(Wire& wire);
  void on_closing(Wire& wire);

 private:
  enum class Doing : std::uint8_t { feeding, advancing, mail, other };

  /// One of these.
  struct Mail {
    std::optional<Registry> registry;  ///< what logins are checked against from now on
    std::string changed;               ///< a tenant: live connections learn it
    std::string revoked;               ///< a cookie
  };

  struct Login {
    std::uint64_t link = 0;
    Wire* wire = nullptr;
    core::Identity identity;
  };

  core::AuthResult check(const core::AuthRequest& request) override;
  void forget(std::uint64_t link) override;
  core::AuthResult decide(Wire& wire, core::Identity identity) const;
  void delivering(const core::Session& session, const core::Delivery& delivery) override;
  void dropped(const core::Session& session, const core::Delivery& delivery,
               core::Drop why) override;
  /// Tells the model what the realm has handled since the last call.
  void follow();
  /// Also which connections have ended.
  void catch_up();
  void judge(const std::function<void()>& what);
  void link_over(Wire& wire);
  void lose(Wire& wire);
  /// The realm has nothing more to do.
  void finish();
  void tell_model(Wire& wire);
  bool may_close(const Wire& wire) const;
  void check_ended() const;
  void check_bounds(const Wire& wire);

  bool watching_ = true;
  std::optional<Violation> fault_;
  Context& context_;
  std::size_t index_;
  std::unique_ptr<core::MemoryKeeper> keeper_;  ///< null: nothing is kept
  std::unique_ptr<core::Realm> realm_;
  Model model_;
  std::vector<std::unique_ptr<Wire>> wires_;
  Registry registry_;
  std::deque<Mail> mail_;
  std::vector<Login> logins_;
  Wire* current_ = nullptr;  ///< whose packets the realm is handling
  Doing doing_ = Doing::other;
  std::uint64_t handled_ = 0;  ///< packets, as the realm counts them
};

}  // namespace owb::simulation
