"""How interpreters with GILs of their own load extension modules: as usual, or from private copies."""
