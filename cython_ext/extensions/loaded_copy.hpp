// A loaded copy of a library that can be made as new again: its variables are saved before its own initialization.
//
// A library that is loaded stays loaded, because nobody can tell which addresses of it are still known somewhere. An
// interpreter that has ended leaves its copies to the next one instead.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "extensions/elf_file.hpp"
#include "extensions/library_copy.hpp"
#include "extensions/redirect.hpp"

namespace subinterp {

class LoadedCopy {
  public:
    // Loads a copy with these changes, and redirects its calls, before it is initialized. Throws std::runtime_error.
    LoadedCopy(const ElfFile &library, std::vector<Patch> patches, const Replacements &replacements);

    // Calls the functions that the dynamic loader would have called.
    void initialize();

    // Gives all variables the values that they had before initialize(), and redirects the library's calls anew.
    void restore(const Replacements &replacements);

    void *handle() const { return loaded_.handle; }
    std::size_t bytes() const { return loaded_.bytes; }

  private:
    struct Variables {
        char *begin;
        std::size_t size;
        std::string saved;  // without the zeros at the end
    };

    void save_variables(const std::vector<ElfW(Phdr)> &segments);

    LoadedLibrary loaded_;
    Initializers initializers_;
    std::vector<Variables> variables_;
};

}  // namespace subinterp
