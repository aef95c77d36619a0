// Events: flags that threads wait for.
#pragma once

#include <atomic>

#include "shared.hpp"
#include "waiting.hpp"

namespace subinterp {

class EventWait;

class SharedEvent final : public Shared {
  public:
    SharedEvent() : Shared(Kind::event) {}

    bool is_set() const { return set_; }
    void set();
    void clear();
    void enter(EventWait &wait);

    std::mutex *guard() override { return &mutex_; }
    void forked() override { was_set_.forget_sleepers(); }

  private:
    friend class EventWait;
    std::mutex mutex_;
    WaitingRoom was_set_;
    std::atomic<bool> set_{false};
    std::atomic<std::uint64_t> times_{0};  // how often it was set
};

class EventWait final : public Wait {
  public:
    Outcome slice(Moment until) override;

  private:
    friend class SharedEvent;
    // Who waits shall see that it was set even if it was cleared again at once.
    bool was_set() const { return event_->set_ || event_->times_ != times_before_; }

    SharedEvent *event_ = nullptr;
    std::uint64_t times_before_ = 0;
};

}  // namespace subinterp
