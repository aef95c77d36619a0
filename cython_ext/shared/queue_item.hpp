// An item of a queue: a copy of a value, and holds on the shared objects in it. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "shared/shared_object.hpp"

namespace subinterp {

enum class Tag : int { none, boolean, integer, real, text, bytes, bytearray, pickled };

// From this size on the GIL is released while an item is copied.
constexpr std::size_t kLargeItem = 64 << 10;

// Not copyable. Destroy it without holding the mutex of a shared object: that releases its pins.
class Item {
  public:
    Tag tag = Tag::none;
    std::int64_t integer = 0;  // the value, or for text: bytes per character
    double real = 0;
    std::vector<SharedRef> pins;

    void set_integer(Tag kind, std::int64_t value) {
        tag = kind;
        integer = value;
    }

    void set_real(double value) {
        tag = Tag::real;
        real = value;
    }

    // Copies the bytes. Throws std::bad_alloc.
    void copy_in(Tag kind, const void *data, std::size_t size) {
        data_.reset(new char[size]);  // not make_unique, which would fill it with zeros
        if (size) std::memcpy(data_.get(), data, size);
        size_ = size;
        tag = kind;
    }

    void copy_out(void *into) const {
        if (size_) std::memcpy(into, data_.get(), size_);
    }

    void free_bytes() {
        data_.reset();
        size_ = 0;
    }

    const char *data() const { return data_.get(); }
    std::size_t size() const { return size_; }

    // The number of bytes that count for a queue's `maxbytes`.
    std::size_t weight() const { return tag == Tag::integer || tag == Tag::real ? sizeof(integer) : size_; }

  private:
    std::unique_ptr<char[]> data_;
    std::size_t size_ = 0;
};

}  // namespace subinterp
