// Blocks: memory of the process that interpreters share. Knows nothing of Python.
#pragma once

#include "shared/held.hpp"
#include "wait/status.hpp"

namespace subinterp {

// The name of the capsules that own one hold on a block, and of those whose hold was taken over.
constexpr const char *kCapsuleName = "subinterp_kernel.block";
constexpr const char *kUsedCapsuleName = "used_subinterp_kernel.block";

// Zero-filled, 64-byte aligned memory that counts for the limit.
class BlockMemory {
  public:
    BlockMemory() = default;
    BlockMemory(BlockMemory &&other) noexcept
        : data_(std::exchange(other.data_, nullptr)), nbytes_(std::exchange(other.nbytes_, 0)) {}
    BlockMemory &operator=(BlockMemory &&) = delete;
    ~BlockMemory();

    // Call once. Returns Status::over_limit or Status::no_memory on failure.
    Status allocate(std::size_t nbytes) noexcept;
    void *data() const { return data_; }
    std::size_t nbytes() const { return nbytes_; }

  private:
    void *data_ = nullptr;
    std::size_t nbytes_ = 0;
};

class Block final : public Shared {
  private:
    const BlockMemory memory_;

  public:
    const std::size_t nbytes;
    void *const data;
    const std::string format;  // as its creator uses it; other holders may use another
    const std::vector<std::int64_t> shape;

    Block(BlockMemory memory, std::string code, std::vector<std::int64_t> extents)
        : Shared(Kind::memory),
          memory_(std::move(memory)),
          nbytes(memory_.nbytes()),
          data(memory_.data()),
          format(std::move(code)),
          shape(std::move(extents)) {}
    void describe(SharedObjectInfo &info) const override;
};

// Creates a zero-filled block, 64-byte aligned. Large ones are mapped, so that untouched pages take no memory. Returns
// Status::over_limit or Status::no_memory on failure, or throws std::bad_alloc.
Status block_create(std::size_t nbytes, std::string format, std::vector<std::int64_t> shape, Holder holder,
                    Held<Block> &block);

// The limit for the bytes of all blocks together; negative if there is none.
std::int64_t block_limit() noexcept;
void set_block_limit(std::int64_t nbytes) noexcept;
std::size_t block_bytes() noexcept;

}  // namespace subinterp
