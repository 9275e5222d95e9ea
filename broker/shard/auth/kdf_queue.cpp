#include "broker/shard/auth/kdf_queue.hpp"

#include <algorithm>

#include "tenants/base/assert.hpp"

namespace owb::shard {

using Admission = FailureThrottle::Admission;
using Outcome = SlowAnswer::Outcome;
using Taken = SlowChecks::Taken;

Taken KdfQueue::submit(SlowCheck check, std::int64_t now_ms) {
  if (check.throttled &&
      throttle_.admit(check.address, check.name, now_ms).kind == Admission::Kind::blocked) {
    return Taken::blocked;
  }
  const auto address = check.address;
  const auto& lane = lanes_[address];
  if (lane.waiting.size() + lane.parked >= limits_.per_address ||
      (waiting_ >= limits_.waiting && !make_room(lane, now_ms))) {
    drop_if_empty(address);
    return Taken::full;
  }
  const Key key{check.sink, check.link};
  const auto [entry, added] = jobs_.try_emplace(key);
  OWB_ASSERT(added);
  auto& job = entry->second;
  job.sink = check.sink;
  job.check = std::move(check);
  job.deadline_ms = now_ms + limits_.wait_ms;
  ++waiting_;
  wait_in_lane(key, job);
  return Taken::queued;
}

void KdfQueue::forget(const AuthSink& sink, std::uint64_t link) {
  const Key key{&sink, link};
  const auto found = jobs_.find(key);
  if (found == jobs_.end()) {
    return;
  }
  auto& job = found->second;
  const auto address = job.check.address;
  if (job.state == State::waiting || job.state == State::parked) {
    leave_lane(job);
    drop_if_empty(address);
  }
  if (job.state != State::running) {
    drop_timer(key, job);
  }
  jobs_.erase(found);
}

std::vector<KdfQueue::Due> KdfQueue::take_due(std::int64_t now_ms) {
  std::vector<Due> due;
  while (!timers_.empty() && timers_.begin()->first <= now_ms) {
    const auto key = timers_.begin()->second;
    auto& job = jobs_.at(key);
    if (job.state == State::parked && now_ms < job.deadline_ms) {
      auto& lane = lanes_.at(job.check.address);
      --lane.parked;
      wait_in_lane(key, job);
      continue;
    }
    if (job.state != State::answered) {
      answer(key, job, Outcome::busy, now_ms);
      drop_if_empty(job.check.address);
    }
    drop_timer(key, job);
    due.push_back({job.sink, {.link = key.second, .outcome = job.outcome}});
    jobs_.erase(key);
  }
  return due;
}

std::optional<SlowCheck> KdfQueue::take(std::int64_t now_ms) {
  for (auto turns = turns_.size(); turns > 0 && !turns_.empty(); --turns) {
    turns_.splice(turns_.end(), turns_, turns_.begin());
    const auto address = turns_.back();
    auto check = take_from(address, now_ms);
    drop_if_empty(address);
    if (check) {
      return check;
    }
  }
  return std::nullopt;
}

std::optional<SlowCheck> KdfQueue::take_from(const std::string& address, std::int64_t now_ms) {
  auto& lane = lanes_.at(address);
  std::size_t passed_over = 0;
  for (auto next = lane.waiting.begin();
       next != lane.waiting.end() && lane.running < limits_.running_per_address;) {
    const auto key = *next++;
    auto& job = jobs_.at(key);
    if (busy_names_.contains(job.check.name)) {
      if (++passed_over == kPassedOver) {
        break;
      }
      continue;
    }
    const auto admission = job.check.throttled
                               ? throttle_.admit(job.check.address, job.check.name, now_ms)
                               : Admission{};
    if (admission.kind == Admission::Kind::blocked) {
      answer(key, job, Outcome::blocked, now_ms);
      continue;
    }
    if (admission.kind == Admission::Kind::later) {
      park(key, job, admission.at_ms);
      continue;
    }
    leave_lane(job);
    drop_timer(key, job);
    job.state = State::running;
    ++lane.running;
    busy_names_.insert(job.check.name);
    return std::move(job.check);
  }
  return std::nullopt;
}

void KdfQueue::finish(const SlowCheck& check, Outcome outcome, std::int64_t now_ms) {
  busy_names_.erase(check.name);
  --lanes_.at(check.address).running;
  drop_if_empty(check.address);
  auto at_ms = now_ms;
  if (check.throttled && outcome == Outcome::wrong) {
    at_ms = throttle_.failed(check.address, check.name, now_ms);
  } else if (check.throttled && outcome == Outcome::right) {
    throttle_.succeeded(check.address, check.name);
  }
  const Key key{check.sink, check.link};
  if (const auto found = jobs_.find(key); found != jobs_.end()) {
    answer(key, found->second, outcome, at_ms);
  }
}

std::optional<std::int64_t> KdfQueue::next_event_ms() const {
  if (timers_.empty()) {
    return std::nullopt;
  }
  return timers_.begin()->first;
}

// The newest check of the address that waits for most gives way, if that is fairer than refusing
// the newcomer. Linear in the number of addresses, and only when the queue is full.
bool KdfQueue::make_room(const Lane& newcomer, std::int64_t now_ms) {
  const auto longest =
      std::max_element(lanes_.begin(), lanes_.end(), [](const auto& left, const auto& right) {
        return left.second.waiting.size() < right.second.waiting.size();
      });
  if (longest->second.waiting.size() <= newcomer.waiting.size() + 1) {
    return false;
  }
  const auto key = longest->second.waiting.back();
  answer(key, jobs_.at(key), Outcome::busy, now_ms);
  return true;
}

void KdfQueue::wait_in_lane(const Key& key, Job& job) {
  auto& lane = lanes_.at(job.check.address);
  if (lane.waiting.empty()) {
    lane.turn = turns_.insert(turns_.end(), job.check.address);
  }
  job.place = lane.waiting.insert(lane.waiting.end(), key);
  job.state = State::waiting;
  set_timer(key, job, job.deadline_ms);
}

void KdfQueue::park(const Key& key, Job& job, std::int64_t until_ms) {
  leave_lane(job);
  ++waiting_;
  ++lanes_.at(job.check.address).parked;
  job.state = State::parked;
  set_timer(key, job, std::min(until_ms, job.deadline_ms));
}

void KdfQueue::answer(const Key& key, Job& job, Outcome outcome, std::int64_t at_ms) {
  if (job.state == State::waiting || job.state == State::parked) {
    leave_lane(job);
  }
  job.check.password = SecretBytes{};
  job.state = State::answered;
  job.outcome = outcome;
  set_timer(key, job, at_ms);
}

// The caller gives the job its next state, and looks whether the lane is still needed.
void KdfQueue::leave_lane(Job& job) {
  auto& lane = lanes_.at(job.check.address);
  --waiting_;
  if (job.state == State::parked) {
    --lane.parked;
    return;
  }
  lane.waiting.erase(job.place);
  if (lane.waiting.empty()) {
    turns_.erase(lane.turn);
  }
}

void KdfQueue::drop_if_empty(const std::string& address) {
  const auto found = lanes_.find(address);
  if (found != lanes_.end() && found->second.waiting.empty() && found->second.parked == 0 &&
      found->second.running == 0) {
    lanes_.erase(found);
  }
}

void KdfQueue::set_timer(const Key& key, Job& job, std::int64_t at_ms) {
  drop_timer(key, job);
  job.timer_ms = at_ms;
  timers_.emplace(at_ms, key);
}

}  // namespace owb::shard
