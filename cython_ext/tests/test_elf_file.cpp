// The reader of shared libraries, with a library of the system and with damaged copies of it: each is read or refused,
// and no access is out of bounds.
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>

#include "extensions/elf_check.hpp"
#include "extensions/elf_file.hpp"
#include "tests/check.hpp"

namespace subinterp {

namespace {

std::string contents_of(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int take_path(dl_phdr_info *info, std::size_t, void *raw) {
    const std::string path = info->dlpi_name;
    if (path.find("/libgcc_s.so") == std::string::npos && path.find("/libm.so") == std::string::npos) return 0;
    *static_cast<std::string *>(raw) = path;
    return 1;
}

// A library that this program uses.
std::string library_path() {
    std::string path;
    dl_iterate_phdr(take_path, &path);
    CHECK(!path.empty());
    return path;
}

// A file with the contents of a library that is damaged and repaired again.
class Sample {
  public:
    explicit Sample(std::string contents) : contents_(std::move(contents)) {
        descriptor_ = mkstemp(path_);
        CHECK(descriptor_ >= 0);
        write(0, contents_);
    }
    ~Sample() {
        close(descriptor_);
        unlink(path_);
    }
    Sample(const Sample &) = delete;
    Sample &operator=(const Sample &) = delete;

    void write(std::size_t offset, const std::string &bytes) {
        CHECK(pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
              static_cast<ssize_t>(bytes.size()));
    }
    void repair(std::size_t offset, std::size_t count) { write(offset, contents_.substr(offset, count)); }
    void shorten(std::size_t size) { CHECK(ftruncate(descriptor_, static_cast<off_t>(size)) == 0); }
    const std::string &contents() const { return contents_; }

    // Whether it can be read; everything is looked at then.
    bool is_readable() const {
        try {
            const ElfFile file(path_);
            check_tables(file);
            CHECK(!file.imports("no such symbol") && file.loaded_size() <= contents_.size());
            return file.imports_with_prefix("") || file.soname().text.empty() || !file.needed().empty();
        } catch (const std::runtime_error &error) {
            CHECK(std::string(error.what()).find(path_) != std::string::npos);
            return false;
        }
    }

  private:
    std::string contents_;
    char path_[32] = "/tmp/test_elf_file.XXXXXX";
    int descriptor_;
};

void a_library_is_read() {
    const ElfFile file(library_path());
    CHECK(file.soname().text.find("lib") == 0);
    CHECK(!file.needed().empty() && file.needed()[0].text.find("lib") == 0);
    CHECK(file.imports_with_prefix("") && !file.imports("no such symbol"));
    const std::string contents = contents_of(file.path());
    CHECK(file.loaded_size() > 0 && file.loaded_size() <= contents.size());
    CHECK(contents.substr(file.soname().offset, file.soname().text.size()) == file.soname().text);
}

void a_file_that_is_missing_or_empty_is_refused() {
    Sample sample("");
    CHECK(!sample.is_readable());
    try {
        const ElfFile file("/no/such/file");
        CHECK(false);
    } catch (const std::runtime_error &) {
    }
}

void shortened_files_are_refused(Sample &sample) {
    const std::size_t needed = ElfFile(library_path()).loaded_size();
    for (std::size_t size = needed; size-- > 0; size -= size > 4096 ? size % 997 : 0) {
        sample.shorten(size);
        CHECK(!sample.is_readable());
    }
    sample.shorten(0);
    sample.write(0, sample.contents());
    CHECK(sample.is_readable());
}

// Damages up to three places between `begin` and `end`, again and again.
void damaged_files_are_read_or_refused(Sample &sample, std::size_t begin, std::size_t end, std::mt19937 &source) {
    for (int round = 0; round < 2000; ++round) {
        std::size_t places[3];
        for (std::size_t &place : places) {
            place = begin + source() % (end - begin);
            sample.write(place, std::string(1, static_cast<char>(round % 3 ? source() : 0xff)));
        }
        (void)sample.is_readable();
        for (const std::size_t place : places) sample.repair(place, 1);
    }
    CHECK(sample.is_readable());
}

struct Place {
    std::size_t begin;
    std::size_t end;
};

Place dynamic_section_of(const std::string &contents) {
    const auto *const header = reinterpret_cast<const ElfW(Ehdr) *>(contents.data());
    const auto *const segments = reinterpret_cast<const ElfW(Phdr) *>(contents.data() + header->e_phoff);
    for (int i = 0; i < header->e_phnum; ++i)
        if (segments[i].p_type == PT_DYNAMIC)
            return {segments[i].p_offset, segments[i].p_offset + segments[i].p_filesz};
    CHECK(false);
    return {0, 0};
}

}  // namespace

}  // namespace subinterp

int main() {
    using namespace subinterp;
    std::mt19937 source(1);
    a_library_is_read();
    a_file_that_is_missing_or_empty_is_refused();
    Sample sample(contents_of(library_path()));
    shortened_files_are_refused(sample);
    const Place dynamic = dynamic_section_of(sample.contents());
    damaged_files_are_read_or_refused(sample, 0, sizeof(ElfW(Ehdr)), source);
    damaged_files_are_read_or_refused(sample, sizeof(ElfW(Ehdr)), sizeof(ElfW(Ehdr)) + 9 * sizeof(ElfW(Phdr)), source);
    damaged_files_are_read_or_refused(sample, dynamic.begin, dynamic.end, source);
    damaged_files_are_read_or_refused(sample, 0, sample.contents().size(), source);
}
