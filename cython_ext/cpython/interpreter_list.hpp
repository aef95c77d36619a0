// CPython's own list of interpreters. All but main are removed from it in two cases: in a forked child, where their
// threads do not exist, and at exit, if one of them cannot be ended.
#pragma once

namespace subinterp {

// Finds the list. Call it once, in the main interpreter, before any sub-interpreter exists. Returns false if the layout
// cannot be verified; then the other functions do nothing.
bool interpreter_list_prepare();

// Leaves only the main interpreter in CPython's list.
bool interpreter_list_keep_main_only();

// Installs pthread_atfork handlers for the list and for the tables of this core. A no-op on Windows.
bool install_fork_handlers();

}  // namespace subinterp
