"""Objects that interpreters share by reference. Importable in every interpreter."""
