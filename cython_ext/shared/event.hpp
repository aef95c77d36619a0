// Events across interpreters.
#pragma once

#include <atomic>

#include "shared/shared_object.hpp"
#include "wait/wait.hpp"

namespace subinterp {

class EventWait;

class SharedEvent final : public Shared {
  public:
    SharedEvent() : Shared(Kind::event) {}

    bool is_set() const { return set_; }
    void set();
    void clear();
    void enter(EventWait &wait);

    std::mutex *guard() noexcept override { return &mutex_; }
    void forked() noexcept override { was_set_.reset_after_fork(); }

  private:
    friend class EventWait;
    std::mutex mutex_;
    ForkSafeCondition was_set_;
    std::atomic<bool> set_{false};
    std::atomic<std::uint64_t> times_{0};  // how many times it was set
};

class EventWait final : public Wait {
  public:
    Status slice(Deadline until) noexcept override;

  private:
    friend class SharedEvent;
    // A waiting thread must notice that the event was set even if it was cleared again at once.
    bool was_set() const { return event_->set_ || event_->times_ != times_before_; }

    SharedEvent *event_ = nullptr;
    std::uint64_t times_before_ = 0;
};

}  // namespace subinterp
