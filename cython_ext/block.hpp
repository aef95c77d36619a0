// Blocks: raw process-wide memory, counted in C, found by id. Knows nothing of Python.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace subinterp {

// The name of the capsules that own one hold on a block.
constexpr const char *kCapsuleName = "subinterp_kernel.block";

struct Block {
    const std::uint64_t id;  // never given out twice, so that a stale id finds nothing
    const std::size_t nbytes;
    void *const data;
    std::atomic<std::int64_t> holders;
};

struct BlockInfo {
    std::uint64_t id;
    std::size_t nbytes;
    std::int64_t holders;
};

// A new zero-filled block, 64-byte aligned, held once by the caller; nullptr when the system has no memory for it.
Block *block_create(std::size_t nbytes);

// The live block of that id, held once more for the caller; nullptr when there is none.
Block *block_acquire(std::uint64_t id);

void block_hold(Block *block);

// Drops one hold; the last one frees the memory.
void block_release(Block *block);

std::int64_t block_count();
std::vector<BlockInfo> block_list();

// A fork must not happen while another thread has the table half changed.
void blocks_before_fork();
void blocks_after_fork();

// One hold on a block as a value: copied and dropped like a number, and thereby pinned by whatever contains it.
class BlockRef {
  public:
    explicit BlockRef(Block *held) : block_(held) {}
    BlockRef(const BlockRef &other) : block_(other.block_) { block_hold(block_); }
    BlockRef(BlockRef &&other) noexcept : block_(other.block_) { other.block_ = nullptr; }
    BlockRef &operator=(BlockRef other) noexcept {
        Block *const mine = block_;
        block_ = other.block_;
        other.block_ = mine;
        return *this;
    }
    ~BlockRef() {
        if (block_) block_release(block_);
    }

  private:
    Block *block_;
};

// Adds a hold on the block of that id to pins. Returns false when no such block lives.
bool block_pin(std::uint64_t id, std::vector<BlockRef> &pins);

}  // namespace subinterp
