// Blocks: raw memory of the process, counted like everything shared. Knows nothing of Python.
#pragma once

#include "shared.hpp"

namespace subinterp {

// The name of the capsules that own one hold on a block, and of those whose hold was taken over.
constexpr const char *kCapsuleName = "subinterp_kernel.block";
constexpr const char *kUsedCapsuleName = "used_subinterp_kernel.block";

class Block final : public Shared {
  public:
    static constexpr Kind kKind = Kind::memory;

    const std::size_t nbytes;
    void *const data;
    const std::string format;  // what its maker uses it for; whoever holds it may see it as something else
    const std::vector<std::int64_t> shape;

    Block(std::size_t size, void *memory, std::string code, std::vector<std::int64_t> extents)
        : Shared(kKind), nbytes(size), data(memory), format(std::move(code)), shape(std::move(extents)) {}
    ~Block() override;
    void describe(SharedInfo &info) const override;
};

enum class Allocation : int { done, no_memory, over_limit };

// A new zero-filled block, 64-byte aligned, held once by `holder`. Large ones are mapped, so that pages that nobody
// touches cost nothing.
Allocation block_create(std::size_t nbytes, std::string format, std::vector<std::int64_t> shape, Holder holder,
                        Block *&block);

// How many bytes all blocks together may have; negative: as many as the system gives.
std::int64_t block_limit();
void set_block_limit(std::int64_t nbytes);
std::size_t block_bytes();

}  // namespace subinterp
