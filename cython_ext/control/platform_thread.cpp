#include "control/platform_thread.hpp"

#include <memory>

#ifdef _WIN32
#include <process.h>
#include <windows.h>
#else
#include <pthread.h>
#endif

namespace subinterp {

namespace {

struct Start {
    ThreadEntry entry;
    void *argument;
};

#ifdef _WIN32
unsigned __stdcall run(void *raw) {
    std::unique_ptr<Start> start(static_cast<Start *>(raw));
    start->entry(start->argument);
    return 0;
}
#else
void *run(void *raw) {
    std::unique_ptr<Start> start(static_cast<Start *>(raw));
    start->entry(start->argument);
    return nullptr;
}
#endif

}  // namespace

bool start_thread(ThreadEntry entry, void *argument, std::size_t stack_bytes) {
    auto start = std::make_unique<Start>(Start{entry, argument});
#ifdef _WIN32
    const auto handle = _beginthreadex(nullptr, static_cast<unsigned>(stack_bytes), run, start.get(),
                                       STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
    if (handle == 0) return false;
    CloseHandle(reinterpret_cast<HANDLE>(handle));
#else
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_t thread;
    const int failed = pthread_create(&thread, &attributes, run, start.get());
    pthread_attr_destroy(&attributes);
    if (failed) return false;
#endif
    start.release();  // the new thread owns it now
    return true;
}

}  // namespace subinterp
