#include "array/dlpack.hpp"

#include <memory>

#include "shared/holder.hpp"
#include "third_party/dlpack/dlpack.h"

namespace subinterp {

namespace {

// The struct for the consumer, and the owners of what it points to.
template <typename Managed>
struct Export {
    Managed managed{};
    std::vector<std::int64_t> extents;
    Held<Block> block;
};

bool type_code_of(char code, std::uint8_t &type) {
    switch (code) {
        case '?':
            return type = kDLBool, true;
        case 'e':
        case 'f':
        case 'd':
            return type = kDLFloat, true;
        case 'F':
        case 'D':
            return type = kDLComplex, true;
        case 'b':
        case 'h':
        case 'i':
        case 'l':
        case 'q':
        case 'n':
            return type = kDLInt, true;
        case 'B':
        case 'H':
        case 'I':
        case 'L':
        case 'Q':
        case 'N':
        case 'P':
            return type = kDLUInt, true;
        default:
            return false;
    }
}

template <typename Managed>
constexpr const char *kName = "dltensor";
template <>
constexpr const char *kName<DLManagedTensorVersioned> = "dltensor_versioned";

// The consumer may call this on a detached thread: do not use the C-API here.
template <typename Managed>
void delete_export(Managed *managed) {
    delete static_cast<Export<Managed> *>(managed->manager_ctx);
}

template <typename Managed>
void destroy_unconsumed(PyObject *capsule) {
    if (!PyCapsule_IsValid(capsule, kName<Managed>)) return;  // a consumer renamed it and will call the deleter
    delete_export(static_cast<Managed *>(PyCapsule_GetPointer(capsule, kName<Managed>)));
}

void fill_tensor(DLTensor &tensor, const Geometry &geometry, Block *block, std::vector<std::int64_t> &extents,
                 std::uint8_t type) {
    const int ndim = geometry.ndim();
    extents.assign(geometry.shape(), geometry.shape() + ndim);
    for (int axis = 0; axis < ndim; ++axis) extents.push_back(geometry.strides()[axis] / geometry.itemsize);
    // An empty array may start behind the end of the block.
    tensor.data = static_cast<char *>(block->data) + (geometry.count() ? geometry.offset : 0);
    tensor.device = {kDLCPU, 0};
    tensor.ndim = ndim;
    tensor.dtype = {type, static_cast<std::uint8_t>(geometry.itemsize * 8), 1};
    tensor.shape = extents.data();
    tensor.strides = extents.data() + ndim;
}

template <typename Managed>
PyObject *capsule_of(std::unique_ptr<Export<Managed>> exported) {
    exported->managed.manager_ctx = exported.get();
    exported->managed.deleter = delete_export<Managed>;
    PyObject *const capsule = PyCapsule_New(&exported->managed, kName<Managed>, destroy_unconsumed<Managed>);
    if (!capsule) return nullptr;
    exported.release();
    return capsule;
}

template <typename Managed>
std::unique_ptr<Export<Managed>> export_of(Block *block, const Geometry &geometry, std::uint8_t type) {
    auto exported = std::make_unique<Export<Managed>>();
    exported->block.share(this_interpreter(), block);
    fill_tensor(exported->managed.dl_tensor, geometry, block, exported->extents, type);
    return exported;
}

}  // namespace

PyObject *dlpack_capsule(Block *block, const Geometry &geometry, bool versioned) {
    std::uint8_t type = 0;
    if (!type_code_of(geometry.code, type)) return Py_NewRef(Py_None);
    if (!versioned) return capsule_of(export_of<DLManagedTensor>(block, geometry, type));
    auto exported = export_of<DLManagedTensorVersioned>(block, geometry, type);
    exported->managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    exported->managed.flags = geometry.readonly ? DLPACK_FLAG_BITMASK_READ_ONLY : 0;
    return capsule_of(std::move(exported));
}

}  // namespace subinterp
