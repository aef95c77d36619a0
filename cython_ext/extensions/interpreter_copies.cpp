#if defined(__linux__)

#include "extensions/interpreter_copies.hpp"

#include <Python.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "extensions/elf_file.hpp"

namespace subinterp {

namespace {

struct Replacement {
    const char *name;
    void *function;
};

// The path of another library of this package.
std::string beside_this_library(const char *name) {
    Dl_info here{};
    static const char anchor = 0;
    if (!dladdr(&anchor, &here) || !here.dli_fname)
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

}  // namespace

void InterpreterCopies::load_attach() {
    const ElfFile file(beside_this_library("libsubinterp_attach.so"));
    attach_ = std::make_unique<LoadedCopy>(file, std::vector<Patch>{}, Replacements{});
    set_module_name_ = function_of<void (*)(const char *)>(attach_->handle(), "subinterp_attach_set_module_name");
    close_ = function_of<int (*)(double)>(attach_->handle(), "subinterp_attach_close");
    has_threads_ = function_of<int (*)()>(attach_->handle(), "subinterp_attach_has_threads");
}

void InterpreterCopies::open() {
    if (attach_)
        attach_->restore({});
    else
        load_attach();
    attach_->initialize();
    const auto open_attach =
        function_of<const Replacement *(*)(PyInterpreterState *)>(attach_->handle(), "subinterp_attach_open");
    for (const Replacement *each = open_attach(PyInterpreterState_Get()); each->name; ++each)
        replacements_[each->name] = each->function;
    for (auto &[path, entry] : entries_) entry.in_use = false;
}

std::size_t InterpreterCopies::bytes_in_use() const {
    std::size_t bytes = 0;
    for (const auto &[path, entry] : entries_)
        if (entry.in_use) bytes += entry.copy->bytes();
    return bytes;
}

void *InterpreterCopies::load_extension(const std::string &path) {
    if (const Entry *const found = reuse(path)) return found->copy->handle();
    const ElfFile file(path);
    return load(path, file, load_dependencies(file), threads_of(file)).copy->handle();
}

// Returns a copy that is not in use, after preparing it and what it needs; nullptr if there is none.
InterpreterCopies::Entry *InterpreterCopies::reuse(const std::string &path) {
    const auto found = entries_.find(path);
    if (found == entries_.end() || found->second.in_use || found->second.identity != identity_of(path)) return nullptr;
    load_dependencies(ElfFile(path));
    found->second.copy->restore(replacements_);
    found->second.in_use = true;
    found->second.copy->initialize();
    return &found->second;
}

InterpreterCopies::Entry &InterpreterCopies::load(const std::string &path, const ElfFile &file,
                                                  Dependencies dependencies, Threads threads) {
    const FileIdentity identity = identity_of(path);
    auto copy = std::make_unique<LoadedCopy>(file, std::move(dependencies.patches), replacements_);
    Entry &stored = entries_[path] =
        Entry{identity, std::move(copy), threads, std::move(dependencies.copies), "", true};
    stored.copy->initialize();
    return stored;
}

// Loads what a library needs before the library itself, because its copy lies elsewhere and would not find them. The
// dynamic loader then recognizes them by their names.
InterpreterCopies::Dependencies InterpreterCopies::load_dependencies(const ElfFile &library) {
    Dependencies found;
    for (const FileString &needed : library.needed()) {
        const std::string path = find_library(library, needed.text);
        if (path.empty()) continue;
        const ElfFile file(path);
        if (uses_python(file)) {
            found.patches.push_back({needed.offset, load_library(path, needed.text)});
            found.copies.insert(path);
        } else if (!dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)) {
            throw std::runtime_error("a library that " + library.path() + " needs cannot be loaded: " + dlerror());
        }
        found.others_with_threads |= threads_of(file) != Threads::none;
    }
    return found;
}

// Loads a private copy of a library under another name; returns the name.
std::string InterpreterCopies::load_library(const std::string &path, const std::string &name) {
    const auto known = entries_.find(path);
    if (known != entries_.end() && known->second.in_use) return known->second.name;
    if (const Entry *const found = reuse(path)) return found->name;
    const ElfFile file(path);
    if (file.soname().text != name || name.size() < 8)
        throw std::runtime_error(path + " keeps Python objects of one interpreter, and its name, " + name +
                                 ", cannot be changed in a copy");
    const std::string changed = new_name(name);
    Dependencies dependencies = load_dependencies(file);
    dependencies.patches.push_back({file.soname().offset, changed});
    // Such a library exists to be called back by those that it needs, and their threads are not noticed: those of
    // Arrow call pyarrow's.
    const Threads threads = dependencies.others_with_threads ? Threads::unnoticed : threads_of(file);
    load(path, file, std::move(dependencies), threads).name = changed;
    return changed;
}

InterpreterCopies::Threads InterpreterCopies::threads_of(const ElfFile &file) {
    constexpr std::string_view noticed =
        "_ZNSt6thread15_M_start_threadESt10unique_ptrINS_6_StateESt14default_deleteIS1_EEPFvvE";
    constexpr std::string_view another = "_ZNSt6thread15_M_start_thread";
    if (file.imports("clone") || (file.imports_with_prefix(another) && !file.imports(noticed)))
        return Threads::unnoticed;
    const bool can = file.imports("pthread_create") || file.imports("thrd_create") || file.imports(noticed);
    return can ? Threads::noticed : Threads::none;
}

void InterpreterCopies::drop_copies_with_threads() {
    const bool has_threads = has_threads_();
    std::set<std::string> dropped;
    for (const auto &[path, entry] : entries_)
        if (entry.in_use && (entry.threads == Threads::unnoticed || (has_threads && entry.threads == Threads::noticed)))
            dropped.insert(path);
    if (dropped.empty()) return;
    for (const std::string &path : connected_with(std::move(dropped))) entries_.erase(path);
    attach_.reset();  // the threads may call it, too
}

// These copies, those that are linked with them, and so on.
std::set<std::string> InterpreterCopies::connected_with(std::set<std::string> paths) const {
    for (std::size_t before = 0; before < paths.size();) {
        before = paths.size();
        for (const auto &[path, entry] : entries_) {
            const bool is_connected = paths.count(path) || std::any_of(entry.needs.begin(), entry.needs.end(),
                                                                       [&](auto &each) { return paths.count(each); });
            if (!is_connected) continue;
            paths.insert(path);
            paths.insert(entry.needs.begin(), entry.needs.end());
        }
    }
    return paths;
}

}  // namespace subinterp

#endif
