"""Requests, replies and events between interpreters. Importable in every interpreter."""
