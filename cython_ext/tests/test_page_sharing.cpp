// Copies of a library of the system: pages that are the same as in the original are mapped from it and take no memory
// in the copy's file; others, such as changed ones, stay. Code and data of the copy work as before.
#include <dlfcn.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "extensions/elf_file.hpp"
#include "extensions/page_sharing.hpp"
#include "tests/check.hpp"

namespace subinterp {

namespace {

std::string contents_of(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The mathematical library, which this program uses.
std::string library_path() {
    double (*volatile function)(double) = std::erf;
    Dl_info info{};
    CHECK(dladdr(reinterpret_cast<void *>(function), &info) && info.dli_fname);
    return info.dli_fname;
}

// A loaded copy with these contents.
class Copy {
  public:
    explicit Copy(const std::string &contents) : descriptor_(memfd_create("copy", MFD_CLOEXEC)) {
        CHECK(write(descriptor_, contents.data(), contents.size()) == static_cast<ssize_t>(contents.size()));
        static int copies = 0;  // a path that is new to the dynamic loader
        const std::string path = "/proc/self/fd" + std::string(++copies, '/') + std::to_string(descriptor_);
        handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        CHECK(handle_);
        CHECK(dlinfo(handle_, RTLD_DI_LINKMAP, &map_) == 0);
    }
    ~Copy() { close(descriptor_); }
    Copy(const Copy &) = delete;
    Copy &operator=(const Copy &) = delete;

    ElfW(Addr) base() const { return map_->l_addr; }
    int descriptor() const { return descriptor_; }
    std::size_t memory() const {
        struct stat status{};
        CHECK(fstat(descriptor_, &status) == 0);
        return static_cast<std::size_t>(status.st_blocks) * 512;
    }
    // Whether a function of the copy is found in it, and gives the result of the original.
    bool works() const {
        void *const function = dlsym(handle_, "erf");
        Dl_info info{};
        CHECK(dladdr(function, &info) && reinterpret_cast<ElfW(Addr)>(info.dli_fbase) == base());
        volatile double x = 0.3;  // else the compiler computes one of them, and rounds otherwise
        return reinterpret_cast<double (*)(double)>(function)(x) == std::erf(x);
    }

  private:
    int descriptor_;
    void *handle_;
    link_map *map_ = nullptr;
};

void equal_pages_take_no_memory_of_the_copy() {
    const ElfFile library(library_path());
    const Copy copy(contents_of(library.path()));
    const std::size_t before = copy.memory();
    const std::size_t own = share_pages(library, copy.base(), copy.descriptor());
    CHECK(own > 0 && own < before / 4);
    CHECK(copy.memory() < before / 4);
    CHECK(copy.works());
}

// The last bytes of the constants: no function that is called here reads them.
std::size_t place_in_constants(const ElfFile &library) {
    std::size_t place = 0;
    for (const ElfW(Phdr) &segment : library.segments())
        if (segment.p_type == PT_LOAD && segment.p_flags == PF_R) place = segment.p_offset + segment.p_filesz - 1;
    CHECK(place > 0);
    return place;
}

ElfW(Addr) address_of(const ElfFile &library, std::size_t place) {
    for (const ElfW(Phdr) &segment : library.segments())
        if (segment.p_type == PT_LOAD && place >= segment.p_offset && place < segment.p_offset + segment.p_filesz)
            return segment.p_vaddr + (place - segment.p_offset);
    CHECK(false);
    return 0;
}

void a_changed_page_stays() {
    const ElfFile library(library_path());
    const std::size_t place = place_in_constants(library);
    std::string contents = contents_of(library.path());
    contents[place] = static_cast<char>(contents[place] ^ 1);
    const Copy copy(contents);
    const auto *const changed = reinterpret_cast<const char *>(copy.base() + address_of(library, place));
    CHECK(*changed == contents[place]);
    (void)share_pages(library, copy.base(), copy.descriptor());
    CHECK(*changed == contents[place]);
    CHECK(copy.memory() > 0);
    CHECK(copy.works());
}

// Where the original is another file by now, nothing may be taken from it.
void a_page_that_the_original_does_not_have_stays() {
    const ElfFile library(library_path());
    std::string contents = contents_of(library.path());
    char path[] = "/tmp/test_page_sharing.XXXXXX";
    const int descriptor = mkstemp(path);
    CHECK(descriptor >= 0 && write(descriptor, contents.data(), contents.size()) > 0);
    const ElfFile original(path);
    const Copy copy(contents);
    const std::size_t before = copy.memory();
    CHECK(ftruncate(descriptor, 4096) == 0);
    const std::size_t own = share_pages(original, copy.base(), copy.descriptor());
    CHECK(own > before / 2);
    CHECK(copy.works());
    close(descriptor);
    unlink(path);
}

}  // namespace

}  // namespace subinterp

int main() {
    using namespace subinterp;
    equal_pages_take_no_memory_of_the_copy();
    a_changed_page_stays();
    a_page_that_the_original_does_not_have_stays();
}
