// A library that does not use CPython, and can start threads that call back into its users.
#include <pthread.h>

int start_thread(void *(*function)(void *), void *argument) {
    pthread_t thread;
    return pthread_create(&thread, 0, function, argument);
}
