#include "shared/block.hpp"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#ifdef _WIN32
#include <malloc.h>
#include <windows.h>
#else
#include <sys/mman.h>
#include <unistd.h>
#endif

namespace subinterp {

namespace {

constexpr std::size_t kAlignment = 64;  // one cache line, and enough for every SIMD load
constexpr std::size_t kMappedFrom =
    1 << 20;  // from this size on, the system's zero pages are faster than malloc and memset
#ifdef MADV_HUGEPAGE
constexpr std::size_t kHugePage = 2 << 20;        // 512 page faults in one
constexpr std::size_t kHugeFrom = 2 * kHugePage;  // as in NumPy
// Where the data starts in a page. That of NumPy's large arrays starts 16 bytes after its page; memcpy is up to a third
// slower if the target starts before that.
constexpr std::size_t kInset = kAlignment;
#endif

std::atomic<std::int64_t> limit{-1};
std::atomic<std::size_t> in_use{0};

std::size_t rounded_up(std::size_t nbytes) {
    const std::size_t size = (nbytes + kAlignment - 1) / kAlignment * kAlignment;
    return size ? size : kAlignment;
}

#ifdef _WIN32
void *map(std::size_t size) { return VirtualAlloc(nullptr, size, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE); }
#else
void *map_pages(std::size_t size) {
    void *const data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return data == MAP_FAILED ? nullptr : data;
}

#ifdef MADV_HUGEPAGE
// Maps from a multiple of the size of a huge page on: the kernel uses them only for whole ones.
char *map_huge_pages(std::size_t size) {
    char *const data = static_cast<char *>(map_pages(size + kHugePage));
    if (!data) return nullptr;
    const std::size_t before = (kHugePage - reinterpret_cast<std::uintptr_t>(data) % kHugePage) % kHugePage;
    if (before) munmap(data, before);
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t used = (size + page - 1) / page * page;  // unmapping takes whole pages, too
    munmap(data + before + used, kHugePage - before);
    madvise(data + before, size, MADV_HUGEPAGE);
    return data + before;
}
#endif

void *map(std::size_t size) {
#ifdef MADV_HUGEPAGE
    if (size >= kHugeFrom) {
        char *const start = map_huge_pages(kInset + size);
        return start ? start + kInset : nullptr;
    }
#endif
    return map_pages(size);
}
#endif

void unmap(void *data, std::size_t size) {
#ifdef _WIN32
    (void)size;
    VirtualFree(data, 0, MEM_RELEASE);
#else
#ifdef MADV_HUGEPAGE
    if (size >= kHugeFrom) {
        munmap(static_cast<char *>(data) - kInset, kInset + size);
        return;
    }
#endif
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

// Counts the bytes, unless they would exceed the limit.
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

BlockMemory::~BlockMemory() {
    if (!data_) return;
    deallocate(data_, nbytes_);
    in_use -= nbytes_;
}

Status BlockMemory::allocate(std::size_t nbytes) noexcept {
    if (!reserve(nbytes)) return Status::over_limit;
    data_ = subinterp::allocate(nbytes);
    if (data_) {
        nbytes_ = nbytes;
    } else {
        in_use -= nbytes;
    }
    return data_ ? Status::ok : Status::no_memory;
}

void Block::describe(SharedObjectInfo &info) const {
    info.nbytes = nbytes;
    info.format = format;
    info.shape = shape;
}

Status block_create(std::size_t nbytes, std::string format, std::vector<std::int64_t> shape, Holder holder,
                    Held<Block> &block) {
    BlockMemory memory;
    const Status status = memory.allocate(nbytes);
    if (status == Status::ok) block.make(holder, std::move(memory), std::move(format), std::move(shape));
    return status;
}

std::int64_t block_limit() noexcept { return limit; }
void set_block_limit(std::int64_t nbytes) noexcept { limit = nbytes; }
std::size_t block_bytes() noexcept { return in_use; }

}  // namespace subinterp
