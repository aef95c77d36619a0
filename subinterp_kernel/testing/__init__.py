"""The pytest plugin: ``pytest --subinterp`` runs a test suite in sub-interpreters. docs/pytest-plugin.md describes it."""
