# Functions for other extensions, which they take from C; nothing for Python.
