// The private copies of one interpreter. After its end another interpreter takes them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "extensions/file_identity.hpp"
#include "extensions/loaded_copy.hpp"

namespace subinterp {

class ElfFile;

// Used by the threads of its interpreter, with that interpreter's GIL.
class InterpreterCopies {
  public:
    // Makes all copies as new for the calling interpreter. Throws std::runtime_error.
    void open();

    // Lets no more threads attach to the interpreter; returns whether none is left after that time. Detached.
    bool close(double seconds) { return close_(seconds); }

    // Forgets the copies that threads may still use. They stay loaded.
    void drop_copies_with_threads();

    // The handle of the copy of an extension module. Throws std::runtime_error.
    void *load_extension(const std::string &path);

    void set_module_name(const char *name) { set_module_name_(name); }
    std::size_t bytes_in_use() const;

  private:
    // Whether a library can start threads, and whether that would be noticed.
    enum class Threads { none, noticed, unnoticed };

    struct Entry {
        FileIdentity identity;
        std::unique_ptr<LoadedCopy> copy;
        Threads threads;
        std::set<std::string> needs;  // paths of other entries
        std::string name;             // of a library that others need
        bool in_use = false;          // by the interpreter that has it now
    };

    // What a library needs, after that was loaded.
    struct Dependencies {
        std::vector<Patch> patches;
        std::set<std::string> copies;  // paths
        bool others_with_threads = false;
    };

    void load_attach();
    Entry *reuse(const std::string &path);
    Entry &load(const std::string &path, const ElfFile &file, Dependencies dependencies, Threads threads);
    Dependencies load_dependencies(const ElfFile &library);
    std::string load_library(const std::string &path, const std::string &name);
    std::set<std::string> connected_with(std::set<std::string> paths) const;
    static Threads threads_of(const ElfFile &file);

    std::unique_ptr<LoadedCopy> attach_;
    Replacements replacements_;
    void (*set_module_name_)(const char *) = nullptr;
    int (*close_)(double) = nullptr;
    int (*has_threads_)() = nullptr;
    std::map<std::string, Entry> entries_;  // by the path of the original
};

}  // namespace subinterp
