// Gives back the memory of those pages of a loaded copy that are the same as in the original file: machine code,
// constants, tables of symbols. They are mapped from the original instead, so that all copies share them.
#pragma once

#include <link.h>

#include <cstddef>

namespace subinterp {

class ElfFile;

// `copy` is the descriptor of the copy's file, which is open for writing, `base` is where it is loaded. Must be called
// before anything in the copy runs. Returns the number of bytes that stay the copy's own. Throws std::runtime_error if
// the copy must not be used any more; where nothing can be shared, the copy stays as it is.
std::size_t share_pages(const ElfFile &library, ElfW(Addr) base, int copy);

}  // namespace subinterp
