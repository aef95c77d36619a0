// A shared library as a file, in the ELF format of this machine: what it needs, what it imports, and where its strings
// stand. Reading is bounds-checked, because the file may be damaged.
#pragma once

#include <elf.h>
#include <link.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace subinterp {

// The functions of a library that the dynamic loader calls after loading it, and where the file says so.
struct Initializers {
    ElfW(Addr) function = 0;  // addresses relative to where the library is loaded; 0 if there is none
    ElfW(Addr) array = 0;
    std::size_t count = 0;             // of the array
    std::size_t function_entry = 0;    // offsets in the file of the dynamic section's entries for the function
    std::size_t array_size_entry = 0;  // and for the size of the array
};

// A string of the file's dynamic string table.
struct FileString {
    std::string text;
    std::size_t offset = 0;  // in the file
};

class ElfFile {
  public:
    // Maps the file. Throws std::runtime_error, with one sentence, if it is no shared library of this machine.
    explicit ElfFile(const std::string &path);
    ~ElfFile();
    ElfFile(const ElfFile &) = delete;
    ElfFile &operator=(const ElfFile &) = delete;

    const std::string &path() const { return path_; }
    const std::vector<FileString> &needed() const { return needed_; }
    const FileString &soname() const { return soname_; }  // with an empty text if there is none
    // The folders in which its libraries are looked for, $ORIGIN replaced.
    const std::vector<std::string> &search_path() const { return search_path_; }

    const std::vector<ElfW(Phdr)> &segments() const { return segments_; }
    const Initializers &initializers() const { return initializers_; }

    // The string of an imported symbol, or nullptr.
    const FileString *import_of(std::string_view symbol) const;
    bool imports(std::string_view symbol) const { return import_of(symbol); }
    bool imports_with_prefix(std::string_view prefix) const;

    // The number of bytes, from the beginning, that a loader maps. Symbols for debuggers may follow.
    std::size_t loaded_size() const { return loaded_size_; }

    // A part of the file; fails if there is no such part.
    template <typename T>
    const T *at(std::size_t offset, std::size_t count = 1) const {
        if (offset > size_ || count > (size_ - offset) / sizeof(T) || offset % alignof(T) != 0) fail("it is damaged");
        return reinterpret_cast<const T *>(data_ + offset);
    }

    // Throws std::runtime_error that names the file, and says what is wrong with it.
    [[noreturn]] void fail(const char *what) const;

  private:
    std::string_view string_at(std::size_t offset) const;
    std::size_t offset_of(ElfW(Addr) address) const;
    void read_segments();
    void read_dynamic_section(const ElfW(Phdr) & segment);
    void read_imports();
    void read_search_path(std::string_view entries);

    std::string path_;
    const unsigned char *data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t loaded_size_ = 0;
    std::vector<ElfW(Phdr)> segments_;
    std::size_t strings_ = 0;  // offsets in the file of the dynamic string table, the symbols and the hash tables
    std::size_t symbols_ = 0;
    std::size_t gnu_hash_ = 0;
    std::size_t hash_ = 0;
    std::vector<FileString> needed_;
    FileString soname_;
    std::vector<std::string> search_path_;
    std::vector<FileString> imports_;
    Initializers initializers_;
};

}  // namespace subinterp
