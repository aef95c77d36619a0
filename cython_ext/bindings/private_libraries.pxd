from libcpp.string cimport string

cdef extern from "extensions/private_libraries.hpp" namespace "subinterp":
    void *find_function(void *library, const string &name) noexcept
    void *load_private_copy(const string &path, size_t &bytes) except +
    void set_module_name(const string &name) except +
