#include "geometry.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

namespace subinterp {

namespace {

// Both factors are not negative. Returns false on overflow.
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

// Where the elements lie; there is at least one.
Span span_of(const char *first, const std::ptrdiff_t *shape, const std::ptrdiff_t *strides, int ndim,
             std::ptrdiff_t itemsize) {
    Span span{first, first + itemsize};
    for (int axis = 0; axis < ndim; ++axis) {
        const std::ptrdiff_t reach = (shape[axis] - 1) * strides[axis];
        (reach < 0 ? span.low : span.high) += reach;
    }
    return span;
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
        // The stride of an axis of length 1 is never taken.
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
        geometry.shape()[axis] = shape[axis];
        geometry.strides()[axis] = stride;
        // An axis of length 0 must not hide that the others overflow: strides are bytes, too.
        if (!multiply(stride, shape[axis] ? shape[axis] : 1, stride)) return false;
    }
    return true;
}

bool lies_within(const Geometry &geometry, std::size_t nbytes) {
    if (nbytes > PTRDIFF_MAX || geometry.itemsize < 1 || geometry.offset < 0) return false;
    const auto size = static_cast<std::ptrdiff_t>(nbytes);
    const auto *const shape = geometry.shape();
    if (std::any_of(shape, shape + geometry.ndim(), [](std::ptrdiff_t length) { return length < 0; })) return false;
    // Where there are no elements, nothing is ever read: a view of an empty array may begin behind its end.
    if (std::find(shape, shape + geometry.ndim(), 0) != shape + geometry.ndim()) return true;
    std::ptrdiff_t low = geometry.offset;
    std::ptrdiff_t high = geometry.offset;  // of the last element
    for (int axis = 0; axis < geometry.ndim(); ++axis) {
        const std::ptrdiff_t stride = geometry.strides()[axis];
        if (shape[axis] == 1) continue;
        if (stride < -size || stride > size) return false;
        std::ptrdiff_t reach = 0;
        if (!multiply(stride < 0 ? -stride : stride, shape[axis] - 1, reach)) return false;
        if (reach > (stride < 0 ? low : PTRDIFF_MAX - high)) return false;
        (stride < 0 ? low : high) += stride < 0 ? -reach : reach;
    }
    return high <= size - geometry.itemsize;
}

void fill_elements(char *target, const std::ptrdiff_t *strides, const std::ptrdiff_t *shape, int ndim,
                   const char *element, std::ptrdiff_t itemsize) {
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

bool assign_elements(char *target, const Geometry &geometry, const char *source, const std::ptrdiff_t *strides) {
    if (geometry.count() == 0) return true;
    const int ndim = geometry.ndim();
    const Span to = span_of(target, geometry.shape(), geometry.strides(), ndim, geometry.itemsize);
    const Span from = span_of(source, geometry.shape(), strides, ndim, geometry.itemsize);
    if (from.high <= to.low || to.high <= from.low) {
        copy_elements(target, geometry.strides(), source, strides, geometry.shape(), ndim, geometry.itemsize);
        return true;
    }
    Geometry packed = geometry;
    lay_out(packed, {geometry.shape(), geometry.shape() + ndim}, 'C');
    const std::unique_ptr<char[]> elsewhere(new (std::nothrow) char[packed.count() * packed.itemsize]);
    if (!elsewhere) return false;
    copy_elements(elsewhere.get(), packed.strides(), source, strides, packed.shape(), ndim, packed.itemsize);
    copy_elements(target, geometry.strides(), elsewhere.get(), packed.strides(), packed.shape(), ndim, packed.itemsize);
    return true;
}

}  // namespace subinterp
