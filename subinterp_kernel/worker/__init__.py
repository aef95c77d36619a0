"""The code that runs in a sub-interpreter. Imports the standard library and IPython.core only."""
