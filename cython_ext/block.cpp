#include "block.hpp"

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>

#ifdef _WIN32
#include <malloc.h>
#endif

namespace subinterp {

namespace {

constexpr std::size_t kAlignment = 64;  // one cache line, and enough for every SIMD load

struct Table {
    std::mutex mutex;
    std::map<std::uint64_t, Block *> live;
    std::uint64_t last_id = 0;
};

// Never destroyed: a thread that outlives main() may still release its blocks.
Table &table() {
    static Table *const instance = new Table;
    return *instance;
}

void *allocate(std::size_t nbytes) {
    if (nbytes > SIZE_MAX - kAlignment) return nullptr;
    const std::size_t rounded = (nbytes + kAlignment - 1) / kAlignment * kAlignment;
    const std::size_t size = rounded ? rounded : kAlignment;
#ifdef _WIN32
    void *const data = _aligned_malloc(size, kAlignment);
#else
    void *const data = std::aligned_alloc(kAlignment, size);
#endif
    if (data) std::memset(data, 0, size);
    return data;
}

void deallocate(void *data) {
#ifdef _WIN32
    _aligned_free(data);
#else
    std::free(data);
#endif
}

}  // namespace

Block *block_create(std::size_t nbytes) {
    void *const data = allocate(nbytes);
    if (!data) return nullptr;
    Table &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    Block *const block = new (std::nothrow) Block{++all.last_id, nbytes, data, {1}};
    if (block) {
        all.live.emplace(block->id, block);
    } else {
        deallocate(data);
    }
    return block;
}

Block *block_acquire(std::uint64_t id) {
    Table &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const auto found = all.live.find(id);
    if (found == all.live.end()) return nullptr;
    found->second->holders.fetch_add(1, std::memory_order_relaxed);
    return found->second;
}

void block_hold(Block *block) { block->holders.fetch_add(1, std::memory_order_relaxed); }

void block_release(Block *block) {
    // The decision to free and the removal from the table are one step, so that block_acquire can never revive
    // a block whose last hold has just gone.
    Table &all = table();
    {
        const std::lock_guard<std::mutex> lock(all.mutex);
        if (block->holders.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
        all.live.erase(block->id);
    }
    deallocate(block->data);
    delete block;
}

std::int64_t block_count() {
    Table &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    return static_cast<std::int64_t>(all.live.size());
}

std::vector<BlockInfo> block_list() {
    Table &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::vector<BlockInfo> rows;
    rows.reserve(all.live.size());
    for (const auto &entry : all.live) {
        rows.push_back({entry.first, entry.second->nbytes, entry.second->holders.load()});
    }
    return rows;
}

void blocks_before_fork() { table().mutex.lock(); }
void blocks_after_fork() { table().mutex.unlock(); }

bool block_pin(std::uint64_t id, std::vector<BlockRef> &pins) {
    Block *const block = block_acquire(id);
    if (!block) return false;
    pins.emplace_back(block);
    return true;
}

}  // namespace subinterp
