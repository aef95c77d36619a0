// What interpreters share: counted objects of the process, found by id. Knows nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace subinterp {

enum class Kind : int { memory, atomic_int, atomic_flag, lock, rlock, event, condition, semaphore, barrier, queue };

// Who holds an object: an interpreter, by CPython's id of it, or a message that nobody has read yet.
using Holder = std::int64_t;
constexpr Holder kInFlight = -1;

// How the table of shared objects shows one of them.
struct SharedInfo {
    std::uint64_t id = 0;
    Kind kind = Kind::memory;
    std::size_t nbytes = 0;
    std::string format;               // of memory: a struct format code
    std::vector<std::int64_t> shape;  // of memory
    std::vector<std::pair<Holder, std::int64_t>> holds;
};

// The base of everything that crosses by reference. Lives from shared_add until its last hold is released.
class Shared {
  public:
    const Kind kind;

    explicit Shared(Kind of) : kind(of) {}
    Shared(const Shared &) = delete;
    Shared &operator=(const Shared &) = delete;
    virtual ~Shared() = default;

    std::uint64_t id() const { return id_; }

    // The mutex of what threads wait for: a fork must find it unlocked. The table's own mutex is never taken under it.
    virtual std::mutex *guard() { return nullptr; }
    // An interpreter is gone, and will never release what it has acquired.
    virtual void interpreter_ended(Holder) {}
    // In a forked child, under the guard: no other thread and no sub-interpreter has come along.
    virtual void forked() {}
    virtual void describe(SharedInfo &) const {}

  private:
    friend struct SharedTable;
    std::uint64_t id_ = 0;
    std::uint64_t serial_ = 0;   // in the order of their making
    std::uint32_t process_ = 0;  // how often the process had been forked by then
    std::int64_t total_ = 0;
    std::vector<std::pair<Holder, std::int64_t>> holds_;
};

// Puts a new object into the table, held once by `holder`. Takes it over; returns false, and has deleted it, when there
// is no memory or no id left.
bool shared_add(Shared *object, Holder holder);

// The live object of that id and kind, held once more; nullptr when there is none. An id is a slot and the slot's
// generation, which begins at random: neither a stale id nor a guessed one finds anything.
Shared *shared_acquire(std::uint64_t id, Kind kind, Holder holder);

void shared_hold(Shared *object, Holder holder);

// Drops one hold; the last one deletes the object.
void shared_release(Shared *object, Holder holder);

std::int64_t shared_count();
std::vector<SharedInfo> shared_list();

// To be called when an interpreter has ended, or was left behind.
void shared_interpreter_ended(Holder interpreter);

void shared_before_fork();
void shared_after_fork_in_parent();
void shared_after_fork_in_child();

// One hold of a message as a value: copied and dropped like a number, and thereby pinned by whatever contains it.
class SharedRef {
  public:
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

// Adds a hold on the object of that id, whatever its kind, to pins. Returns false when no such object lives.
bool shared_pin(std::uint64_t id, std::vector<SharedRef> &pins);

}  // namespace subinterp
