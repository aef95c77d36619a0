#include "shared/shared_object.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <random>

#include "cpython/interpreter_list.hpp"

namespace subinterp {

namespace {

struct Slot {
    Shared *object = nullptr;
    std::uint32_t generation = 0;
    std::uint32_t first_generation = 0;
};

std::uint64_t id_of(std::uint32_t slot, std::uint32_t generation) {
    return static_cast<std::uint64_t>(generation) << 32 | slot;
}

}  // namespace

struct SharedObjectTable {
    std::mutex mutex;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free;
    std::mt19937 random;
    bool is_seeded = false;
    std::uint64_t last_serial = 0;
    std::uint32_t process = 0;
    std::int64_t live = 0;

    // Call all of these with the mutex locked.

    std::uint32_t random_generation() {
        if (!is_seeded) random.seed(std::random_device{}());
        is_seeded = true;
        return static_cast<std::uint32_t>(random());
    }

    void add_slot() {
        if (slots.size() >= std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
        Slot slot;
        slot.generation = slot.first_generation = random_generation();
        // `free` has room for every slot, so that releasing an object never allocates.
        if (free.capacity() <= slots.size()) free.reserve(2 * slots.size() + 1);
        slots.push_back(slot);
        free.push_back(static_cast<std::uint32_t>(slots.size() - 1));
    }

    void add(Shared *object, Holder holder) {
        if (free.empty()) add_slot();
        hold(*object, holder);
        const std::uint32_t slot = free.back();
        free.pop_back();
        slots[slot].object = object;
        object->id_ = id_of(slot, slots[slot].generation);
        object->serial_ = ++last_serial;
        object->process_ = process;
        ++live;
    }

    void remove(Shared &object) noexcept {
        const auto number = static_cast<std::uint32_t>(object.id_);
        Slot &slot = slots[number];
        slot.object = nullptr;
        --live;
        // A slot that has used all its generations is never used again.
        if (++slot.generation != slot.first_generation) free.push_back(number);
    }

    Shared *find(std::uint64_t id) const {
        const auto number = static_cast<std::uint32_t>(id);
        if (number >= slots.size() || slots[number].generation != id >> 32) return nullptr;
        return slots[number].object;
    }

    static void hold(Shared &object, Holder holder) {
        const auto entry = entry_of(object, holder);
        if (entry == object.holds_.end()) {
            object.holds_.emplace_back(holder, 1);
        } else {
            ++entry->second;
        }
        ++object.total_;  // last: emplace_back may throw
    }

    static std::vector<std::pair<Holder, std::int64_t>>::iterator entry_of(Shared &object, Holder holder) {
        return std::find_if(object.holds_.begin(), object.holds_.end(),
                            [&](const auto &candidate) { return candidate.first == holder; });
    }

    // Returns whether that was the last hold.
    static bool release(Shared &object, Holder holder) noexcept {
        const auto entry = entry_of(object, holder);
        if (entry != object.holds_.end() && --entry->second == 0) object.holds_.erase(entry);
        return --object.total_ == 0;
    }

    template <typename Function>
    void for_each(Function function) const {
        for (const Slot &slot : slots) {
            if (slot.object) function(*slot.object);
        }
    }

    std::vector<Shared *> by_age() const {
        std::vector<Shared *> objects;
        for_each([&](Shared &object) { objects.push_back(&object); });
        std::sort(objects.begin(), objects.end(),
                  [](const Shared *one, const Shared *other) { return one->serial_ < other->serial_; });
        return objects;
    }

    SharedObjectInfo info(const Shared &object) const {
        SharedObjectInfo row;
        row.id = object.id_;
        row.kind = object.kind;
        row.holds = object.holds_;
        object.describe(row);
        return row;
    }

    // In a forked child, threads of the parent still count as waiting for the parent's objects, which therefore cannot
    // be destroyed there.
    bool can_be_deleted(Shared &object) const noexcept { return object.process_ == process || !object.guard(); }
};

namespace {

// Never destroyed: a thread that outlives main() may still release holds. In static memory, so that this cannot throw.
SharedObjectTable &table() noexcept {
    alignas(SharedObjectTable) static unsigned char storage[sizeof(SharedObjectTable)];
    static SharedObjectTable *const instance = new (storage) SharedObjectTable;
    // Threads can wait for shared objects before there is any sub-interpreter.
    static const bool has_fork_handlers = install_fork_handlers();
    (void)has_fork_handlers;
    return *instance;
}

}  // namespace

void shared_add(std::unique_ptr<Shared> object, Holder holder) {
    SharedObjectTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.add(object.get(), holder);
    object.release();
}

Shared *shared_acquire(std::uint64_t id, Kind kind, Holder holder) {
    SharedObjectTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    Shared *const object = all.find(id);
    if (!object || object->kind != kind) return nullptr;
    all.hold(*object, holder);
    return object;
}

void shared_hold(Shared *object, Holder holder) {
    SharedObjectTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.hold(*object, holder);
}

void shared_release(Shared *object, Holder holder) noexcept {
    SharedObjectTable &all = table();
    bool deletable = false;
    {
        // The decision and the removal from the table are one step, so that shared_acquire cannot find an object
        // whose last hold was just released.
        const std::lock_guard<std::mutex> lock(all.mutex);
        if (!all.release(*object, holder)) return;
        all.remove(*object);
        deletable = all.can_be_deleted(*object);
    }
    if (deletable) delete object;
}

std::int64_t shared_count() noexcept {
    SharedObjectTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    return all.live;
}

std::vector<SharedObjectInfo> shared_list() {
    SharedObjectTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::vector<SharedObjectInfo> rows;
    for (const Shared *object : all.by_age()) rows.push_back(all.info(*object));
    return rows;
}

void shared_interpreter_ended(Holder interpreter) noexcept {
    SharedObjectTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.for_each([&](Shared &object) { object.interpreter_ended(interpreter); });
}

// No thread holds two guards, so the order in which they are locked does not matter.
void shared_before_fork() noexcept {
    SharedObjectTable &all = table();
    all.mutex.lock();
    all.for_each([](Shared &object) {
        if (std::mutex *const guard = object.guard()) guard->lock();
    });
}

void shared_after_fork_in_parent() noexcept {
    SharedObjectTable &all = table();
    all.for_each([](Shared &object) {
        if (std::mutex *const guard = object.guard()) guard->unlock();
    });
    all.mutex.unlock();
}

void shared_after_fork_in_child() noexcept {
    SharedObjectTable &all = table();
    ++all.process;
    all.for_each([](Shared &object) { object.forked(); });
    shared_after_fork_in_parent();
}

bool shared_pin(std::uint64_t id, std::vector<SharedRef> &pins) {
    SharedObjectTable &all = table();
    Shared *object = nullptr;
    {
        const std::lock_guard<std::mutex> lock(all.mutex);
        object = all.find(id);
        if (!object) return false;
        all.hold(*object, kInFlight);
    }
    SharedRef pin(object);  // releases the hold if push_back throws
    pins.push_back(std::move(pin));
    return true;
}

}  // namespace subinterp
