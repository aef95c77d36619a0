"""Cells on their way through interpreters: run, waited for, or started as jobs."""
