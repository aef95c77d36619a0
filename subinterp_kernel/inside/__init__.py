"""What runs within a sub-interpreter: the standard library and IPython.core only."""
