#if defined(__linux__)

#include "extensions/private_libraries.hpp"

#include <Python.h>
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <climits>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <vector>

#include "extensions/elf_file.hpp"
#include "extensions/file_identity.hpp"
#include "extensions/loaded_copy.hpp"

namespace subinterp {

namespace {

struct Replacement {
    const char *name;
    void *function;
};

// A loaded copy, and whether it was initialized for the interpreter that has it now.
struct Entry {
    FileIdentity identity;
    std::unique_ptr<LoadedCopy> copy;
    std::string name;  // of a library that others need
    bool in_use = false;
};

// The private copies of one interpreter, used by its own threads with its GIL. After its end another one takes them.
class PrivateLibraries {
  public:
    PrivateLibraries();
    void open();
    bool close(double seconds) { return close_(seconds); }
    bool can_be_reused() const;
    void *load_extension(const std::string &path);
    void set_module_name(const char *name) { set_module_name_(name); }
    std::size_t bytes_in_use() const;

  private:
    Entry *reuse(const std::string &path);
    Entry &load(const std::string &path, const ElfFile &file, std::vector<Patch> patches);
    std::vector<Patch> load_dependencies(const ElfFile &library);
    std::string load_library(const std::string &path, const std::string &name);

    std::unique_ptr<LoadedCopy> attach_;
    Replacements replacements_;
    void (*set_module_name_)(const char *) = nullptr;
    int (*close_)(double) = nullptr;
    std::map<std::string, Entry> entries_;  // by the path of the original
};

// Held while libraries are loaded: a child of a fork in between could not load any, because the dynamic loader's own
// state would be incomplete there.
std::recursive_mutex loading_mutex;

std::mutex table_mutex;
std::map<std::int64_t, std::shared_ptr<PrivateLibraries>> table;  // by the interpreter's id
std::vector<std::shared_ptr<PrivateLibraries>> unused;            // of interpreters that have ended

// The path of another library of this package.
std::string beside_this_library(const char *name) {
    Dl_info here{};
    if (!dladdr(reinterpret_cast<void *>(&load_private_copy), &here) || !here.dli_fname)
        throw std::runtime_error("the libraries of this package cannot be found");
    const std::string path = here.dli_fname;
    return path.substr(0, path.rfind('/') + 1) + name;
}

template <typename Function>
Function function_of(void *library, const char *name) {
    void *const found = dlsym(library, name);
    if (!found) throw std::runtime_error(std::string(name) + " is missing");
    return reinterpret_cast<Function>(found);
}

// Where a library that another one needs is, or an empty text if the system's folders must be searched.
std::string find_library(const ElfFile &user, const std::string &name) {
    for (const std::string &folder : user.search_path()) {
        char resolved[PATH_MAX];
        const std::string candidate = folder + "/" + name;
        if (access(candidate.c_str(), R_OK) == 0 && realpath(candidate.c_str(), resolved)) return resolved;
    }
    return "";
}

// A name of the same length that no library of this process has had: as long as the old one, it replaces it in place.
std::string new_name(const std::string &name) {
    static std::atomic<std::uint32_t> last{0};
    constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    constexpr std::size_t length = 5;
    std::string changed = name;
    std::uint32_t rest = ++last;
    for (std::size_t i = length; i-- > 0; rest /= 36) changed[i] = digits[rest % 36];
    return changed;
}

bool uses_python(const ElfFile &library) {
    return library.imports_with_prefix("Py") || library.imports_with_prefix("_Py");
}

PrivateLibraries::PrivateLibraries() {
    const ElfFile file(beside_this_library("libsubinterp_attach.so"));
    attach_ = std::make_unique<LoadedCopy>(file, std::vector<Patch>{}, Replacements{});
    set_module_name_ = function_of<void (*)(const char *)>(attach_->handle(), "subinterp_attach_set_module_name");
    close_ = function_of<int (*)(double)>(attach_->handle(), "subinterp_attach_close");
}

// Makes all copies as new for the calling interpreter.
void PrivateLibraries::open() {
    attach_->restore();
    attach_->initialize();
    const auto open_attach =
        function_of<const Replacement *(*)(PyInterpreterState *)>(attach_->handle(), "subinterp_attach_open");
    for (const Replacement *each = open_attach(PyInterpreterState_Get()); each->name; ++each)
        replacements_.emplace(each->name, each->function);
    for (auto &[path, entry] : entries_) entry.in_use = false;
}

bool PrivateLibraries::can_be_reused() const {
    for (const auto &[path, entry] : entries_)
        if (entry.in_use && entry.copy->starts_threads()) return false;
    return true;
}

std::size_t PrivateLibraries::bytes_in_use() const {
    std::size_t bytes = 0;
    for (const auto &[path, entry] : entries_)
        if (entry.in_use) bytes += entry.copy->bytes();
    return bytes;
}

void *PrivateLibraries::load_extension(const std::string &path) {
    if (const Entry *const found = reuse(path)) return found->copy->handle();
    const ElfFile file(path);
    return load(path, file, load_dependencies(file)).copy->handle();
}

// Returns a copy that is not in use, after preparing it and what it needs; nullptr if there is none.
Entry *PrivateLibraries::reuse(const std::string &path) {
    const auto found = entries_.find(path);
    if (found == entries_.end() || found->second.in_use || found->second.identity != identity_of(path)) return nullptr;
    load_dependencies(ElfFile(path));
    found->second.copy->restore();
    found->second.in_use = true;
    found->second.copy->initialize();
    return &found->second;
}

Entry &PrivateLibraries::load(const std::string &path, const ElfFile &file, std::vector<Patch> patches) {
    Entry entry{identity_of(path), std::make_unique<LoadedCopy>(file, std::move(patches), replacements_), "", true};
    Entry &stored = entries_[path] = std::move(entry);
    stored.copy->initialize();
    return stored;
}

// Loads what a library needs before the library itself, because its copy lies elsewhere and would not find them. The
// dynamic loader then recognizes them by their names.
std::vector<Patch> PrivateLibraries::load_dependencies(const ElfFile &library) {
    std::vector<Patch> patches;
    for (const FileString &needed : library.needed()) {
        const std::string path = find_library(library, needed.text);
        if (path.empty()) continue;
        if (uses_python(ElfFile(path))) {
            patches.push_back({needed.offset, load_library(path, needed.text)});
        } else if (!dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
            throw std::runtime_error("a library that " + library.path() + " needs cannot be loaded: " + dlerror());
        }
    }
    return patches;
}

// Loads a private copy of a library under another name; returns the name.
std::string PrivateLibraries::load_library(const std::string &path, const std::string &name) {
    const auto known = entries_.find(path);
    if (known != entries_.end() && known->second.in_use) return known->second.name;
    if (const Entry *const found = reuse(path)) return found->name;
    const ElfFile file(path);
    if (file.soname().text != name || name.size() < 8)
        throw std::runtime_error(path + " keeps Python objects of one interpreter, and its name, " + name +
                                 ", cannot be changed in a copy");
    const std::string changed = new_name(name);
    std::vector<Patch> patches = load_dependencies(file);
    patches.push_back({file.soname().offset, changed});
    load(path, file, std::move(patches)).name = changed;
    return changed;
}

std::shared_ptr<PrivateLibraries> take_unused() {
    const std::lock_guard<std::mutex> lock(table_mutex);
    if (unused.empty()) return nullptr;
    auto taken = std::move(unused.back());
    unused.pop_back();
    return taken;
}

std::shared_ptr<PrivateLibraries> of_this_interpreter() {
    const std::int64_t id = PyInterpreterState_GetID(PyInterpreterState_Get());
    {
        const std::lock_guard<std::mutex> lock(table_mutex);
        const auto found = table.find(id);
        if (found != table.end()) return found->second;
    }
    auto libraries = take_unused();
    if (!libraries) libraries = std::make_shared<PrivateLibraries>();
    libraries->open();
    const std::lock_guard<std::mutex> lock(table_mutex);
    return table.emplace(id, std::move(libraries)).first->second;
}

std::shared_ptr<PrivateLibraries> libraries_of(std::int64_t interpreter_id) {
    const std::lock_guard<std::mutex> lock(table_mutex);
    const auto found = table.find(interpreter_id);
    return found == table.end() ? nullptr : found->second;
}

}  // namespace

void *find_function(void *library, const std::string &name) noexcept { return dlsym(library, name.c_str()); }

void *load_private_copy(const std::string &path, std::size_t &bytes) {
    const std::lock_guard<std::recursive_mutex> lock(loading_mutex);
    const auto libraries = of_this_interpreter();
    const std::size_t before = libraries->bytes_in_use();
    void *const handle = libraries->load_extension(path);
    bytes += libraries->bytes_in_use() - before;
    return handle;
}

void set_module_name(const std::string &name) {
    static std::set<std::string> names;  // modules keep their addresses
    const auto libraries = of_this_interpreter();
    const std::lock_guard<std::mutex> lock(table_mutex);
    libraries->set_module_name(names.insert(name).first->c_str());
}

bool close_private_libraries(std::int64_t interpreter_id, double seconds) noexcept {
    const auto libraries = libraries_of(interpreter_id);
    return !libraries || libraries->close(seconds);
}

void private_libraries_before_fork() noexcept {
    loading_mutex.lock();
    table_mutex.lock();
}

void private_libraries_after_fork() noexcept {
    table_mutex.unlock();
    loading_mutex.unlock();
}

void release_private_libraries(std::int64_t interpreter_id) noexcept {
    const std::lock_guard<std::mutex> lock(table_mutex);
    const auto found = table.find(interpreter_id);
    if (found == table.end()) return;
    try {
        if (found->second->can_be_reused()) unused.push_back(found->second);
    } catch (const std::bad_alloc &) {
        // Then the next interpreter loads its own.
    }
    table.erase(found);
}

}  // namespace subinterp

#endif
