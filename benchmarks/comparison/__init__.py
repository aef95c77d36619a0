"""What ``compare.py`` measures: pools of interpreters beside those of processes, threads and other packages.

Each topic is a module with ``measure(quick)``, which returns tables; ``TOPICS`` says how long each may take.
"""

from __future__ import annotations

__all__ = ["TOPICS"]

TOPICS = {  # seconds until a topic is given up
    "pool_start": 300,
    "tiny_tasks": 300,
    "speed_up": 600,
    "real_programs": 1200,
    "large_data": 300,
    "item_count": 900,
    "pool_memory": 600,
    "interpreter_count": 600,
    "idle_cpu": 600,
    "cells": 300,
}
