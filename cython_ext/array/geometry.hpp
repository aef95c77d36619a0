// Shapes and strides of n-dimensional arrays in a block. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "wait/status.hpp"

namespace subinterp {

constexpr int kMaxDimensions = 64;  // as in memoryview

struct Geometry {
    char code = 'B';              // a native struct format code
    std::ptrdiff_t itemsize = 1;  // bytes
    std::ptrdiff_t offset = 0;    // bytes from the start of the block to the element with all indices 0
    bool readonly = false;
    std::vector<std::ptrdiff_t> extents;  // the shape, then the strides in bytes

    int ndim() const { return static_cast<int>(extents.size() / 2); }
    std::ptrdiff_t *shape() { return extents.data(); }
    const std::ptrdiff_t *shape() const { return extents.data(); }
    std::ptrdiff_t *strides() { return extents.data() + extents.size() / 2; }
    const std::ptrdiff_t *strides() const { return extents.data() + extents.size() / 2; }

    std::ptrdiff_t count() const;          // elements
    bool is_contiguous(char order) const;  // 'C' or 'F'
};

// Throws std::bad_alloc. Cython does not translate exceptions of operator=.
inline void copy_geometry(const Geometry &source, Geometry &target) { target = source; }

// Sets shape and strides for contiguous memory in that order ('C' or 'F'). Returns false for a negative length, and if
// the number of bytes does not fit a ptrdiff_t. Throws std::bad_alloc.
bool lay_out(Geometry &geometry, const std::vector<std::ptrdiff_t> &shape, char order);

// Whether the array can be used on a block of that size: every element lies within the block, all elements together
// have no more bytes than the block, and no index arithmetic can overflow. Every geometry that comes from Python code
// or from a pickle must pass this check.
bool fits_block(const Geometry &geometry, std::size_t nbytes) noexcept;

// Copies elements of a source that has the same shape and encoding, through a temporary copy if both
// overlap. `target` and `source` point to the elements with all indices 0. Returns Status::ok or
// Status::no_memory.
Status assign_elements(char *target, const Geometry &geometry, const char *source,
                       const std::ptrdiff_t *strides) noexcept;

// Sets every element to the bytes of one.
void fill_elements(char *target, const std::ptrdiff_t *strides, const std::ptrdiff_t *shape, int ndim,
                   const char *element, std::ptrdiff_t itemsize) noexcept;

}  // namespace subinterp
