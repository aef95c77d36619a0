// The extension modules and libraries that an interpreter has loaded from private copies.
//
// An extension module that keeps Python objects in C variables cannot serve two interpreters. A copy of its file has
// variables of its own. So have copies of the libraries beside it that use CPython, too; they get other names, because
// the dynamic loader would otherwise find those of another interpreter. All other libraries are loaded as usual.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace subinterp {

// The address of the function, or nullptr: `name` as in PyInit_name.
void *find_function(void *library, const std::string &name) noexcept;

// Loads a private copy for the calling interpreter, which must be attached, and stays so. Throws std::runtime_error,
// with one sentence, if that fails. `bytes` is increased by the memory that is not shared.
void *load_private_copy(const std::string &path, std::size_t &bytes);

// Sets the full name of the module that the calling interpreter initializes next from a private copy.
void set_module_name(const std::string &name);

// Lets no more threads of private copies attach to this interpreter, and waits for those that are attached. Returns
// whether none is left. Must be called detached.
bool close_private_libraries(std::int64_t interpreter_id, double seconds) noexcept;

// For the handlers of fork().
void private_libraries_before_fork() noexcept;
void private_libraries_after_fork() noexcept;

// Lets another interpreter use the copies of an interpreter that has ended.
void release_private_libraries(std::int64_t interpreter_id) noexcept;

}  // namespace subinterp
