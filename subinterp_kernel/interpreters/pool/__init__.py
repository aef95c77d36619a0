"""Pools of interpreters: an executor whose tasks are run by the first free interpreter."""
