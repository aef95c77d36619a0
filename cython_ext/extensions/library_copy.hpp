// Loads a copy of a shared library, whose variables are therefore its own: the dynamic loader knows a library by its
// device and inode. The copy is in memory if the system permits it, else in a folder that is removed at once.
#pragma once

#include <link.h>

#include <cstddef>
#include <string>
#include <vector>

namespace subinterp {

class ElfFile;

// Bytes to write into the copy before it is loaded.
struct Patch {
    std::size_t offset;
    std::string bytes;
};

struct LoadedLibrary {
    void *handle = nullptr;
    ElfW(Addr) base = 0;    // where it is loaded
    std::size_t bytes = 0;  // of memory that it has for itself
};

// Returns the loaded copy, which stays loaded. Throws std::runtime_error with one sentence.
LoadedLibrary load_copy(const ElfFile &library, const std::vector<Patch> &patches);

}  // namespace subinterp
