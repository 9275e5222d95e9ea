// A tenant's entries on their way to another server, under another name.
#include "broker/core/kept_passage.hpp"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.hpp"

namespace owb::core {
namespace {

using mqtt::PacketType;
using mqtt::Qos;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

using Entries = std::vector<tenants::StateEntry>;

class Passage : public testing::Test {
 protected:
  Passage() { from.keeps = to.keeps = true; }

  /// A tenant that has some of everything.
  void fill() {
    auto& home = from.client("alice", "home");
    auto& app = from.client("alice", "app");
    auto& phone = from.client("alice", "phone");
    home.connects(kLong);
    home.subscribes("alice/a/#", {.id = 7});
    home.subscribes("$share/g/alice/s");
    home.subscribes("#");
    home.subscribes("$SYS/#");
    home.acknowledges = false;
    app.connects({.clean = false,
                  .expiry = 10'000,
                  .will = mqtt::Will{.topic = "alice/will",
                                     .payload = as_byte_view("gone"),
                                     .qos = Qos::at_least_once,
                                     .delay = 3'000}});
    phone.connects(kLong);
    phone.publishes("alice/a/1", "under way", {.qos = Qos::exactly_once});
    phone.publishes("alice/a/2", "asks", {.retain = true, .response_topic = "alice/answer"});
    home.drops();
    app.drops();
    phone.publishes("alice/a/3", "waits", {.expiry = 500});
    phone.publishes("alice/s", "shared", {.qos = Qos::exactly_once});
    phone.acknowledges = false;
    phone.publishes("alice/b", "open", {.qos = Qos::exactly_once, .id = 99});
    phone.drops();
    from.settles();
    from.crashes();
  }

  Entries entries() const {
    Entries all;
    for (const auto& [key, value] : from.keeper.entries) {
      if (key.tenant == "alice" && key.kind != KeptKind::tenant) {
        const auto bytes = as_byte_view(key.key);
        all.push_back({static_cast<std::uint8_t>(key.kind), {bytes.begin(), bytes.end()}, value});
      }
    }
    return all;
  }

  static std::shared_ptr<const tenants::TenantRecord> record(std::string_view name,
                                                             std::uint64_t uid = 7) {
    tenants::TenantRecord made{*TenantId::parse(name)};
    made.uid = uid;
    return std::make_shared<const tenants::TenantRecord>(std::move(made));
  }

  /// Empty: refused.
  static std::optional<Entries> passed(const Entries& entries, std::string_view name) {
    KeptPassage passage{"alice", name};
    Entries out;
    for (const auto& entry : entries) {
      auto taken = passage.take(static_cast<KeptKind>(entry.kind), entry.key, entry.value);
      if (!taken) {
        EXPECT_FALSE(passage.problem().empty());
        return std::nullopt;
      }
      out.push_back({entry.kind, std::move(taken->key), std::move(taken->value)});
    }
    return out;
  }

  /// `name` comes to the other server.
  void arrives(const Entries& entries, const std::string& name) {
    to.records(name, 7);
    to.client(name, "makes the realm");
    EXPECT_EQ(to.realm().arrive(record(name), entries), 0U);
    to.settles();
  }

  void expect_everything_of(const std::string& name) {
    SCOPED_TRACE(name);
    auto& home = to.client(name, "home");
    home.connects(kLong);
    EXPECT_TRUE(home.session_present);
    const auto got = home.messages();
    std::vector<std::string> texts;
    for (const auto& message : got) {
      texts.push_back(message.topic + "=" + message.payload + (message.dup ? " dup" : ""));
    }
    EXPECT_THAT(texts, ElementsAre(name + "/a/1=under way dup", name + "/a/2=asks dup",
                                   name + "/a/3=waits", name + "/s=shared",  // by `#` and in the group
                                   name + "/s=shared", name + "/b=open"));
    EXPECT_EQ(got.at(1).response_topic, name + "/answer");
    EXPECT_THAT(got.at(0).subscription_ids, ElementsAre(7U));
    EXPECT_LE(got.at(2).expiry.value_or(9'999), 500U);

    // Its subscriptions live on, and a QoS 2 message whose PUBREL is still to come is known.
    auto& phone = to.client(name, "phone");
    phone.acknowledges = false;
    phone.connects(kLong);
    EXPECT_TRUE(phone.session_present);
    phone.publishes(name + "/b", "open", {.qos = Qos::exactly_once, .dup = true, .id = 99});
    EXPECT_THAT(home.receives(), IsEmpty());
    phone.sends_ack(PacketType::pubrel, 99);
    EXPECT_THAT(phone.take(PacketType::pubcomp), SizeIs(1));
    phone.publishes(name + "/a/4", "live", {.qos = Qos::at_most_once});
    EXPECT_THAT(home.receives(), ElementsAre(name + "/a/4=live"));

    auto& tab = to.client(name, "tab");
    tab.connects({.keep_alive = 0});
    tab.subscribes(name + "/a/#");
    EXPECT_THAT(tab.receives(), ElementsAre(name + "/a/2=asks q1 r"));
    tab.subscribes(name + "/will");
    to.passes_ms(3'100'000);
    EXPECT_THAT(tab.receives(), ElementsAre(name + "/will=gone q1"));
  }

  World from;
  World to;
  const Connecting kLong{.clean = false, .expiry = 100'000};
};

TEST_F(Passage, BringsEverythingUnderTheSameName) {
  fill();
  const auto out = passed(entries(), "alice");
  ASSERT_TRUE(out);
  EXPECT_EQ(*out, entries());
  arrives(*out, "alice");
  expect_everything_of("alice");
}

TEST_F(Passage, BringsEverythingUnderAnotherName) {
  fill();
  const auto out = passed(entries(), "bob-with-a-longer-name");
  ASSERT_TRUE(out);
  arrives(*out, "bob-with-a-longer-name");
  expect_everything_of("bob-with-a-longer-name");
}

TEST_F(Passage, WhatHasArrivedIsKeptAndArrivesOnce) {
  fill();
  const auto out = passed(entries(), "bob");
  ASSERT_TRUE(out);
  arrives(*out, "bob");
  to.crashes();
  auto& tab = to.client("bob", "tab");
  tab.connects();
  tab.publishes("bob/a/2", "", {.retain = true});
  EXPECT_EQ(to.realm().arrive(record("bob"), *out), 0U);  // the broker ended before it was noted
  to.settles();
  EXPECT_TRUE(tab.connected());
  tab.subscribes("bob/a/#");
  EXPECT_THAT(tab.receives(), IsEmpty());
  EXPECT_EQ(to.hub("bob").session_count(), 3U + 1U);
}

TEST_F(Passage, TakesTheNameOverFromAUserOfAPasswordFile) {
  fill();
  auto& before = to.client("bob", "before");
  before.connects(kLong);
  before.publishes("bob/old", "1", {.retain = true});
  const auto out = passed(entries(), "bob");
  ASSERT_TRUE(out);
  arrives(*out, "bob");
  EXPECT_FALSE(before.connected());
  auto& tab = to.client("bob", "tab");
  tab.connects();
  tab.subscribes("bob/a/#");
  tab.subscribes("bob/old");
  EXPECT_THAT(tab.receives(), ElementsAre("bob/a/2=asks q1 r"));
}

// What gets through can be restored, whatever it is; nothing else is looked at.
TEST_F(Passage, NothingThatWasTamperedWithDoesHarm) {
  fill();
  const auto good = entries();
  std::size_t refused = 0;
  std::size_t all = 0;
  const auto attempt = [&](const Entries& entries) {
    ++all;
    const auto out = passed(entries, "bob");
    if (!out) {
      ++refused;
      return;
    }
    World world;
    world.keeps = true;
    world.records("bob", 7);
    auto& home = world.client("bob", "home");
    EXPECT_EQ(world.realm().arrive(record("bob"), *out), 0U);
    home.connects(kLong);
    home.receives();
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    SCOPED_TRACE(i);
    for (auto part : {&tenants::StateEntry::key, &tenants::StateEntry::value}) {
      for (std::size_t at = 0; at < (good[i].*part).size(); ++at) {
        for (const auto flip : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
          auto bad = good;
          (bad[i].*part)[at] ^= flip;
          attempt(bad);
        }
        auto cut = good;
        (cut[i].*part).resize(at);
        attempt(cut);
      }
    }
    auto kind = good;
    kind[i].kind = static_cast<std::uint8_t>(kind[i].kind + 1);
    attempt(kind);
    auto without = good;
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    attempt(without);
    auto twice = good;
    twice.insert(twice.begin() + static_cast<std::ptrdiff_t>(i), good[i]);
    EXPECT_FALSE(passed(twice, "bob"));
  }
  EXPECT_GT(refused, all / 4);
}

TEST_F(Passage, RefusesWhatIsNotTheTenants) {
  struct Case {
    KeptKind kind;
    std::string key;
    std::string value;
  };

  using namespace std::string_literals;
  const auto message = "\0\0\0\0\0\0\0\0\0\0"s;
  const auto session = "\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"s;
  const auto one = "\0\0\0\0\0\0\0\1"s;
  const std::vector<Case> cases{
      {KeptKind::tenant, "", "\1\0\0\0\0\0\0\0\7"s},
      {KeptKind::retained, "bob/x", "\1"s + message + "1"},
      {KeptKind::retained, "/#", "\1"s + message + "1"},
      {KeptKind::retained, "/\xFF", "\1"s + message + "1"},
      {KeptKind::retained, "/x", "\2"s + message + "1"},
      {KeptKind::retained, "/x", "\1"s + message},
      {KeptKind::session, "", session},
      {KeptKind::subscription, one + "alice/#", "\1\0\0\0\0\0\0\7alice/#"s},
      {static_cast<KeptKind>(6), "", ""},
  };
  for (std::size_t i = 0; i < cases.size(); ++i) {
    SCOPED_TRACE(i);
    KeptPassage passage{"alice", "alice"};
    EXPECT_FALSE(
        passage.take(cases[i].kind, as_byte_view(cases[i].key), as_byte_view(cases[i].value)));
    EXPECT_FALSE(passage.problem().empty());
  }
  KeptPassage passage{"alice", "alice"};
  EXPECT_TRUE(
      passage.take(KeptKind::retained, as_byte_view("/x"), as_byte_view("\1"s + message + "1")));
  EXPECT_TRUE(passage.take(KeptKind::session, as_byte_view("id"), as_byte_view(session)));
  EXPECT_FALSE(passage.take(KeptKind::session, as_byte_view("je"), as_byte_view(session)))
      << "two sessions of one number";
  EXPECT_FALSE(passage.take(KeptKind::subscription, as_byte_view(one + "carol/#"),
                            as_byte_view("\1\0\0\0\0\0\0\7carol/#"s)));
  EXPECT_TRUE(passage.take(KeptKind::subscription, as_byte_view(one + "alice/#"),
                           as_byte_view("\1\0\0\0\0\0\0\7alice/#"s)));
}

}  // namespace
}  // namespace owb::core
