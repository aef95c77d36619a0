// Stands in for the rest of this folder where no private copies can be made: only Linux's loader is supported.
#if !defined(__linux__)

#include <stdexcept>

#include "extensions/declaration.hpp"
#include "extensions/private_libraries.hpp"

namespace subinterp {

std::optional<Declaration> known_declaration(const std::string &) { return Declaration::unknown; }
void remember_declaration(const std::string &, Declaration) {}
Declaration declaration_in_init_result(_object *) noexcept { return Declaration::unknown; }
Declaration declaration_in_slots(const void *) noexcept { return Declaration::unknown; }
void *find_function(void *, const std::string &) noexcept { return nullptr; }
void *load_private_copy(const std::string &, std::size_t &) {
    throw std::runtime_error("private copies of extension modules can only be made on Linux");
}
void set_module_name(const std::string &) {}
bool close_private_libraries(std::int64_t, double) noexcept { return true; }
void release_private_libraries(std::int64_t) noexcept {}
void private_libraries_before_fork() noexcept {}
void private_libraries_after_fork() noexcept {}
void declarations_before_fork() noexcept {}
void declarations_after_fork() noexcept {}

}  // namespace subinterp

#endif
