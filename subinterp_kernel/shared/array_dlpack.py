"""The requests of consumers of DLPack, such as ``numpy.from_dlpack``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from subinterp_kernel.bindings import array as _array

__all__ = ["CPU", "takes_versioned"]

CPU = (1, 0)  # the device type and number of main memory


def takes_versioned(
    array: _array.ArrayMemory,
    stream: None,
    max_version: tuple[int, int] | None,
    dl_device: tuple[int, int] | None,
) -> bool:
    """Return whether the consumer takes capsules of DLPack 1.0, or raise BufferError if it cannot be served."""
    if stream is not None or dl_device not in (None, CPU):
        raise BufferError("a shared array is in ordinary memory: use no stream and no other device")
    versioned = max_version is not None and max_version[0] >= 1
    if not versioned and not array.writable:
        raise BufferError("a read-only array cannot be exported to a consumer of DLPack before 1.0: copy it first")
    return versioned
