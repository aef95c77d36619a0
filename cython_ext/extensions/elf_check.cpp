#if defined(__linux__)

#include "extensions/elf_check.hpp"

#include <link.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "extensions/elf_tables.hpp"

namespace subinterp {

namespace {

#if defined(__aarch64__)
constexpr std::uint32_t kRelative = R_AARCH64_RELATIVE;
constexpr std::uint32_t kCallsFunction = R_AARCH64_IRELATIVE;
#else
constexpr std::uint32_t kRelative = R_X86_64_RELATIVE;
constexpr std::uint32_t kCallsFunction = R_X86_64_IRELATIVE;
#endif

using Relocation = ElfW(Rela);

class TableCheck : ElfTables {
  public:
    using ElfTables::ElfTables;

    void run() {
        check_strings();
        symbol_count_ = has(DT_GNU_HASH) ? count_in_gnu_hash_table() : count_in_hash_table();
        check_symbols();
        check_versions();
        check_functions(DT_INIT, DT_INIT_ARRAY, DT_INIT_ARRAYSZ);
        check_functions(DT_FINI, DT_FINI_ARRAY, DT_FINI_ARRAYSZ);
        check_relocations();
    }

  private:
    void check_strings() const;
    std::size_t count_in_gnu_hash_table() const;
    std::size_t count_before_strings() const;
    std::size_t count_in_hash_table() const;
    void check_symbols() const;
    void check_versions() const;
    std::size_t last_needed_version() const;
    std::size_t last_defined_version() const;
    void check_functions(ElfW(Sxword) function, ElfW(Sxword) array, ElfW(Sxword) array_size);
    void check_relocations();
    void check_relocations_of(ElfW(Sxword) tag, ElfW(Sxword) size_tag);
    void check_relocation(const Relocation &relocation);
    void check_packed_relocations() const;

    std::size_t symbol_count_ = 0;
    std::vector<ElfW(Addr)> function_places_;  // of the addresses of functions that the loader calls
};

void TableCheck::check_strings() const {
    const std::size_t size = value(DT_STRSZ);
    require(size > 0 && table<char>(value(DT_STRTAB), size)[size - 1] == 0);
    for (const ElfW(Sxword) tag : {DT_SONAME, DT_RPATH, DT_RUNPATH, DT_AUXILIARY, DT_FILTER})
        require(!has(tag) || is_string(value(tag)));
}

std::size_t TableCheck::count_in_gnu_hash_table() const {
    struct Header {
        std::uint32_t buckets, first_symbol, filter_words, shift;
    };
    const ElfW(Addr) begin = value(DT_GNU_HASH);
    const Header &header = *table<Header>(begin);
    require(header.buckets > 0 && is_power_of_two(header.filter_words));
    const ElfW(Addr) filter = begin + sizeof(Header);
    table<ElfW(Addr)>(filter, header.filter_words);
    const ElfW(Addr) buckets = filter + header.filter_words * sizeof(ElfW(Addr));
    const ElfW(Addr) chains = buckets + header.buckets * sizeof(std::uint32_t);
    const auto *const bucket = table<std::uint32_t>(buckets, header.buckets);
    for (std::uint32_t i = 0; i < header.buckets; ++i) require(!bucket[i] || bucket[i] >= header.first_symbol);
    const std::size_t last = *std::max_element(bucket, bucket + header.buckets);
    if (last == 0) return count_before_strings();
    std::size_t symbol = last;
    while (!(*table<std::uint32_t>(chains + (symbol - header.first_symbol) * sizeof(std::uint32_t)) & 1)) ++symbol;
    return symbol + 1;
}

// Of a library that defines no symbols: the table of symbols usually ends where that of the strings begins.
std::size_t TableCheck::count_before_strings() const {
    const ElfW(Addr) symbols = value(DT_SYMTAB), strings = value(DT_STRTAB);
    return strings > symbols ? (strings - symbols) / sizeof(ElfW(Sym)) : 1;
}

std::size_t TableCheck::count_in_hash_table() const {
    const auto *const header = table<std::uint32_t>(value(DT_HASH), 2);
    const std::size_t buckets = header[0], chains = header[1];
    const auto *const numbers = table<std::uint32_t>(value(DT_HASH), 2 + buckets + chains) + 2;
    require(buckets > 0);
    for (std::size_t i = 0; i < buckets + chains; ++i) require(numbers[i] < chains);
    return chains;
}

void TableCheck::check_symbols() const {
    require(value(DT_SYMENT) == sizeof(ElfW(Sym)));
    const auto *const symbols = table<ElfW(Sym)>(value(DT_SYMTAB), symbol_count_);
    for (std::size_t i = 0; i < symbol_count_; ++i) {
        const ElfW(Sym) &symbol = symbols[i];
        require(is_string(symbol.st_name));
        if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx >= SHN_LORESERVE) continue;
        const auto kind = ELF64_ST_TYPE(symbol.st_info);
        if (kind == STT_FUNC || kind == STT_GNU_IFUNC) require(is_code(symbol.st_value));
        if (kind == STT_OBJECT && symbol.st_size > 0) require(segment_of(symbol.st_value));
    }
}

// The loader keeps a table of versions, and takes the numbers in the table of symbols for indices.
void TableCheck::check_versions() const {
    if (!has(DT_VERNEED) && !has(DT_VERDEF)) return;
    const std::size_t last = std::max(last_needed_version(), last_defined_version());
    const auto *const versions = table<ElfW(Half)>(value(DT_VERSYM), symbol_count_);
    for (std::size_t i = 0; i < symbol_count_; ++i) require((versions[i] & 0x7fff) <= last);
}

std::size_t TableCheck::last_needed_version() const {
    std::size_t last = 1;
    ElfW(Addr) place = has(DT_VERNEED) ? value(DT_VERNEED) : 0;
    for (std::size_t next = place != 0; next; place += next) {
        const auto &needed = *table<ElfW(Verneed)>(place);
        require(is_string(needed.vn_file));
        ElfW(Addr) part = place + needed.vn_aux;
        for (std::size_t after = 1; after; part += after) {
            const auto &version = *table<ElfW(Vernaux)>(part);
            require(is_string(version.vna_name));
            last = std::max<std::size_t>(last, version.vna_other & 0x7fff);
            after = version.vna_next;
        }
        next = needed.vn_next;
    }
    return last;
}

std::size_t TableCheck::last_defined_version() const {
    std::size_t last = 1;
    ElfW(Addr) place = has(DT_VERDEF) ? value(DT_VERDEF) : 0;
    for (std::size_t next = place != 0; next; place += next) {
        const auto &defined = *table<ElfW(Verdef)>(place);
        require(is_string(table<ElfW(Verdaux)>(place + defined.vd_aux)->vda_name));
        last = std::max<std::size_t>(last, defined.vd_ndx & 0x7fff);
        next = defined.vd_next;
    }
    return last;
}

void TableCheck::check_functions(ElfW(Sxword) function, ElfW(Sxword) array, ElfW(Sxword) array_size) {
    require(!has(function) || is_code(value(function)));
    require(has(array) == has(array_size));
    if (!has(array)) return;
    const std::size_t size = value(array_size);
    require(size % sizeof(ElfW(Addr)) == 0);
    if (size > 0) table<ElfW(Addr)>(value(array), size / sizeof(ElfW(Addr)));
    for (std::size_t i = 0; i < size; i += sizeof(ElfW(Addr))) function_places_.push_back(value(array) + i);
}

void TableCheck::check_relocations() {
    for (const ElfW(Sxword) tag : {DT_RELASZ, DT_RELAENT}) require(has(DT_RELA) == has(tag));
    for (const ElfW(Sxword) tag : {DT_PLTRELSZ, DT_PLTREL}) require(has(DT_JMPREL) == has(tag));
    require(!has(DT_RELAENT) || value(DT_RELAENT) == sizeof(Relocation));
    require(!has(DT_PLTREL) || value(DT_PLTREL) == DT_RELA);
    if (has(DT_RELR) || has(DT_RELRSZ)) check_packed_relocations();
    check_relocations_of(DT_RELA, DT_RELASZ);
    check_relocations_of(DT_JMPREL, DT_PLTRELSZ);
    // What is left was not relocated, except by the packed ones.
    require(function_places_.empty() || has(DT_RELR));
    for (const ElfW(Addr) place : function_places_) require(is_code(*table<ElfW(Addr)>(place)));
    if (!has(DT_RELACOUNT)) return;
    const std::size_t relative = value(DT_RELACOUNT);
    const auto *const first = table<Relocation>(value(DT_RELA), relative);
    require(relative <= value(DT_RELASZ) / sizeof(Relocation));
    for (std::size_t i = 0; i < relative; ++i) require(ELF64_R_TYPE(first[i].r_info) == kRelative);
}

void TableCheck::check_relocations_of(ElfW(Sxword) tag, ElfW(Sxword) size_tag) {
    if (!has(tag)) return;
    const std::size_t size = value(size_tag);
    require(size % sizeof(Relocation) == 0);
    const auto *const first = table<Relocation>(value(tag), size / sizeof(Relocation));
    for (std::size_t i = 0; i < size / sizeof(Relocation); ++i) check_relocation(first[i]);
}

void TableCheck::check_relocation(const Relocation &relocation) {
    const auto kind = ELF64_R_TYPE(relocation.r_info);
    if (kind == 0) return;
    const ElfW(Phdr) *const segment = segment_of(relocation.r_offset);
    const bool text_is_relocated = has(DT_TEXTREL) || (has(DT_FLAGS) && value(DT_FLAGS) & DF_TEXTREL);
    require(segment && (segment->p_flags & PF_W || text_is_relocated));
    require(ELF64_R_SYM(relocation.r_info) < std::max<std::size_t>(symbol_count_, 1));
    const auto target = static_cast<ElfW(Addr)>(relocation.r_addend);
    require(kind != kCallsFunction || is_code(target));
    const auto place = std::find(function_places_.begin(), function_places_.end(), relocation.r_offset);
    if (place == function_places_.end()) return;
    require(kind != kRelative || is_code(target));
    function_places_.erase(place);
}

void TableCheck::check_packed_relocations() const {
    require(has(DT_RELR) && has(DT_RELRSZ) && value(DT_RELRENT) == sizeof(ElfW(Addr)));
    const std::size_t count = value(DT_RELRSZ) / sizeof(ElfW(Addr));
    const auto *const entries = table<ElfW(Addr)>(value(DT_RELR), count);
    constexpr std::size_t word = sizeof(ElfW(Addr));
    ElfW(Addr) next = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const bool is_address = !(entries[i] & 1);
        if (is_address) next = entries[i];
        for (ElfW(Addr) bits = is_address ? 1 : entries[i] >> 1, place = next; bits; bits >>= 1, place += word) {
            const ElfW(Phdr) *const segment = bits & 1 ? segment_of(place, word) : nullptr;
            require(!(bits & 1) || (segment && segment->p_flags & PF_W));
        }
        next += is_address ? word : (8 * word - 1) * word;
    }
}

}  // namespace

void check_tables(const ElfFile &library) { TableCheck(library).run(); }

}  // namespace subinterp

#endif
