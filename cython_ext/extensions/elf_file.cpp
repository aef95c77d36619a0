#if defined(__linux__)

#include "extensions/elf_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace subinterp {

namespace {

#if defined(__x86_64__)
constexpr ElfW(Half) kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr ElfW(Half) kMachine = EM_AARCH64;
#else
constexpr ElfW(Half) kMachine = EM_NONE;
#endif

std::string folder_of(const std::string &path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string with_origin(std::string entry, const std::string &origin) {
    for (const char *const word : {"${ORIGIN}", "$ORIGIN"}) {
        const auto found = entry.find(word);
        if (found != std::string::npos) entry.replace(found, std::strlen(word), origin);
    }
    return entry;
}

}  // namespace

ElfFile::ElfFile(const std::string &path) : path_(path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("cannot open " + path + ": " + std::strerror(errno));
    struct stat status{};
    const bool known = fstat(descriptor, &status) == 0 && status.st_size > 0;
    size_ = known ? static_cast<std::size_t>(status.st_size) : 0;
    void *const mapped = known ? mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0) : MAP_FAILED;
    close(descriptor);
    if (mapped == MAP_FAILED) fail("it cannot be read");
    data_ = static_cast<const unsigned char *>(mapped);
    try {
        read_segments();
        read_imports();
    } catch (...) {
        munmap(const_cast<unsigned char *>(data_), size_);
        throw;
    }
}

ElfFile::~ElfFile() { munmap(const_cast<unsigned char *>(data_), size_); }

void ElfFile::fail(const char *what) const { throw std::runtime_error(path_ + " is not a usable library: " + what); }

std::string_view ElfFile::string_at(std::size_t offset) const {
    if (offset >= size_) fail("it is damaged");
    const auto *const begin = reinterpret_cast<const char *>(data_ + offset);
    const void *const end = std::memchr(begin, 0, size_ - offset);
    if (!end) fail("it is damaged");
    return {begin, static_cast<std::size_t>(static_cast<const char *>(end) - begin)};
}

std::size_t ElfFile::offset_of(ElfW(Addr) address) const {
    for (const ElfW(Phdr) &segment : segments_)
        if (segment.p_type == PT_LOAD && address >= segment.p_vaddr && address - segment.p_vaddr < segment.p_filesz)
            return segment.p_offset + (address - segment.p_vaddr);
    fail("it is damaged");
}

void ElfFile::read_segments() {
    const auto *const header = at<ElfW(Ehdr)>(0);
    const unsigned char expected_class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    if (std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) fail("it is not an ELF file");
    if (header->e_ident[EI_CLASS] != expected_class || header->e_machine != kMachine)
        fail("it was built for another kind of machine");
    if (header->e_type != ET_DYN || header->e_phentsize != sizeof(ElfW(Phdr))) fail("it is not a shared library");
    const auto *const first = at<ElfW(Phdr)>(header->e_phoff, header->e_phnum);
    segments_.assign(first, first + header->e_phnum);
    const ElfW(Phdr) *dynamic = nullptr;
    for (const ElfW(Phdr) &segment : segments_) {
        if (segment.p_type == PT_DYNAMIC) dynamic = &segment;
        if (segment.p_type != PT_LOAD) continue;
        at<unsigned char>(segment.p_offset, segment.p_filesz);
        loaded_size_ = std::max<std::size_t>(loaded_size_, segment.p_offset + segment.p_filesz);
    }
    if (!dynamic) fail("it has no dynamic section");
    read_dynamic_section(*dynamic);
}

void ElfFile::read_dynamic_section(const ElfW(Phdr) & segment) {
    const std::size_t count = segment.p_filesz / sizeof(ElfW(Dyn));
    const auto *const entries = at<ElfW(Dyn)>(segment.p_offset, count);
    std::string_view run_path;
    for (std::size_t i = 0; i < count && entries[i].d_tag != DT_NULL; ++i) {
        const ElfW(Addr) value = entries[i].d_un.d_ptr;
        if (entries[i].d_tag == DT_STRTAB) strings_ = offset_of(value);
        if (entries[i].d_tag == DT_SYMTAB) symbols_ = offset_of(value);
        if (entries[i].d_tag == DT_GNU_HASH) gnu_hash_ = offset_of(value);
        if (entries[i].d_tag == DT_HASH) hash_ = offset_of(value);
        if (entries[i].d_tag == DT_INIT_ARRAY) initializers_.array = value;
        const std::size_t entry = segment.p_offset + i * sizeof(ElfW(Dyn));
        if (entries[i].d_tag == DT_INIT_ARRAYSZ) {
            initializers_.count = value / sizeof(void *);
            initializers_.array_size_entry = entry;
        }
        if (entries[i].d_tag == DT_INIT) {
            initializers_.function = value;
            initializers_.function_entry = entry;
        }
    }
    if (!strings_ || !symbols_) fail("it has no symbols");
    for (std::size_t i = 0; i < count && entries[i].d_tag != DT_NULL; ++i) {
        const auto tag = entries[i].d_tag;
        if (tag != DT_NEEDED && tag != DT_SONAME && tag != DT_RPATH && tag != DT_RUNPATH) continue;
        const std::size_t offset = strings_ + entries[i].d_un.d_val;
        const std::string_view text = string_at(offset);
        if (tag == DT_NEEDED) needed_.push_back({std::string(text), offset});
        if (tag == DT_SONAME) soname_ = {std::string(text), offset};
        if (tag == DT_RUNPATH || (tag == DT_RPATH && run_path.empty())) run_path = text;
    }
    read_search_path(run_path);
}

void ElfFile::read_search_path(std::string_view entries) {
    const std::string origin = folder_of(path_);
    while (!entries.empty()) {
        const auto end = std::min(entries.find(':'), entries.size());
        if (end > 0) search_path_.push_back(with_origin(std::string(entries.substr(0, end)), origin));
        entries.remove_prefix(std::min(end + 1, entries.size()));
    }
}

void ElfFile::read_imports() {
    // The symbols before the first one of the GNU hash table are those that the library does not define.
    std::size_t count = 0;
    if (gnu_hash_) {
        count = at<std::uint32_t>(gnu_hash_, 2)[1];
    } else if (hash_) {
        count = at<std::uint32_t>(hash_, 2)[1];
    }
    const auto *const symbols = at<ElfW(Sym)>(symbols_, count);
    for (std::size_t i = 1; i < count; ++i) {
        if (symbols[i].st_shndx != SHN_UNDEF) continue;
        const std::size_t offset = strings_ + symbols[i].st_name;
        imports_.push_back({std::string(string_at(offset)), offset});
    }
}

const FileString *ElfFile::import_of(std::string_view symbol) const {
    for (const FileString &each : imports_)
        if (each.text == symbol) return &each;
    return nullptr;
}

bool ElfFile::imports_with_prefix(std::string_view prefix) const {
    return std::any_of(imports_.begin(), imports_.end(), [&](const FileString &each) {
        return std::string_view(each.text).substr(0, prefix.size()) == prefix;
    });
}

}  // namespace subinterp

#endif
