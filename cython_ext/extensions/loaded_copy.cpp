#if defined(__linux__)

#include "extensions/loaded_copy.hpp"

#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "extensions/elf_check.hpp"

namespace subinterp {

namespace {

using InitFunction = void (*)(int, char **, char **);

template <typename T>
std::string bytes_of(T value) {
    return {reinterpret_cast<const char *>(&value), sizeof value};
}

// Changes that keep the dynamic loader from calling the library's initializers: the variables are saved first.
std::vector<Patch> without_initializers(const Initializers &initializers) {
    std::vector<Patch> patches;
    if (initializers.array_size_entry)
        patches.push_back({initializers.array_size_entry + offsetof(ElfW(Dyn), d_un), bytes_of(ElfW(Xword){0})});
    if (initializers.function_entry)  // the loader ignores this tag in libraries
        patches.push_back({initializers.function_entry + offsetof(ElfW(Dyn), d_tag), bytes_of(ElfW(Sxword){DT_DEBUG})});
    return patches;
}

}  // namespace

LoadedCopy::LoadedCopy(const ElfFile &library, std::vector<Patch> patches, const Replacements &replacements)
    : initializers_(library.initializers()) {
    check_tables(library);
    for (Patch &patch : without_initializers(initializers_)) patches.push_back(std::move(patch));
    loaded_ = load_copy(library, patches);
    redirect(loaded_.handle, replacements);
    save_variables(library.segments());
}

void LoadedCopy::save_variables(const std::vector<ElfW(Phdr)> &segments) {
    ElfW(Addr) constant_until = 0;  // what is read-only after relocation comes first in its segment, up to a page's end
    const auto page_size = static_cast<ElfW(Addr)>(sysconf(_SC_PAGESIZE));
    for (const ElfW(Phdr) &segment : segments)
        if (segment.p_type == PT_GNU_RELRO) constant_until = (segment.p_vaddr + segment.p_memsz) & ~(page_size - 1);
    for (const ElfW(Phdr) &segment : segments) {
        if (segment.p_type != PT_LOAD || !(segment.p_flags & PF_W)) continue;
        const ElfW(Addr) end = segment.p_vaddr + segment.p_memsz;
        const ElfW(Addr) begin = std::min(std::max(segment.p_vaddr, constant_until), end);
        auto *const first = reinterpret_cast<char *>(loaded_.base + begin);
        std::size_t used = end - begin;
        while (used > 0 && first[used - 1] == 0) --used;
        variables_.push_back({first, end - begin, std::string(first, used)});
    }
}

void LoadedCopy::initialize() {
    static char *no_arguments[] = {nullptr};
    if (initializers_.function)
        reinterpret_cast<InitFunction>(loaded_.base + initializers_.function)(0, no_arguments, environ);
    const auto *const functions = reinterpret_cast<const InitFunction *>(loaded_.base + initializers_.array);
    for (std::size_t i = 0; i < initializers_.count; ++i) functions[i](0, no_arguments, environ);
}

void LoadedCopy::restore(const Replacements &replacements) {
    for (const Variables &each : variables_) {
        std::memcpy(each.begin, each.saved.data(), each.saved.size());
        std::memset(each.begin + each.saved.size(), 0, each.size - each.saved.size());
    }
    redirect(loaded_.handle, replacements);
}

}  // namespace subinterp

#endif
