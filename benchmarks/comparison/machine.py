"""What the figures were measured with: versions, processor, date; nothing that names the machine."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

__all__ = ["describe"]

PACKAGES = ("subinterp-kernel", "numpy", "joblib", "ipyparallel", "pyzmq", "ipykernel", "ipython", "cloudpickle")


def describe() -> dict[str, str]:
    """Return the description."""
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "Python": f"{platform.python_implementation()} {platform.python_version()} ({platform.python_compiler()})",
        "system": f"{platform.system()} {platform.release().split('-')[0]}, {platform.machine()}",
        "processor": _processor(),
        "processors": str(os.process_cpu_count()),
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "packages": ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name))),
    }


def _processor() -> str:
    """Read the model from the kernel; other systems may tell it to the platform module."""
    path = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", path.read_text(), re.MULTILINE) if path.exists() else None
    return found[1] if found else platform.processor()


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
