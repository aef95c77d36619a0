#if defined(__linux__)

#include "extensions/page_sharing.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "extensions/descriptor.hpp"
#include "extensions/elf_file.hpp"

namespace subinterp {

namespace {

std::size_t page_size() {
    static const auto size = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return size;
}

// The whole pages that hold a segment's part of the file.
struct Pages {
    char *begin;         // in memory
    std::size_t offset;  // in the file
    std::size_t count;

    std::size_t first() const { return offset / page_size(); }
    std::size_t bytes() const { return count * page_size(); }
    char *at(std::size_t page) const { return begin + page * page_size(); }
};

Pages pages_of(const ElfW(Phdr) & segment, ElfW(Addr) base) {
    const std::size_t before = segment.p_offset % page_size();
    auto *const begin = reinterpret_cast<char *>(base + segment.p_vaddr - before);
    return {begin, segment.p_offset - before, (before + segment.p_filesz + page_size() - 1) / page_size()};
}

// Some pages of a file, mapped to be compared.
class View {
  public:
    View(int file, const Pages &pages) : bytes_(pages.bytes()) {
        struct stat status{};
        const std::size_t last_page = pages.offset + bytes_ - page_size();
        if (fstat(file, &status) != 0 || static_cast<std::size_t>(status.st_size) <= last_page) return;
        data_ = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, static_cast<off_t>(pages.offset));
    }
    ~View() {
        if (*this) munmap(data_, bytes_);
    }
    View(const View &) = delete;
    View &operator=(const View &) = delete;
    explicit operator bool() const { return data_ != MAP_FAILED; }
    const char *at(std::size_t page) const { return static_cast<const char *>(data_) + page * page_size(); }

  private:
    void *data_ = MAP_FAILED;
    std::size_t bytes_;
};

// Tells for each page whether it is the same in memory and in the file; all have the last value if that is not known.
std::vector<bool> equal_pages(const Pages &pages, int file, bool if_unknown) {
    std::vector<bool> equal(pages.count, if_unknown);
    const View view(file, pages);
    for (std::size_t i = 0; view && i < pages.count; ++i)
        equal[i] = std::memcmp(pages.at(i), view.at(i), page_size()) == 0;
    return equal;
}

// Calls function(first, count) for each row of pages that have this value.
template <typename Function>
void for_each_run(const std::vector<bool> &pages, bool value, Function function) {
    for (auto begin = pages.begin(); (begin = std::find(begin, pages.end(), value)) != pages.end();) {
        const auto end = std::find(begin, pages.end(), !value);
        function(static_cast<std::size_t>(begin - pages.begin()), static_cast<std::size_t>(end - begin));
        begin = end;
    }
}

void map_from(int original, const Pages &pages, std::size_t first, std::size_t count, ElfW(Word) flags) {
    const int protection = PROT_READ | (flags & PF_X ? PROT_EXEC : 0);
    const auto offset = static_cast<off_t>(pages.offset + first * page_size());
    void *const mapped =
        mmap(pages.at(first), count * page_size(), protection, MAP_PRIVATE | MAP_FIXED, original, offset);
    if (mapped == MAP_FAILED) throw std::runtime_error("the system does not let a private copy share its pages");
}

// Whether the system lets code be mapped from this file: it may lie on a filesystem without that permission.
bool can_be_mapped(int original) {
    void *const mapped = mmap(nullptr, page_size(), PROT_READ | PROT_EXEC, MAP_PRIVATE, original, 0);
    if (mapped != MAP_FAILED) munmap(mapped, page_size());
    return mapped != MAP_FAILED;
}

// Returns which pages of a segment are still mapped from the copy's file.
std::vector<bool> share_segment(const ElfW(Phdr) & segment, const Pages &pages, int original, int copy) {
    // A page that can be written and differs from its file was written to: the system has made another one of it.
    if (segment.p_flags & PF_W) return equal_pages(pages, copy, true);
    if (!(segment.p_flags & PF_R)) return std::vector<bool>(pages.count, true);
    std::vector<bool> kept = equal_pages(pages, original, false);
    kept.flip();
    for_each_run(kept, false, [&](std::size_t first, std::size_t count) {
        map_from(original, pages, first, count, segment.p_flags);
    });
    return kept;
}

}  // namespace

std::size_t share_pages(const ElfFile &library, ElfW(Addr) base, int copy) {
    const Descriptor original(open(library.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!original || !can_be_mapped(original.number())) return library.loaded_size();
    // Pages of the copy's file; one can be in two segments.
    std::vector<bool> kept((library.loaded_size() + page_size() - 1) / page_size(), false);
    std::size_t written = 0;
    for (const ElfW(Phdr) &segment : library.segments()) {
        if (segment.p_type != PT_LOAD || segment.p_filesz == 0) continue;
        const Pages pages = pages_of(segment, base);
        const std::vector<bool> found = share_segment(segment, pages, original.number(), copy);
        for (std::size_t i = 0; i < found.size(); ++i)
            if (found[i]) kept[pages.first() + i] = true;
        if (segment.p_flags & PF_W) written += segment.p_memsz;
    }
    for_each_run(kept, false, [&](std::size_t first, std::size_t count) {
        // Where a filesystem cannot do this, the pages stay until the end of the process.
        (void)fallocate(copy, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(first * page_size()),
                        static_cast<off_t>(count * page_size()));
    });
    return written + static_cast<std::size_t>(std::count(kept.begin(), kept.end(), true)) * page_size();
}

}  // namespace subinterp

#endif
