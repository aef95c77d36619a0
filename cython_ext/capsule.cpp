#include "capsule.hpp"

#include <cstring>
#include <memory>
#include <new>

#include "holder.hpp"

namespace subinterp {

namespace {

void forget_geometry(PyObject *capsule) {
    delete static_cast<Geometry *>(PyCapsule_GetContext(capsule));
    PyCapsule_SetContext(capsule, nullptr);
}

void destroy(PyObject *capsule) {
    if (!PyCapsule_IsValid(capsule, kCapsuleName)) return;  // adopted: nothing is owned any more
    auto *const block = static_cast<Block *>(PyCapsule_GetPointer(capsule, kCapsuleName));
    forget_geometry(capsule);
    shared_release(block, this_interpreter());
}

}  // namespace

PyObject *capsule_new(Block *block, const Geometry *geometry) {
    std::unique_ptr<Geometry> copy;
    if (geometry) copy.reset(new (std::nothrow) Geometry(*geometry));
    if (geometry && !copy) return PyErr_NoMemory();
    PyObject *const capsule = PyCapsule_New(block, kCapsuleName, destroy);
    if (!capsule) return nullptr;
    shared_hold(block, this_interpreter());
    if (copy) PyCapsule_SetContext(capsule, copy.release());
    return capsule;
}

Adoption capsule_adopt(PyObject *capsule, Block *&block, Geometry &geometry, bool &has_geometry) {
    if (!PyCapsule_CheckExact(capsule)) return Adoption::not_a_capsule;
    const char *const name = PyCapsule_GetName(capsule);
    if (name && std::strcmp(name, kUsedCapsuleName) == 0) return Adoption::used;
    if (!PyCapsule_IsValid(capsule, kCapsuleName)) return Adoption::not_a_capsule;
    block = static_cast<Block *>(PyCapsule_GetPointer(capsule, kCapsuleName));
    const auto *const remembered = static_cast<const Geometry *>(PyCapsule_GetContext(capsule));
    has_geometry = remembered != nullptr;
    if (remembered) geometry = *remembered;
    forget_geometry(capsule);
    PyCapsule_SetName(capsule, kUsedCapsuleName);
    return Adoption::done;
}

}  // namespace subinterp
