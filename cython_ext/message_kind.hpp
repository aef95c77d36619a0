// The few message kinds that C++ itself must know; subinterp_kernel/protocol.py names all of them.
#pragma once

namespace subinterp {

enum EventKind : int {
    kEventFinished = 0,  // a request that asked for it has its reply
    kEventStdout = 1,
    kEventStderr = 2,
    kEventBegun = 10,  // a cell that asked for it is being worked on
};

enum RequestKind : int {
    kRequestExec = 1,
    kRequestCall = 2,
    kRequestCell = 3,  // these are counted
};

// Whether it runs a user's code, for as long as that takes.
constexpr bool is_work(int kind) { return kind == kRequestExec || kind == kRequestCall || kind == kRequestCell; }

enum ReplyKind : int {
    kReplyClosed = 9,       // the worker closed before it took the request
    kReplyWithdrawn = 10,   // whoever had sent it took it back before the worker came to it
    kReplyLeftBehind = 11,  // the worker was given up while it worked on it
};

}  // namespace subinterp
