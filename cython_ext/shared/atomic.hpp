// Atomic operations on 8 aligned bytes of memory. Sums wrap around, as unsigned numbers do in C.
#pragma once

#include <atomic>
#include <cstdint>

#include "shared/shared_object.hpp"

namespace subinterp {

using Word = std::uint64_t;
static_assert(sizeof(std::atomic<Word>) == sizeof(Word) && std::atomic<Word>::is_always_lock_free,
              "elements of arrays are used as atomics in place");

enum class Operation : int { add, subtract, bit_and, bit_or, bit_xor, exchange };

inline std::atomic<Word> &atomic_at(void *address) { return *static_cast<std::atomic<Word> *>(address); }

inline Word atomic_load(void *address, std::memory_order order) { return atomic_at(address).load(order); }

inline void atomic_store(void *address, Word value, std::memory_order order) { atomic_at(address).store(value, order); }

// Returns the previous value.
inline Word atomic_update(Operation operation, void *address, Word value, std::memory_order order) {
    std::atomic<Word> &word = atomic_at(address);
    switch (operation) {
        case Operation::add:
            return word.fetch_add(value, order);
        case Operation::subtract:
            return word.fetch_sub(value, order);
        case Operation::bit_and:
            return word.fetch_and(value, order);
        case Operation::bit_or:
            return word.fetch_or(value, order);
        case Operation::bit_xor:
            return word.fetch_xor(value, order);
        default:
            return word.exchange(value, order);
    }
}

inline bool atomic_compare_exchange(void *address, Word expected, Word desired, std::memory_order order) {
    return atomic_at(address).compare_exchange_strong(expected, desired, order, std::memory_order_seq_cst);
}

// One number in a cache line of its own, so that two of them do not slow each other down.
class alignas(64) AtomicCell final : public Shared {
  public:
    std::atomic<Word> word;

    AtomicCell(Kind of, Word value) : Shared(of), word(value) {}
    void describe(SharedObjectInfo &info) const override { info.nbytes = sizeof word; }
};

}  // namespace subinterp
