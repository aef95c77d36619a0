#if defined(__linux__)

#include "extensions/library_copy.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>

#include "extensions/descriptor.hpp"
#include "extensions/elf_file.hpp"
#include "extensions/page_sharing.hpp"

namespace subinterp {

namespace {

constexpr int kLoadFlags = RTLD_NOW | RTLD_LOCAL;

std::string error_text() { return std::strerror(errno); }

// Returns false, with errno set, if not everything could be written.
bool write_copy(int target, const ElfFile &library, const std::vector<Patch> &patches) {
    const Descriptor source(open(library.path().c_str(), O_RDONLY | O_CLOEXEC));
    if (!source) return false;
    for (off_t offset = 0; static_cast<std::size_t>(offset) < library.loaded_size();) {
        const std::size_t left = library.loaded_size() - static_cast<std::size_t>(offset);
        const ssize_t sent = sendfile(target, source.number(), &offset, left);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) {
            if (sent == 0) errno = EIO;  // the file has become shorter
            return false;
        }
    }
    for (const Patch &patch : patches) {
        const auto written = pwrite(target, patch.bytes.data(), patch.bytes.size(), static_cast<off_t>(patch.offset));
        if (written != static_cast<ssize_t>(patch.bytes.size())) return false;
    }
    return true;
}

// A file of a folder by a path that was not used before: the dynamic loader takes an equal path for the same library. A
// number of its own is written into the path, in binary, with "/" and "/.".
std::string new_path_of(const std::string &folder, const std::string &name) {
    static std::atomic<std::uint64_t> last{0};
    std::string path = folder;
    for (std::uint64_t rest = ++last; rest; rest >>= 1) path += rest & 1 ? "/." : "/";
    return path + "/" + name;
}

std::string name_of(const ElfFile &library) { return library.path().substr(library.path().rfind('/') + 1); }

// Debuggers and dladdr() find the original file where the copy's path is told, which names nothing any more. A debugger
// would even take it for a descriptor of its own, and read from it.
void tell_path_of_original(link_map &loaded, const ElfFile &library) {
    const std::string folder = library.path().substr(0, library.path().size() - name_of(library).size() - 1);
    if (char *const path = strdup(new_path_of(folder, name_of(library)).c_str())) loaded.l_name = path;
}

// A memory file whose number is so high that a debugger that runs this process has no such descriptor.
int make_memory_file(const std::string &name) {
    constexpr int high = 700;  // usually at most 1024 are permitted
    const int made = memfd_create(name.substr(0, 200).c_str(), MFD_CLOEXEC);
    const int moved = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, high);
    if (moved < 0) return made;
    close(made);
    return moved;
}

// Loads the copy that is in this file. The handle is nullptr, with the reason added to `failure`, if that fails.
LoadedLibrary load_file(const std::string &path, int descriptor, const ElfFile &library, std::string &failure) {
    void *const handle = dlopen(path.c_str(), kLoadFlags);
    link_map *loaded = nullptr;
    if (!handle || dlinfo(handle, RTLD_DI_LINKMAP, &loaded) != 0) {
        failure += dlerror();
        return {};
    }
    tell_path_of_original(*loaded, library);
    return {handle, loaded->l_addr, share_pages(library, loaded->l_addr, descriptor)};
}

// Without a handle, and with the reason in `failure`, if the system does not permit it.
LoadedLibrary load_from_memory(const ElfFile &library, const std::vector<Patch> &patches, std::string &failure) {
    const Descriptor memory(make_memory_file(name_of(library)));
    if (!memory || !write_copy(memory.number(), library, patches)) {
        failure = "no copy can be made in memory: " + error_text();
        return {};
    }
    const std::string path = new_path_of("/proc/self/fd", std::to_string(memory.number()));
    return load_file(path, memory.number(), library, failure);
}

// A folder that only this user can read, and one file in it; both are removed at the end.
class TemporaryFile {
  public:
    TemporaryFile(const std::string &parent, const std::string &name) : folder_(parent + "/subinterp-XXXXXX") {
        if (!mkdtemp(folder_.data())) {
            folder_.clear();
            return;
        }
        path_ = folder_ + "/" + name;
        descriptor_.emplace(open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0700));
    }
    ~TemporaryFile() {
        if (!path_.empty()) unlink(path_.c_str());
        if (!folder_.empty()) rmdir(folder_.c_str());
    }
    TemporaryFile(const TemporaryFile &) = delete;
    TemporaryFile &operator=(const TemporaryFile &) = delete;
    explicit operator bool() const { return descriptor_ && *descriptor_; }
    const std::string &path() const { return path_; }
    int descriptor() const { return descriptor_->number(); }

  private:
    std::string folder_;
    std::string path_;
    std::optional<Descriptor> descriptor_;
};

LoadedLibrary load_from_folder(const std::string &parent, const ElfFile &library, const std::vector<Patch> &patches,
                               std::string &failure) {
    TemporaryFile file(parent, name_of(library));
    if (!file || !write_copy(file.descriptor(), library, patches)) {
        failure += "; no copy can be made in " + parent + ": " + error_text();
        return {};
    }
    failure += "; ";
    return load_file(file.path(), file.descriptor(), library, failure);
}

std::vector<std::string> temporary_folders() {
    std::vector<std::string> folders;
    for (const char *const variable : {"TMPDIR", "XDG_RUNTIME_DIR"}) {
        const char *const value = std::getenv(variable);
        if (value && *value == '/') folders.emplace_back(value);
    }
    for (const char *const folder : {"/dev/shm", "/tmp", "/var/tmp"}) folders.emplace_back(folder);
    return folders;
}

// Whether a copy elsewhere may succeed: a missing symbol is missing in every copy.
bool is_worth_another_folder(const std::string &failure) {
    return failure.find("no copy can be made") != std::string::npos ||
           failure.find("failed to map segment") != std::string::npos ||
           failure.find("cannot open shared object file") != std::string::npos;
}

}  // namespace

LoadedLibrary load_copy(const ElfFile &library, const std::vector<Patch> &patches) {
    std::string failure;
    LoadedLibrary loaded = load_from_memory(library, patches, failure);
    if (!loaded.handle && is_worth_another_folder(failure))
        for (const std::string &folder : temporary_folders())
            if ((loaded = load_from_folder(folder, library, patches, failure)).handle) break;
    if (!loaded.handle) throw std::runtime_error("no private copy of " + library.path() + " can be loaded: " + failure);
    return loaded;
}

}  // namespace subinterp

#endif
