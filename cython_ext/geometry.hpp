// How an n-dimensional array lies in a block: the arithmetic of shapes and strides. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace subinterp {

constexpr int kMaxDimensions = 64;  // as in memoryview

struct Geometry {
    char code = 'B';              // a native struct format code
    std::ptrdiff_t itemsize = 1;  // bytes
    std::ptrdiff_t offset = 0;    // bytes from the block's begin to the element with all indices 0
    bool readonly = false;
    std::vector<std::ptrdiff_t> extents;  // the shape, then as many strides in bytes

    int ndim() const { return static_cast<int>(extents.size() / 2); }
    std::ptrdiff_t *shape() { return extents.data(); }
    const std::ptrdiff_t *shape() const { return extents.data(); }
    std::ptrdiff_t *strides() { return extents.data() + extents.size() / 2; }
    const std::ptrdiff_t *strides() const { return extents.data() + extents.size() / 2; }

    std::ptrdiff_t count() const;          // elements
    bool is_contiguous(char order) const;  // 'C' or 'F'
};

// Sets shape and strides for memory without gaps in that order ('C' or 'F'). Returns false when the bytes cannot be
// counted in a ptrdiff_t.
bool lay_out(Geometry &geometry, const std::vector<std::ptrdiff_t> &shape, char order);

// Whether every element lies within a block of so many bytes; for geometries that come from outside.
bool lies_within(const Geometry &geometry, std::size_t nbytes);

// Copies elements of a source that has the same shape and encoding, as if they were copied elsewhere first where both
// overlap. `target` and `source` are the elements with all indices 0. Returns false for want of memory.
bool assign_elements(char *target, const Geometry &geometry, const char *source, const std::ptrdiff_t *strides);

// Sets every element to the bytes of one.
void fill_elements(char *target, const std::ptrdiff_t *strides, const std::ptrdiff_t *shape, int ndim,
                   const char *element, std::ptrdiff_t itemsize);

}  // namespace subinterp
