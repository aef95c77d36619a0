"""Interpreters as objects: create, find, list, run code, close. Importable in every interpreter."""
