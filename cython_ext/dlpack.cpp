#include "dlpack.hpp"

#include <memory>
#include <new>

#include "holder.hpp"

namespace subinterp {

namespace {

// The structures that the protocol prescribes.
struct DLDevice {
    std::int32_t device_type;
    std::int32_t device_id;
};

struct DLDataType {
    std::uint8_t code;
    std::uint8_t bits;
    std::uint16_t lanes;
};

struct DLTensor {
    void *data;
    DLDevice device;
    std::int32_t ndim;
    DLDataType dtype;
    std::int64_t *shape;
    std::int64_t *strides;  // in elements
    std::uint64_t byte_offset;
};

struct DLManagedTensor {
    DLTensor dl_tensor;
    void *manager_ctx;
    void (*deleter)(DLManagedTensor *);
};

struct DLManagedTensorVersioned {
    std::uint32_t major, minor;
    void *manager_ctx;
    void (*deleter)(DLManagedTensorVersioned *);
    std::uint64_t flags;
    DLTensor dl_tensor;
};

constexpr std::int32_t kCpu = 1;
constexpr std::uint64_t kReadOnly = 1;

enum TypeCode : std::uint8_t { kInt = 0, kUInt = 1, kFloat = 2, kComplex = 5, kBool = 6 };

// What is exported: the structure for the consumer, and what keeps its pointers valid.
template <typename Managed>
struct Export {
    Managed managed{};
    std::vector<std::int64_t> extents;
    Block *block = nullptr;
    Holder holder = 0;
};

bool type_code_of(char code, std::uint8_t &type) {
    switch (code) {
        case '?':
            return type = kBool, true;
        case 'e':
        case 'f':
        case 'd':
            return type = kFloat, true;
        case 'F':
        case 'D':
            return type = kComplex, true;
        case 'b':
        case 'h':
        case 'i':
        case 'l':
        case 'q':
        case 'n':
            return type = kInt, true;
        case 'B':
        case 'H':
        case 'I':
        case 'L':
        case 'Q':
        case 'N':
        case 'P':
            return type = kUInt, true;
        default:
            return false;
    }
}

template <typename Managed>
constexpr const char *kName = "dltensor";
template <>
constexpr const char *kName<DLManagedTensorVersioned> = "dltensor_versioned";

// The consumer calls this, perhaps without being attached: nothing of Python may happen here.
template <typename Managed>
void forget(Managed *managed) {
    auto *const exported = static_cast<Export<Managed> *>(managed->manager_ctx);
    shared_release(exported->block, exported->holder);
    delete exported;
}

template <typename Managed>
void destroy_unconsumed(PyObject *capsule) {
    if (!PyCapsule_IsValid(capsule, kName<Managed>)) return;  // a consumer has renamed it, and calls the deleter
    forget(static_cast<Managed *>(PyCapsule_GetPointer(capsule, kName<Managed>)));
}

void fill_tensor(DLTensor &tensor, const Geometry &geometry, Block *block, std::vector<std::int64_t> &extents,
                 std::uint8_t type) {
    const int ndim = geometry.ndim();
    extents.assign(geometry.shape(), geometry.shape() + ndim);
    for (int axis = 0; axis < ndim; ++axis) extents.push_back(geometry.strides()[axis] / geometry.itemsize);
    tensor.data = static_cast<char *>(block->data) + geometry.offset;
    tensor.device = {kCpu, 0};
    tensor.ndim = ndim;
    tensor.dtype = {type, static_cast<std::uint8_t>(geometry.itemsize * 8), 1};
    tensor.shape = extents.data();
    tensor.strides = extents.data() + ndim;
}

template <typename Managed>
PyObject *capsule_of(std::unique_ptr<Export<Managed>> exported) {
    exported->managed.manager_ctx = exported.get();
    exported->managed.deleter = forget<Managed>;
    PyObject *const capsule = PyCapsule_New(&exported->managed, kName<Managed>, destroy_unconsumed<Managed>);
    if (!capsule) return nullptr;
    shared_hold(exported->block, exported->holder);
    exported.release();
    return capsule;
}

template <typename Managed>
std::unique_ptr<Export<Managed>> export_of(Block *block, const Geometry &geometry, std::uint8_t type) {
    auto exported = std::make_unique<Export<Managed>>();
    exported->block = block;
    exported->holder = this_interpreter();
    fill_tensor(exported->managed.dl_tensor, geometry, block, exported->extents, type);
    return exported;
}

}  // namespace

PyObject *dlpack_capsule(Block *block, const Geometry &geometry, bool versioned) {
    std::uint8_t type = 0;
    if (!type_code_of(geometry.code, type)) return Py_NewRef(Py_None);
    if (!versioned) return capsule_of(export_of<DLManagedTensor>(block, geometry, type));
    auto exported = export_of<DLManagedTensorVersioned>(block, geometry, type);
    exported->managed.major = 1;
    exported->managed.flags = geometry.readonly ? kReadOnly : 0;
    return capsule_of(std::move(exported));
}

}  // namespace subinterp
