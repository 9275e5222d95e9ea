#include "broker/store/changes.hpp"

#include <deque>
#include <map>
#include <random>
#include <string>

#include <gmock/gmock.h>

namespace owb::store::test {
namespace {

using core::KeptKind;
using testing::ElementsAre;

/// Records with texts of their own, as a journal would hold them.
class ChangesTest : public testing::Test {
 protected:
  std::string_view text(std::string text) { return texts.emplace_back(std::move(text)); }

  void put(const std::string& tenant, const std::string& key, const std::string& value,
           KeptKind kind = KeptKind::retained) {
    changes.add({.type = ItemType::put,
                 .kind = kind,
                 .tenant = text(tenant),
                 .key = as_byte_view(text(key)),
                 .value = as_byte_view(text(value))});
  }

  void erase(const std::string& tenant, const std::string& key,
             KeptKind kind = KeptKind::retained) {
    changes.add({.type = ItemType::erase,
                 .kind = kind,
                 .tenant = text(tenant),
                 .key = as_byte_view(text(key))});
  }

  void erase_tenant(const std::string& tenant) {
    changes.add({.type = ItemType::erase_tenant, .tenant = text(tenant)});
  }

  static std::vector<std::string> shown(const std::vector<Change>& list) {
    std::vector<std::string> lines;
    for (const auto& change : list) {
      lines.push_back(std::string{change.tenant} + ' ' +
                      std::to_string(static_cast<int>(change.kind)) +
                      std::string{as_text(change.key)} +
                      (change.erased ? "-" : '=' + std::string{as_text(change.value)}));
    }
    return lines;
  }

  std::vector<std::string> all(bool may_exist = true) const {
    return shown(changes.sorted([may_exist](auto, auto) { return may_exist; }));
  }

  std::deque<std::string> texts;
  Changes changes;
};

TEST_F(ChangesTest, AreSortedWithTheLastWordOnEachEntry) {
  put("bob", "b", "1");
  put("alice", "z", "1");
  put("bob", "a", "1");
  put("alice", "a", "1", KeptKind::session);
  put("alice", "z", "2");
  erase("bob", "a");
  EXPECT_THAT(all(), ElementsAre("alice 1z=2", "alice 2a=1", "bob 1a-", "bob 1b=1"));
  EXPECT_THAT(all(false), ElementsAre("alice 1z=2", "alice 2a=1", "bob 1b=1"));
  EXPECT_THAT(shown(changes.of("bob")), ElementsAre("bob 1a-", "bob 1b=1"));
  EXPECT_THAT(shown(changes.of("carol")), ElementsAre());
  EXPECT_THAT(changes.tenants(), ElementsAre("alice", "bob"));
}

TEST_F(ChangesTest, AnErasedTenantHasOnlyWhatCameAfterwards) {
  put("alice", "a", "1");
  put("alice", "b", "1");
  erase_tenant("alice");
  erase_tenant("bob");
  put("alice", "b", "2");
  erase("alice", "a");
  EXPECT_THAT(all(), ElementsAre("alice 1b=2"));
  EXPECT_THAT(changes.erased(), ElementsAre("alice", "bob"));
  EXPECT_TRUE(changes.tenant_erased("alice"));
  EXPECT_FALSE(changes.tenant_erased("carol"));
}

TEST_F(ChangesTest, ManyRecordsOfBusyEntriesComeToTheSame) {
  std::mt19937 random{7};
  std::map<std::string, std::string> expected;
  for (int i = 0; i < 20'000; ++i) {
    const auto key = std::to_string(random() % (i < 10'000 ? 40 : 3'000));
    if (random() % 4 == 0) {
      erase("alice", key);
      expected["alice 1" + key] = "-";
    } else {
      put("alice", key, std::to_string(i));
      expected["alice 1" + key] = '=' + std::to_string(i);
    }
  }
  std::vector<std::string> lines;
  for (const auto& [entry, last] : expected) {
    lines.push_back(entry + last);
  }
  EXPECT_EQ(all(), lines);
}

}  // namespace
}  // namespace owb::store::test
