#include "array/geometry.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace subinterp {

namespace {

// Neither factor is negative. Returns false on overflow.
bool multiply(std::ptrdiff_t one, std::ptrdiff_t other, std::ptrdiff_t &product) {
    if (other != 0 && one > PTRDIFF_MAX / other) return false;
    product = one * other;
    return true;
}

void copy_elements(char *target, const std::ptrdiff_t *target_strides, const char *source,
                   const std::ptrdiff_t *source_strides, const std::ptrdiff_t *shape, int ndim,
                   std::ptrdiff_t itemsize) {
    if (ndim == 0) {
        std::memcpy(target, source, static_cast<std::size_t>(itemsize));
        return;
    }
    if (ndim == 1 && target_strides[0] == itemsize && source_strides[0] == itemsize) {
        std::memcpy(target, source, static_cast<std::size_t>(itemsize * shape[0]));
        return;
    }
    for (std::ptrdiff_t index = 0; index < shape[0]; ++index) {
        copy_elements(target, target_strides + 1, source, source_strides + 1, shape + 1, ndim - 1, itemsize);
        target += target_strides[0];
        source += source_strides[0];
    }
}

struct Span {
    const char *low;
    const char *high;  // one past the end
};

// The memory of the elements, of which there is at least one.
Span span_of(const char *first, const std::ptrdiff_t *shape, const std::ptrdiff_t *strides, int ndim,
             std::ptrdiff_t itemsize) {
    Span span{first, first + itemsize};
    for (int axis = 0; axis < ndim; ++axis) {
        const std::ptrdiff_t reach = (shape[axis] - 1) * strides[axis];
        (reach < 0 ? span.low : span.high) += reach;
    }
    return span;
}

// The lowest and highest offsets of elements, and the bytes of all elements.
struct Extent {
    std::ptrdiff_t low, high, nbytes;
};

// Adds an axis. Returns false on overflow, and for elements before the block.
bool extend(Extent &extent, std::ptrdiff_t length, std::ptrdiff_t stride) {
    if (stride == PTRDIFF_MIN || !multiply(extent.nbytes, length, extent.nbytes)) return false;
    std::ptrdiff_t reach = 0;
    if (!multiply(stride < 0 ? -stride : stride, length - 1, reach)) return false;
    if (reach > (stride < 0 ? extent.low : PTRDIFF_MAX - extent.high)) return false;
    (stride < 0 ? extent.low : extent.high) += stride < 0 ? -reach : reach;
    return true;
}

// Whether the elements of an array, and those of another one with these strides, are contiguous and in the same order.
bool has_no_gaps(const Geometry &geometry, const std::ptrdiff_t *strides) {
    if (!geometry.is_contiguous('C') && !geometry.is_contiguous('F')) return false;
    for (int axis = 0; axis < geometry.ndim(); ++axis) {
        if (geometry.shape()[axis] > 1 && strides[axis] != geometry.strides()[axis]) return false;
    }
    return true;
}

}  // namespace

std::ptrdiff_t Geometry::count() const {
    std::ptrdiff_t elements = 1;
    for (int axis = 0; axis < ndim(); ++axis) elements *= shape()[axis];
    return elements;
}

bool Geometry::is_contiguous(char order) const {
    const int dimensions = ndim();
    if (count() == 0) return true;
    std::ptrdiff_t expected = itemsize;
    for (int step = 0; step < dimensions; ++step) {
        const int axis = order == 'C' ? dimensions - 1 - step : step;
        // The stride of an axis of length 1 is never used.
        if (shape()[axis] > 1 && strides()[axis] != expected) return false;
        expected *= shape()[axis];
    }
    return true;
}

bool lay_out(Geometry &geometry, const std::vector<std::ptrdiff_t> &shape, char order) {
    const int dimensions = static_cast<int>(shape.size());
    geometry.extents.resize(shape.size() * 2);
    std::ptrdiff_t stride = geometry.itemsize;
    for (int step = 0; step < dimensions; ++step) {
        const int axis = order == 'C' ? dimensions - 1 - step : step;
        if (shape[axis] < 0) return false;
        geometry.shape()[axis] = shape[axis];
        geometry.strides()[axis] = stride;
        // An axis of length 0 must not hide an overflow: the strides are numbers of bytes, too.
        if (!multiply(stride, shape[axis] ? shape[axis] : 1, stride)) return false;
    }
    return true;
}

bool fits_block(const Geometry &geometry, std::size_t nbytes) noexcept {
    if (nbytes > PTRDIFF_MAX || geometry.itemsize < 1 || geometry.offset < 0) return false;
    if (geometry.ndim() > kMaxDimensions) return false;
    Extent extent{geometry.offset, geometry.offset, geometry.itemsize};
    for (int axis = 0; axis < geometry.ndim(); ++axis) {
        const std::ptrdiff_t length = geometry.shape()[axis];
        // Views of an array without elements are computed like others, so its strides must not overflow, either.
        if (length < 0 || !extend(extent, std::max<std::ptrdiff_t>(length, 1), geometry.strides()[axis])) return false;
    }
    // No element of an empty array is ever accessed: it may start behind the end of the block.
    if (geometry.count() == 0) return true;
    const auto size = static_cast<std::ptrdiff_t>(nbytes);
    return extent.nbytes <= size && extent.high <= size - geometry.itemsize;
}

void fill_elements(char *target, const std::ptrdiff_t *strides, const std::ptrdiff_t *shape, int ndim,
                   const char *element, std::ptrdiff_t itemsize) noexcept {
    const auto size = static_cast<std::size_t>(itemsize);
    if (ndim == 0) {
        std::memcpy(target, element, size);
    } else if (ndim == 1) {
        for (std::ptrdiff_t index = 0; index < shape[0]; ++index)
            std::memcpy(target + index * strides[0], element, size);
    } else {
        for (std::ptrdiff_t index = 0; index < shape[0]; ++index) {
            fill_elements(target + index * strides[0], strides + 1, shape + 1, ndim - 1, element, itemsize);
        }
    }
}

Status assign_elements(char *target, const Geometry &geometry, const char *source,
                       const std::ptrdiff_t *strides) noexcept try {
    if (geometry.count() == 0) return Status::ok;
    const int ndim = geometry.ndim();
    const Span to = span_of(target, geometry.shape(), geometry.strides(), ndim, geometry.itemsize);
    const Span from = span_of(source, geometry.shape(), strides, ndim, geometry.itemsize);
    if (from.high <= to.low || to.high <= from.low) {
        if (has_no_gaps(geometry, strides)) {
            std::memcpy(target, source, static_cast<std::size_t>(geometry.count() * geometry.itemsize));
        } else {
            copy_elements(target, geometry.strides(), source, strides, geometry.shape(), ndim, geometry.itemsize);
        }
        return Status::ok;
    }
    Geometry packed = geometry;
    lay_out(packed, {geometry.shape(), geometry.shape() + ndim}, 'C');
    const std::unique_ptr<char[]> temporary(new char[static_cast<std::size_t>(packed.count() * packed.itemsize)]);
    copy_elements(temporary.get(), packed.strides(), source, strides, packed.shape(), ndim, packed.itemsize);
    copy_elements(target, geometry.strides(), temporary.get(), packed.strides(), packed.shape(), ndim, packed.itemsize);
    return Status::ok;
} catch (const std::bad_alloc &) {
    return Status::no_memory;
}

}  // namespace subinterp
