// What interpreters share: counted objects of the process, found by id. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace subinterp {

enum class Kind : int { memory, atomic_int, atomic_flag, lock, rlock, event, condition, semaphore, barrier, queue };

// Who holds an object: an interpreter, by CPython's id of it, or an unread message.
using Holder = std::int64_t;
constexpr Holder kInFlight = -1;

// A row in the list of shared objects.
struct SharedObjectInfo {
    std::uint64_t id = 0;
    Kind kind = Kind::memory;
    std::size_t nbytes = 0;
    std::string format;               // of memory: a struct format code
    std::vector<std::int64_t> shape;  // of memory
    std::vector<std::pair<Holder, std::int64_t>> holds;
};

// The base of all objects that cross by reference. Lives from shared_add until its last hold is released.
class Shared {
  public:
    const Kind kind;

    explicit Shared(Kind of) : kind(of) {}
    Shared(const Shared &) = delete;
    Shared &operator=(const Shared &) = delete;
    virtual ~Shared() = default;

    std::uint64_t id() const { return id_; }

    // The mutex that waiting threads use; nullptr without one. It must be unlocked when the process forks. The mutex of
    // the table is never locked while this one is.
    virtual std::mutex *guard() noexcept { return nullptr; }
    // That interpreter has ended and will not release what it acquired.
    virtual void interpreter_ended(Holder) noexcept {}
    // Called in a forked child, with the guard locked: the other threads and interpreters do not exist there.
    virtual void forked() noexcept {}
    virtual void describe(SharedObjectInfo &) const {}

  private:
    friend struct SharedObjectTable;
    std::uint64_t id_ = 0;
    std::uint64_t serial_ = 0;   // increases with each new object
    std::uint32_t process_ = 0;  // how often the process had been forked when this was created
    std::int64_t total_ = 0;
    std::vector<std::pair<Holder, std::int64_t>> holds_;
};

// All functions here are thread-safe. Those that are not noexcept throw std::bad_alloc and then change nothing.

// Adds a new object to the table, held once by `holder`.
void shared_add(std::unique_ptr<Shared> object, Holder holder);

// Returns the live object of that id and kind, held once more; nullptr if there is none. An id is a slot and the slot's
// generation, which starts at a random number: a stale or a guessed id finds nothing.
Shared *shared_acquire(std::uint64_t id, Kind kind, Holder holder);

void shared_hold(Shared *object, Holder holder);

// Releases one hold; the last one deletes the object.
void shared_release(Shared *object, Holder holder) noexcept;

std::int64_t shared_count() noexcept;
std::vector<SharedObjectInfo> shared_list();

// Call when an interpreter has ended or was abandoned.
void shared_interpreter_ended(Holder interpreter) noexcept;

void shared_before_fork() noexcept;
void shared_after_fork_in_parent() noexcept;
void shared_after_fork_in_child() noexcept;

// A hold of a message, as a value: whatever contains it keeps the object alive.
class SharedRef {
  public:
    // Takes over one hold of kInFlight.
    explicit SharedRef(Shared *held) : object_(held) {}
    SharedRef(const SharedRef &other) : object_(other.object_) {
        if (object_) shared_hold(object_, kInFlight);
    }
    SharedRef(SharedRef &&other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
    SharedRef &operator=(SharedRef other) noexcept {
        std::swap(object_, other.object_);
        return *this;
    }
    ~SharedRef() {
        if (object_) shared_release(object_, kInFlight);
    }
    Shared *get() const { return object_; }

  private:
    Shared *object_;
};

// Adds a hold on the object of that id, of any kind, to `pins`. Returns false if there is no such object.
bool shared_pin(std::uint64_t id, std::vector<SharedRef> &pins);

}  // namespace subinterp
