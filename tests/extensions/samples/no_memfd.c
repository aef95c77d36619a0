// Preloaded into a process, this library stands in for a system that has no files in memory.
#include <errno.h>

int memfd_create(const char *name, unsigned int flags) {
    errno = ENOSYS;
    return -1;
}
