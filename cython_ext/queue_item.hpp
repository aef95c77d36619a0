// What travels through a queue: a copy of a value, and holds on the shared objects in it. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "shared.hpp"

namespace subinterp {

enum class Tag : int { none, boolean, integer, real, text, bytes, bytearray, pickled };

// From this size on, copying is worth the release of the GIL.
constexpr std::size_t kLargeItem = 64 << 10;

// Moved from hand to hand, never copied. To be destroyed without any object's mutex: it drops its pins.
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

    // Copies the bytes. False when there is no memory. malloc, because a std::string would fill it with zeros first.
    bool copy_in(Tag kind, const void *data, std::size_t size) {
        data_.reset(static_cast<char *>(std::malloc(size ? size : 1)));
        if (!data_) return false;
        if (size) std::memcpy(data_.get(), data, size);
        size_ = size;
        tag = kind;
        return true;
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

    // How much of a queue's `maxbytes` it takes.
    std::size_t weight() const { return tag == Tag::integer || tag == Tag::real ? sizeof(integer) : size_; }

  private:
    struct Free {
        void operator()(char *memory) const { std::free(memory); }
    };
    std::unique_ptr<char, Free> data_;
    std::size_t size_ = 0;
};

}  // namespace subinterp
