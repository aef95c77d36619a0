"""The pytest plugin: ``pytest --subinterp`` runs a test suite in sub-interpreters; see docs/pytest-plugin.md."""
