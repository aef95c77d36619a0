#include "block.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef _WIN32
#include <malloc.h>
#include <windows.h>
#else
#include <sys/mman.h>
#endif

namespace subinterp {

namespace {

constexpr std::size_t kAlignment = 64;        // one cache line, and enough for every SIMD load
constexpr std::size_t kMappedFrom = 1 << 20;  // from this size on, the system's zero pages beat malloc and memset

std::atomic<std::int64_t> limit{-1};
std::atomic<std::size_t> in_use{0};

std::size_t rounded_up(std::size_t nbytes) {
    const std::size_t size = (nbytes + kAlignment - 1) / kAlignment * kAlignment;
    return size ? size : kAlignment;
}

void *map(std::size_t size) {
#ifdef _WIN32
    return VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
#else
    void *const data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return data == MAP_FAILED ? nullptr : data;
#endif
}

void unmap(void *data, std::size_t size) {
#ifdef _WIN32
    (void)size;
    VirtualFree(data, 0, MEM_RELEASE);
#else
    munmap(data, size);
#endif
}

void *allocate(std::size_t nbytes) {
    if (nbytes > PTRDIFF_MAX - kAlignment) return nullptr;
    const std::size_t size = rounded_up(nbytes);
    if (size >= kMappedFrom) return map(size);
#ifdef _WIN32
    void *const data = _aligned_malloc(size, kAlignment);
#else
    void *const data = std::aligned_alloc(kAlignment, size);
#endif
    if (data) std::memset(data, 0, size);
    return data;
}

void deallocate(void *data, std::size_t nbytes) {
    const std::size_t size = rounded_up(nbytes);
    if (size >= kMappedFrom) {
        unmap(data, size);
        return;
    }
#ifdef _WIN32
    _aligned_free(data);
#else
    std::free(data);
#endif
}

// Counts the bytes, unless they would be too many.
bool reserve(std::size_t nbytes) {
    std::size_t used = in_use.load();
    for (;;) {
        const std::int64_t most = limit.load();
        if (most >= 0 && (nbytes > static_cast<std::size_t>(most) || used > static_cast<std::size_t>(most) - nbytes)) {
            return false;
        }
        if (in_use.compare_exchange_weak(used, used + nbytes)) return true;
    }
}

}  // namespace

Block::~Block() {
    deallocate(data, nbytes);
    in_use -= nbytes;
}

void Block::describe(SharedInfo &info) const {
    info.nbytes = nbytes;
    info.format = format;
    info.shape = shape;
}

Allocation block_create(std::size_t nbytes, std::string format, std::vector<std::int64_t> shape, Holder holder,
                        Block *&block) {
    if (!reserve(nbytes)) return Allocation::over_limit;
    void *const data = allocate(nbytes);
    block = data ? new (std::nothrow) Block(nbytes, data, std::move(format), std::move(shape)) : nullptr;
    if (!block) {
        if (data) deallocate(data, nbytes);
        in_use -= nbytes;
        return Allocation::no_memory;
    }
    return shared_add(block, holder) ? Allocation::done : Allocation::no_memory;
}

std::int64_t block_limit() { return limit; }
void set_block_limit(std::int64_t nbytes) { limit = nbytes; }
std::size_t block_bytes() { return in_use; }

}  // namespace subinterp
