#include "shared.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <new>
#include <random>

#include "runtime_list.hpp"

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

struct SharedTable {
    std::mutex mutex;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> free;
    std::mt19937 random{std::random_device{}()};
    std::uint64_t last_serial = 0;
    std::uint32_t process = 0;
    std::int64_t live = 0;

    // All of these are called with the mutex held.

    std::uint32_t take_slot() {
        if (free.empty()) {
            if (slots.size() >= std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc();
            free.reserve(slots.size() + 1);  // so that giving a slot back never needs memory
            Slot slot;
            slot.generation = slot.first_generation = static_cast<std::uint32_t>(random());
            slots.push_back(slot);
            return static_cast<std::uint32_t>(slots.size() - 1);
        }
        const std::uint32_t slot = free.back();
        free.pop_back();
        return slot;
    }

    void add(Shared *object, Holder holder) {
        object->holds_.reserve(4);
        const std::uint32_t slot = take_slot();
        slots[slot].object = object;
        object->id_ = id_of(slot, slots[slot].generation);
        object->serial_ = ++last_serial;
        object->process_ = process;
        ++live;
        hold(*object, holder);
    }

    void remove(Shared &object) {
        const auto number = static_cast<std::uint32_t>(object.id_);
        Slot &slot = slots[number];
        slot.object = nullptr;
        --live;
        // A slot that has used up all its generations is never used again.
        if (++slot.generation != slot.first_generation) free.push_back(number);
    }

    Shared *find(std::uint64_t id) const {
        const auto number = static_cast<std::uint32_t>(id);
        if (number >= slots.size() || slots[number].generation != id >> 32) return nullptr;
        return slots[number].object;
    }

    static void hold(Shared &object, Holder holder) {
        ++object.total_;
        for (auto &entry : object.holds_) {
            if (entry.first == holder) {
                ++entry.second;
                return;
            }
        }
        object.holds_.emplace_back(holder, 1);
    }

    // True when that was the last one.
    static bool release(Shared &object, Holder holder) {
        const auto entry = std::find_if(object.holds_.begin(), object.holds_.end(),
                                        [&](const auto &candidate) { return candidate.first == holder; });
        if (entry != object.holds_.end() && --entry->second == 0) object.holds_.erase(entry);
        return --object.total_ == 0;
    }

    std::vector<Shared *> in_order() const {
        std::vector<Shared *> objects;
        for (const Slot &slot : slots) {
            if (slot.object) objects.push_back(slot.object);
        }
        std::sort(objects.begin(), objects.end(),
                  [](const Shared *one, const Shared *other) { return one->serial_ < other->serial_; });
        return objects;
    }

    SharedInfo info(const Shared &object) const {
        SharedInfo row;
        row.id = object.id_;
        row.kind = object.kind;
        row.holds = object.holds_;
        object.describe(row);
        return row;
    }

    // Threads of the parent may have waited for it: in a child, its conditions can be neither used up nor destroyed.
    bool can_be_deleted(Shared &object) const { return object.process_ == process || !object.guard(); }

    void count_process() { ++process; }
};

namespace {

SharedTable *make_table() {
    install_fork_handlers();  // threads can wait for shared objects before there is any sub-interpreter
    return new SharedTable;
}

// Never destroyed: a thread that outlives main() may still release what it holds.
SharedTable &table() {
    static SharedTable *const instance = make_table();
    return *instance;
}

}  // namespace

bool shared_add(Shared *object, Holder holder) {
    std::unique_ptr<Shared> owned(object);
    SharedTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    try {
        all.add(object, holder);
    } catch (const std::bad_alloc &) {
        return false;
    }
    owned.release();
    return true;
}

Shared *shared_acquire(std::uint64_t id, Kind kind, Holder holder) {
    SharedTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    Shared *const object = all.find(id);
    if (!object || object->kind != kind) return nullptr;
    all.hold(*object, holder);
    return object;
}

void shared_hold(Shared *object, Holder holder) {
    SharedTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.hold(*object, holder);
}

void shared_release(Shared *object, Holder holder) {
    SharedTable &all = table();
    bool deletable = false;
    {
        // The decision and the removal from the table are one step, so that shared_acquire can never revive an object
        // whose last hold has just gone.
        const std::lock_guard<std::mutex> lock(all.mutex);
        if (!all.release(*object, holder)) return;
        all.remove(*object);
        deletable = all.can_be_deleted(*object);
    }
    if (deletable) delete object;
}

std::int64_t shared_count() {
    SharedTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    return all.live;
}

std::vector<SharedInfo> shared_list() {
    SharedTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    std::vector<SharedInfo> rows;
    for (const Shared *object : all.in_order()) rows.push_back(all.info(*object));
    return rows;
}

void shared_interpreter_ended(Holder interpreter) {
    SharedTable &all = table();
    const std::lock_guard<std::mutex> lock(all.mutex);
    for (Shared *object : all.in_order()) object->interpreter_ended(interpreter);
}

void shared_before_fork() {
    SharedTable &all = table();
    all.mutex.lock();
    for (Shared *object : all.in_order()) {
        if (std::mutex *const guard = object->guard()) guard->lock();
    }
}

void shared_after_fork_in_parent() {
    SharedTable &all = table();
    for (Shared *object : all.in_order()) {
        if (std::mutex *const guard = object->guard()) guard->unlock();
    }
    all.mutex.unlock();
}

void shared_after_fork_in_child() {
    SharedTable &all = table();
    all.count_process();
    for (Shared *object : all.in_order()) object->forked();
    shared_after_fork_in_parent();
}

bool shared_pin(std::uint64_t id, std::vector<SharedRef> &pins) {
    SharedTable &all = table();
    Shared *object = nullptr;
    {
        const std::lock_guard<std::mutex> lock(all.mutex);
        object = all.find(id);
        if (!object) return false;
        all.hold(*object, kInFlight);
    }
    pins.emplace_back(object);
    return true;
}

}  // namespace subinterp
