// The few message kinds that C++ itself must know; subinterp_kernel/protocol.py names all of them.
#pragma once

namespace subinterp {

enum EventKind : int {
    kEventFinished = 0,  // a request that asked for it has its reply
    kEventStdout = 1,
    kEventStderr = 2,
};

enum RequestKind : int {
    kRequestCell = 3,  // these are counted
};

enum ReplyKind : int {
    kReplyClosed = 9,  // the worker closed before it took the request
};

}  // namespace subinterp
