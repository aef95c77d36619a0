// The tables that the dynamic section of a shared library names, each read only as far as it lies in a loaded segment.
#pragma once

#include <link.h>

#include <cstddef>
#include <cstdint>
#include <map>

#include "extensions/elf_file.hpp"

namespace subinterp {

inline bool is_power_of_two(std::uint64_t number) { return number != 0 && (number & (number - 1)) == 0; }

class ElfTables {
  public:
    // Checks the segments and the dynamic section. All functions throw std::runtime_error if the file is damaged.
    explicit ElfTables(const ElfFile &library);

    void require(bool condition) const {
        if (!condition) library_.fail("it is damaged");
    }
    bool has(ElfW(Sxword) tag) const { return entries_.count(tag); }
    ElfW(Xword) value(ElfW(Sxword) tag) const {
        const auto found = entries_.find(tag);
        require(found != entries_.end());
        return found->second;
    }

    // The part of the file that is loaded there.
    template <typename T>
    const T *table(ElfW(Addr) address, std::size_t count = 1) const {
        const ElfW(Phdr) *const segment = segment_of(address);
        require(segment && count <= segment->p_filesz / sizeof(T));
        require(address - segment->p_vaddr <= segment->p_filesz - count * sizeof(T));
        return library_.at<T>(offset_of(address), count);
    }
    std::size_t offset_of(ElfW(Addr) address) const {
        const ElfW(Phdr) *const segment = segment_of(address);
        require(segment);
        return segment->p_offset + (address - segment->p_vaddr);
    }
    const ElfW(Phdr) * segment_of(ElfW(Addr) address, std::size_t size = 1) const {
        for (const ElfW(Phdr) &each : library_.segments())
            if (each.p_type == PT_LOAD && address >= each.p_vaddr && address - each.p_vaddr < each.p_memsz &&
                size <= each.p_memsz - (address - each.p_vaddr))
                return &each;
        return nullptr;
    }
    bool is_code(ElfW(Addr) address) const {
        const ElfW(Phdr) *const segment = segment_of(address);
        return segment && segment->p_flags & PF_X;
    }
    // Whether there is such an offset in the table of strings.
    bool is_string(ElfW(Xword) offset) const { return offset < value(DT_STRSZ); }

  private:
    void check_segments() const;
    void check_loaded(const ElfW(Phdr) & segment, ElfW(Addr) after) const;
    void check_part(const ElfW(Phdr) & segment) const;
    void read_dynamic_section();

    const ElfFile &library_;
    std::map<ElfW(Sxword), ElfW(Xword)> entries_;  // of the dynamic section; the last one of a kind counts
};

}  // namespace subinterp
