// One hold on a shared object, released by the destructor. Knows nothing of Python.
#pragma once

#include <memory>
#include <utility>

#include "shared/shared_object.hpp"

namespace subinterp {

template <typename Object>
class Held {
  public:
    Held() = default;
    Held(Held &&other) noexcept : object_(std::exchange(other.object_, nullptr)), holder_(other.holder_) {}
    Held &operator=(Held &&other) noexcept {
        std::swap(object_, other.object_);
        std::swap(holder_, other.holder_);
        return *this;
    }
    ~Held() { reset(); }

    Object *get() const { return object_; }
    Object *operator->() const { return object_; }

    // Holds a new object, which gets an id. Throws std::bad_alloc.
    template <typename... Arguments>
    void make(Holder holder, Arguments &&...arguments) {
        auto made = std::make_unique<Object>(std::forward<Arguments>(arguments)...);
        Object *const object = made.get();
        shared_add(std::move(made), holder);
        take(object, holder);
    }

    // Holds the live object of that id and kind. Returns false if there is none. Throws std::bad_alloc.
    bool find(Holder holder, std::uint64_t id, Kind kind) {
        Shared *const object = shared_acquire(id, kind, holder);
        if (object) take(static_cast<Object *>(object), holder);
        return object != nullptr;
    }

    // Holds an object that the caller holds, too. Throws std::bad_alloc.
    void share(Holder holder, Object *object) {
        shared_hold(object, holder);
        take(object, holder);
    }

    void reset() noexcept {
        if (object_) shared_release(std::exchange(object_, nullptr), holder_);
    }

  private:
    void take(Object *object, Holder holder) noexcept {
        reset();
        object_ = object;
        holder_ = holder;
    }

    Object *object_ = nullptr;
    Holder holder_ = 0;
};

}  // namespace subinterp
