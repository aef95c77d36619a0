#include "shared/capsule.hpp"

#include <cstring>
#include <memory>
#include <optional>

#include "shared/holder.hpp"

namespace subinterp {

namespace {

// The context of a capsule.
struct Content {
    Held<Block> block;
    std::optional<Geometry> geometry;
};

// Moves the content out of a capsule.
std::unique_ptr<Content> take_content(PyObject *capsule) {
    std::unique_ptr<Content> content(static_cast<Content *>(PyCapsule_GetContext(capsule)));
    PyCapsule_SetContext(capsule, nullptr);
    return content;
}

void destroy(PyObject *capsule) { take_content(capsule); }

}  // namespace

PyObject *capsule_new(Block *block, const Geometry *geometry) {
    auto content = std::make_unique<Content>();
    content->block.share(this_interpreter(), block);
    if (geometry) content->geometry = *geometry;
    PyObject *const capsule = PyCapsule_New(block, kCapsuleName, destroy);
    if (capsule) PyCapsule_SetContext(capsule, content.release());
    return capsule;
}

Status capsule_adopt(PyObject *capsule, Held<Block> &block, Geometry &geometry, bool &has_geometry) noexcept {
    if (!PyCapsule_CheckExact(capsule)) return Status::not_found;
    const char *const name = PyCapsule_GetName(capsule);
    if (name && std::strcmp(name, kUsedCapsuleName) == 0) return Status::closed;
    if (!PyCapsule_IsValid(capsule, kCapsuleName)) return Status::not_found;
    const auto content = take_content(capsule);
    PyCapsule_SetName(capsule, kUsedCapsuleName);
    if (!content) return Status::closed;
    block = std::move(content->block);
    has_geometry = content->geometry.has_value();
    if (has_geometry) geometry = std::move(*content->geometry);
    return Status::ok;
}

}  // namespace subinterp
