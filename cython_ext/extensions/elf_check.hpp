// Finds out whether a shared library is damaged in a way that would make the dynamic loader, or this package, use
// memory outside of the library's own parts. The loader itself trusts what it reads.
#pragma once

namespace subinterp {

class ElfFile;

// Checks the segments, and all tables that the dynamic section names. Machine code and data are not looked at. Throws
// std::runtime_error, with one sentence.
void check_tables(const ElfFile &library);

}  // namespace subinterp
