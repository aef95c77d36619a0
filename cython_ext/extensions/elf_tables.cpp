#if defined(__linux__)

#include "extensions/elf_tables.hpp"

#include <algorithm>

namespace subinterp {

namespace {

constexpr ElfW(Addr) kMaxAddress = ElfW(Addr){1} << 46;
constexpr ElfW(Xword) kMaxAlignment = 1 << 30;

}  // namespace

ElfTables::ElfTables(const ElfFile &library) : library_(library) {
    check_segments();
    read_dynamic_section();
}

void ElfTables::check_segments() const {
    ElfW(Addr) end = 0;
    for (const ElfW(Phdr) &segment : library_.segments()) {
        if (segment.p_type == PT_LOAD) {
            check_loaded(segment, end);
            end = segment.p_vaddr + segment.p_memsz;
        } else {
            check_part(segment);
        }
    }
    require(end > 0);
}

void ElfTables::check_loaded(const ElfW(Phdr) & segment, ElfW(Addr) after) const {
    require(segment.p_filesz <= segment.p_memsz && segment.p_memsz > 0);
    require(segment.p_vaddr >= after && segment.p_vaddr < kMaxAddress && segment.p_memsz < kMaxAddress);
    require(is_power_of_two(segment.p_align) && segment.p_align <= kMaxAlignment);
    require((segment.p_vaddr - segment.p_offset) % segment.p_align == 0);
    require(segment.p_flags & PF_R && (segment.p_flags & PF_W || segment.p_filesz == segment.p_memsz));
}

// Parts of loaded segments that the loader reads or protects.
void ElfTables::check_part(const ElfW(Phdr) & segment) const {
    switch (segment.p_type) {
        case PT_TLS:
            require(segment.p_filesz <= segment.p_memsz && segment.p_memsz < kMaxAlignment);
            require(segment.p_align <= 1 || (is_power_of_two(segment.p_align) && segment.p_align <= kMaxAlignment));
            if (segment.p_filesz > 0) table<char>(segment.p_vaddr, segment.p_filesz);
            break;
        case PT_GNU_RELRO: {
            const ElfW(Phdr) *const loaded = segment_of(segment.p_vaddr);
            require(loaded && loaded->p_flags & PF_W && segment.p_memsz <= loaded->p_memsz + loaded->p_align);
            require(offset_of(segment.p_vaddr) == segment.p_offset);
            break;
        }
        case PT_DYNAMIC:
        case PT_GNU_EH_FRAME:
        case PT_GNU_PROPERTY:
        case PT_NOTE:
        case PT_PHDR:
            table<char>(segment.p_vaddr, segment.p_filesz);
            require(segment.p_memsz <= segment.p_filesz && offset_of(segment.p_vaddr) == segment.p_offset);
            break;
        default:
            break;
    }
}

void ElfTables::read_dynamic_section() {
    for (const ElfW(Phdr) &segment : library_.segments()) {
        if (segment.p_type != PT_DYNAMIC) continue;
        const ElfW(Phdr) *const loaded = segment_of(segment.p_vaddr);
        require(loaded && (loaded->p_flags & PF_W || !(segment.p_flags & PF_W)));
        const std::size_t count = segment.p_filesz / sizeof(ElfW(Dyn));
        const auto *const entries = table<ElfW(Dyn)>(segment.p_vaddr, count);
        const auto *const end =
            std::find_if(entries, entries + count, [](auto &each) { return each.d_tag == DT_NULL; });
        require(end != entries + count);
        entries_.clear();
        for (const auto *each = entries; each != end; ++each) entries_[each->d_tag] = each->d_un.d_val;
        for (const auto *each = entries; each != end; ++each)
            if (each->d_tag == DT_NEEDED) require(is_string(each->d_un.d_val));
    }
    for (const ElfW(Sxword) tag : {DT_REL, DT_RELSZ, DT_RELENT}) require(!has(tag));  // this machine has none
}

}  // namespace subinterp

#endif
