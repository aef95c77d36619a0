// CPython's own list of interpreters, in the two cases where the others must disappear from it:
// in a forked child (their threads do not exist there) and at exit (when one of them cannot be ended).
#pragma once

namespace subinterp {

// Looks up where the list is. To be called once, in the main interpreter, before any sub-interpreter exists.
// Returns false where the layout cannot be verified; then the other functions do nothing.
bool runtime_list_prepare();

// Leaves only the main interpreter in CPython's list.
bool runtime_list_keep_main_only();

// Installs pthread_atfork handlers for the list and for the tables of this core. A no-op on Windows.
bool install_fork_handlers();

}  // namespace subinterp
