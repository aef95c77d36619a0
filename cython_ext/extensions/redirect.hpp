// Makes a loaded library call other functions than those that the dynamic loader has found for it.
#pragma once

#include <string>
#include <unordered_map>

namespace subinterp {

using Replacements = std::unordered_map<std::string, void *>;  // by the name of the function

// Replaces the addresses of these functions in the library's tables of imported symbols. Throws std::runtime_error if
// the memory cannot be written.
void redirect(void *handle, const Replacements &replacements);

}  // namespace subinterp
