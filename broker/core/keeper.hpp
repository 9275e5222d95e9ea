#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "tenants/base/bytes.hpp"

namespace owb::core {

/// What an entry is about. The numbers are part of the file format; restoring goes in their order.
enum class KeptKind : std::uint8_t {
  tenant = 0,        ///< which tenant of that name the others belong to (rule 6)
  retained = 1,      ///< key: topic behind the tenant's name
  session = 2,       ///< key: client id
  subscription = 3,  ///< key: session, filter
  queued = 4,        ///< key: session, place in its queue
  received = 5,      ///< key: session, packet id of a QoS 2 message that waits for PUBREL
};

/// Where core says what has to outlive the process (design 7).
///
/// What is kept is a set of entries: `value` under (tenant, kind, key). What the bytes mean only
/// core knows. The changes of one loop turn form a batch; batches are numbered from 1 and are
/// committed in order, each as a whole or not at all. What is acknowledged to a peer goes out only
/// when committed() has reached the batch with its effect.
///
/// Ownership: one for each worker, made by the store. Threading: shard-local.
/// Bounds: uncommitted_bytes() grows while the disk fails; core stops reading at its own limit.
class Keeper {
 public:
  virtual ~Keeper() = default;

  /// Makes or replaces an entry. The value is `parts`, one after another. `tenant` is empty in
  /// classic mode; key at most 65,535 bytes.
  virtual void put(std::string_view tenant, KeptKind kind, ByteView key,
                   std::span<const ByteView> parts) = 0;
  /// Removes an entry; one that is not there is no error.
  virtual void erase(std::string_view tenant, KeptKind kind, ByteView key) = 0;
  /// Removes all entries of `tenant`, also from what lies on the disk (rule 6).
  virtual void erase_tenant(std::string_view tenant) = 0;

  /// The batch that the next change belongs to.
  virtual std::uint64_t open_batch() const = 0;
  /// Hands the open batch to the store, if there is anything in it. At the end of every turn. If
  /// this throws, the batch is still open; a commit that fails is the store's to repeat, and to
  /// tell of with Realm::kept().
  virtual void seal() = 0;
  /// Every batch up to this one is kept.
  virtual std::uint64_t committed() const = 0;
  /// Bytes of batches that are not committed, the open one included.
  virtual std::size_t uncommitted_bytes() const = 0;
  /// The last attempt to commit has failed; the store goes on trying (F49).
  virtual bool failing() const = 0;
};

}  // namespace owb::core
