#if defined(__linux__)

#include "extensions/redirect.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace subinterp {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kAddressKinds[] = {R_X86_64_JUMP_SLOT, R_X86_64_GLOB_DAT, R_X86_64_64};
#elif defined(__aarch64__)
constexpr std::uint32_t kAddressKinds[] = {R_AARCH64_JUMP_SLOT, R_AARCH64_GLOB_DAT, R_AARCH64_ABS64};
#else
constexpr std::uint32_t kAddressKinds[] = {0};
#endif

bool holds_an_address(std::uint32_t kind) {
    for (const std::uint32_t each : kAddressKinds)
        if (kind == each) return true;
    return false;
}

struct Range {
    const ElfW(Rela) * first;
    std::size_t bytes;
};

// A library's tables.
struct Tables {
    const ElfW(Sym) *symbols = nullptr;
    const char *strings = nullptr;
    Range relocations{nullptr, 0};
    Range functions{nullptr, 0};
};

Tables tables_of(const link_map &library) {
    Tables tables;
    for (const ElfW(Dyn) *entry = library.l_ld; entry->d_tag != DT_NULL; ++entry) {
        // The dynamic loader has relocated the entries, but not those of a dynamic section that is read-only.
        const bool is_relocated = entry->d_un.d_ptr >= library.l_addr;
        const auto address = entry->d_un.d_ptr + (is_relocated ? 0 : library.l_addr);
        if (entry->d_tag == DT_SYMTAB) tables.symbols = reinterpret_cast<const ElfW(Sym) *>(address);
        if (entry->d_tag == DT_STRTAB) tables.strings = reinterpret_cast<const char *>(address);
        if (entry->d_tag == DT_RELA) tables.relocations.first = reinterpret_cast<const ElfW(Rela) *>(address);
        if (entry->d_tag == DT_RELASZ) tables.relocations.bytes = entry->d_un.d_val;
        if (entry->d_tag == DT_JMPREL) tables.functions.first = reinterpret_cast<const ElfW(Rela) *>(address);
        if (entry->d_tag == DT_PLTRELSZ) tables.functions.bytes = entry->d_un.d_val;
    }
    return tables;
}

struct ProtectedPart {
    ElfW(Addr) base;  // of the library that is looked for
    ElfW(Addr) begin;
    ElfW(Addr) end;
};

// Finds the part of a library that was made read-only after it was relocated.
int find_protected_part(dl_phdr_info *info, std::size_t, void *raw) {
    auto &part = *static_cast<ProtectedPart *>(raw);
    if (info->dlpi_addr != part.base) return 0;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr) &segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_GNU_RELRO) continue;
        part.begin = part.base + segment.p_vaddr;
        part.end = part.begin + segment.p_memsz;
    }
    return 1;
}

void write_address(ElfW(Addr) place, void *value, const ProtectedPart &part) {
    const auto page_size = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
    void *const page = reinterpret_cast<void *>(place & ~(page_size - 1));
    const bool is_protected = place >= part.begin && place < part.end;
    if (is_protected && mprotect(page, page_size, PROT_READ | PROT_WRITE) != 0)
        throw std::runtime_error("the system does not let a private copy be prepared");
    std::memcpy(reinterpret_cast<void *>(place), &value, sizeof value);
    if (is_protected) mprotect(page, page_size, PROT_READ);
}

}  // namespace

void redirect(void *handle, const Replacements &replacements) {
    link_map *library = nullptr;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &library) != 0) throw std::runtime_error(dlerror());
    const Tables tables = tables_of(*library);
    ProtectedPart part{library->l_addr, 0, 0};
    dl_iterate_phdr(find_protected_part, &part);
    for (const Range &range : {tables.relocations, tables.functions}) {
        for (std::size_t i = 0; range.first && i < range.bytes / sizeof(ElfW(Rela)); ++i) {
            const ElfW(Rela) &relocation = range.first[i];
            if (!holds_an_address(ELF64_R_TYPE(relocation.r_info))) continue;
            const auto &symbol = tables.symbols[ELF64_R_SYM(relocation.r_info)];
            const auto found = replacements.find(tables.strings + symbol.st_name);
            if (found != replacements.end()) write_address(library->l_addr + relocation.r_offset, found->second, part);
        }
    }
}

}  // namespace subinterp

#endif
