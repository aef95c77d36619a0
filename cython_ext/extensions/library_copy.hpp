// Loads a copy of a shared library, whose variables are therefore its own: the dynamic loader knows a library by its
// device and inode. The copy is in memory if the system permits it, else in a folder that is removed at once.
#pragma once

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

// Returns the handle of the loaded copy, which stays loaded. Throws std::runtime_error with one sentence.
void *load_copy(const ElfFile &library, const std::vector<Patch> &patches);

}  // namespace subinterp
