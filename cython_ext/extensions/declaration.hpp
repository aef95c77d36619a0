// What an extension module says about sub-interpreters (PEP 489, PEP 684, PEP 793).
#pragma once

#include <optional>
#include <string>

struct _object;  // PyObject

namespace subinterp {

enum class Declaration : int {
    unknown,       // it cannot be read
    single_phase,  // its init function makes the module: one for the whole process
    absent,        // it says nothing, which means shared_gil
    none,          // it works in the main interpreter only
    shared_gil,    // it works in interpreters that share a GIL
    own_gil,       // it works in interpreters with GILs of their own
    // The same; but it uses functions of other extension modules through capsules. Those that are kept in C variables
    // belong to the interpreter that was first.
    own_gil_with_capsules,
};

// The declaration of the module in that file, if it is known without a call of its init function. What
// remember_declaration() was told is known; so is that a file is not usable, or single-phase.
std::optional<Declaration> known_declaration(const std::string &path);

// Remembers for the rest of the process what a module of that file has declared.
void remember_declaration(const std::string &path, Declaration declaration);

// For the handlers of fork().
void declarations_before_fork() noexcept;
void declarations_after_fork() noexcept;

// The declaration in what the module's init function, or its PyModExport function, has returned.
Declaration declaration_in_init_result(_object *made) noexcept;
Declaration declaration_in_slots(const void *slots) noexcept;

}  // namespace subinterp
