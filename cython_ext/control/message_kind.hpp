// The message kinds that C++ handles; subinterp_kernel/messaging/protocol.py has all of them.
#pragma once

namespace subinterp {

enum EventKind : int {
    kEventFinished = 0,  // a request with `announce` has its reply
    kEventStdout = 1,
    kEventStderr = 2,
    kEventStarted = 10,  // a cell with `announce` has started
};

enum RequestKind : int {
    kRequestExec = 1,
    kRequestCall = 2,
    kRequestCell = 3,
    kRequestTask = 12,
};

// Whether it runs user code, for an unknown time.
constexpr bool is_work(int kind) {
    return kind == kRequestExec || kind == kRequestCall || kind == kRequestCell || kind == kRequestTask;
}

enum ReplyKind : int {
    kReplyRaised = 1,
    kReplyClosed = 9,       // the worker closed before it took the request
    kReplyWithdrawn = 10,   // the sender withdrew the request before the worker took it
    kReplyLeftBehind = 11,  // the worker was left behind while it ran the request
};

}  // namespace subinterp
