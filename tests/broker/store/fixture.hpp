#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/store/store.hpp"

namespace owb::store::test {

using core::KeptKind;

/// What a store holds, as a value to compare.
using Entries = std::map<std::tuple<std::string, KeptKind, std::string>, std::string>;

/// A folder of its own that is gone afterwards.
class Folder {
 public:
  Folder() {
    auto name = (std::filesystem::temp_directory_path() / "owb-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }

  ~Folder() { std::filesystem::remove_all(path_); }

  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return path_ + '/' + name; }

  std::vector<std::string> names() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      found.push_back(entry.path().filename());
    }
    std::ranges::sort(found);
    return found;
  }

 private:
  std::string path_;
};

/// What the store has reported, from whatever thread.
class Reports {
 public:
  Report sink() {
    return [this](Severity, const std::string& text) {
      const std::lock_guard lock(mutex_);
      texts_.push_back(text);
      changed_.notify_all();
    };
  }

  std::string all() {
    const std::lock_guard lock(mutex_);
    std::string text;
    for (const auto& line : texts_) {
      text += line + '\n';
    }
    return text;
  }

  bool wait_for(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return std::ranges::any_of(texts_,
                                 [&](const auto& text) { return text.find(part) != text.npos; });
    });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> texts_;
};

/// A store with one writer and what a worker would do with it.
class Broker {
 public:
  explicit Broker(Options options) {
    auto opened = Store::open(std::move(options));
    if (!opened) {
      error = opened.error();
      return;
    }
    store = std::move(*opened);
    writer = store->writer([this] {
      const std::lock_guard lock(mutex_);
      ++news_;
      changed_.notify_all();
    });
    store->load([this](std::string_view tenant, KeptKind kind, ByteView key, ByteView value) {
      const auto name = std::tuple{std::string{tenant}, kind, std::string{as_text(key)}};
      sorted = sorted && (loaded.empty() || last_ < name);
      last_ = name;
      loaded[name] = as_text(value);
    });
  }

  /// The store's threads end before what they notify.
  ~Broker() {
    writer.reset();
    store.reset();
  }

  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void put(const std::string& tenant, const std::string& key, const std::string& value,
           KeptKind kind = KeptKind::retained) {
    const std::array parts{as_byte_view(value)};
    writer->put(tenant, kind, as_byte_view(key), parts);
  }

  void erase(const std::string& tenant, const std::string& key,
             KeptKind kind = KeptKind::retained) {
    writer->erase(tenant, kind, as_byte_view(key));
  }

  /// Ends the turn and waits for its commit.
  bool commit() {
    const auto batch = writer->open_batch();
    writer->seal();
    return wait([&] { return writer->committed() >= batch; });
  }

  /// Waits, as a worker would, until the store's news make `condition` true.
  template <typename F>
  bool wait(F&& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::unique_lock lock(mutex_);
    while (true) {
      const auto seen = news_;
      writer->refresh();
      if (condition()) {
        return true;
      }
      if (!changed_.wait_until(lock, deadline, [&] { return news_ != seen; })) {
        return false;
      }
    }
  }

  Error error;
  std::unique_ptr<Store> store;
  std::unique_ptr<Writer> writer;
  Entries loaded;      ///< what load() has visited
  bool sorted = true;  ///< in the promised order

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int news_ = 0;
  std::tuple<std::string, KeptKind, std::string> last_;
};

inline Entries::value_type entry(const std::string& tenant, const std::string& key,
                                 const std::string& value, KeptKind kind = KeptKind::retained) {
  return {{tenant, kind, key}, value};
}

}  // namespace owb::store::test
