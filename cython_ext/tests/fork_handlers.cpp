// Stands for cpython/interpreter_list.cpp, which needs Python: these programs do not fork.
#include "cpython/interpreter_list.hpp"

namespace subinterp {

bool install_fork_handlers() { return true; }

}  // namespace subinterp
