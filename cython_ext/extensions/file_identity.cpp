#if defined(__linux__)

#include "extensions/file_identity.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace subinterp {

FileIdentity identity_of(const std::string &path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno));
    return {status.st_dev, status.st_ino, status.st_mtim.tv_sec, status.st_mtim.tv_nsec, status.st_size};
}

}  // namespace subinterp

#endif
