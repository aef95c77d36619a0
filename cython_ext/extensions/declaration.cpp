#if defined(__linux__)

#include "extensions/declaration.hpp"

#include <Python.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <stdexcept>

#include "extensions/elf_file.hpp"
#include "extensions/file_identity.hpp"

namespace subinterp {

namespace {

// 3.15 has numbered the slots anew, and still takes the numbers that 3.12 introduced.
constexpr int kMultipleInterpreters = 3;

std::mutex table_mutex;
std::map<FileIdentity, Declaration> table;

Declaration from_value(std::uint64_t value) {
    if (value == reinterpret_cast<std::uintptr_t>(Py_MOD_PER_INTERPRETER_GIL_SUPPORTED)) return Declaration::own_gil;
    if (value == reinterpret_cast<std::uintptr_t>(Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED))
        return Declaration::shared_gil;
    return Declaration::none;
}

Declaration from_definition(const PyModuleDef &definition) {
    for (const PyModuleDef_Slot *slot = definition.m_slots; slot && slot->slot; ++slot)
        if (slot->slot == kMultipleInterpreters || slot->slot == Py_mod_multiple_interpreters)
            return from_value(reinterpret_cast<std::uintptr_t>(slot->value));
    return Declaration::absent;
}

bool uses_capsules(const ElfFile &file) {
    return file.imports("PyCapsule_GetPointer") || file.imports("PyCapsule_Import");
}

}  // namespace

std::optional<Declaration> known_declaration(const std::string &path) try {
    const FileIdentity identity = identity_of(path);
    {
        const std::lock_guard<std::mutex> lock(table_mutex);
        const auto found = table.find(identity);
        if (found != table.end()) return found->second;
    }
    const ElfFile file(path);
    if (!file.imports("PyModule_Create2") || file.imports("PyModuleDef_Init")) return std::nullopt;
    const std::lock_guard<std::mutex> lock(table_mutex);
    return table[identity] = Declaration::single_phase;
} catch (const std::runtime_error &) {
    return Declaration::unknown;
}

void remember_declaration(const std::string &path, Declaration declaration) {
    if (declaration == Declaration::own_gil && uses_capsules(ElfFile(path)))
        declaration = Declaration::own_gil_with_capsules;
    const FileIdentity identity = identity_of(path);
    const std::lock_guard<std::mutex> lock(table_mutex);
    table[identity] = declaration;
}

void declarations_before_fork() noexcept { table_mutex.lock(); }

void declarations_after_fork() noexcept { table_mutex.unlock(); }

Declaration declaration_in_init_result(PyObject *made) noexcept {
    if (!made) return Declaration::unknown;
    if (!PyObject_TypeCheck(made, &PyModuleDef_Type)) return Declaration::single_phase;
    return from_definition(*reinterpret_cast<PyModuleDef *>(made));
}

Declaration declaration_in_slots(const void *slots) noexcept {
#if PY_VERSION_HEX >= 0x030F0000
    for (const auto *slot = static_cast<const PySlot *>(slots); slot && slot->sl_id; ++slot)
        if (slot->sl_id == kMultipleInterpreters || slot->sl_id == Py_mod_multiple_interpreters)
            return from_value(slot->sl_uint64);
#endif
    return slots ? Declaration::absent : Declaration::unknown;
}

}  // namespace subinterp

#endif
