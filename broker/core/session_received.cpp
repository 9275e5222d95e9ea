// QoS 2 from the client.
#include "broker/core/hub.hpp"
#include "broker/core/session.hpp"
#include "tenants/base/contained.hpp"

namespace owb::core {

using mqtt::PacketId;

Session::Hold Session::hold(PacketId id, const TopicRef& topic, const MessageView& view) {
  if (holds(id)) {
    auto& held = held_->by_id.at(id);
    if (held.message->topic().get() == topic.get() &&
        as_text(held.message->payload()) == as_text(view.payload)) {
      return ++held.repeated > 1 ? Hold::repeated : Hold::done;
    }
    take_held(id);  // the id was used again: the last counts
    forget_held(id);
  }
  const auto cost = topic->size + view.forwarded.size() + view.payload.size();
  const auto most = bounds().bytes;
  if ((most != 0 && held_.get().bytes + cost > most) ||
      !hub_.memory().may_take(cost + MemoryBudget::kQueuedOverhead)) {
    return Hold::full;
  }
  restore_held(id, MessageRef::copy_of(topic, view));
  if (kept) {
    try {
      hub_.kept().held(number, id, *topic.get(), view);
    } catch (...) {
      take_held(id);  // else its repetition would be acknowledged, and not kept (F64)
      throw;
    }
  }
  return Hold::done;
}

void Session::restore_held(PacketId id, const MessageRef& message) {
  auto& held = held_.made();
  held.by_id[id] = {.message = message};
  held.bytes += message->cost();
  hub_.memory().add(message->cost() + MemoryBudget::kQueuedOverhead);
}

MessageRef Session::take_held(PacketId id) {
  if (!holds(id)) {
    return {};
  }
  const auto held = held_->by_id.find(id);
  auto message = std::move(held->second.message);
  held_->by_id.erase(held);
  held_->bytes -= message->cost();
  hub_.memory().give(message->cost() + MemoryBudget::kQueuedOverhead);
  return message;
}

void Session::forget_held(PacketId id) {
  if (kept) {
    hub_.kept().no_received(number, id);
  }
}

bool Session::remember_received(PacketId id) {
  if (!received_.made().insert(id).second) {
    return false;
  }
  if (kept) {
    try {
      hub_.kept().received(number, id);
    } catch (...) {
      received_->erase(id);  // else its repetition would be taken for one (F64)
      throw;
    }
  }
  return true;
}

bool Session::forget_received(PacketId id) {
  if (!received_.get().contains(id)) {
    return false;
  }
  if (kept) {
    hub_.kept().no_received(number, id);
  }
  received_->erase(id);
  return true;
}

void Session::take_back_received(PacketId id) noexcept {
  if (kept) {
    contained("what is kept of a session", [&] { hub_.kept().no_received(number, id); });
  }
  received_->erase(id);
}

}  // namespace owb::core
