"""What a process has loaded, moved into large pages: a processor finds it with fewer look-ups, above all in a virtual
machine, where each look-up is two.

Linux 6.1 and newer do it when asked (`madvise(2)`, MADV_COLLAPSE); everything else goes on as it was.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LARGE, SMALL = 2 << 20, 4 << 10  # bytes: of x86-64, and of arm64 with pages of 4 KiB
COLLAPSE = 25  # MADV_COLLAPSE of <linux/mman.h>
RESIDENT_MIN = 0.5  # of a large page that is less in use, most would be memory taken for nothing


def move_into_large_pages() -> int:
    """Move the process's own memory, where most of it is in use, into large pages; return how many bytes moved.

    Zero where the system cannot, or has no large page free: nothing depends on it but speed.
    """
    if sys.platform != "linux":
        return 0
    moved = 0
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        libc.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
        resident = ctypes.create_string_buffer(LARGE // SMALL)
        for start in _places(Path("/proc/self/maps").read_text(encoding="ascii", errors="replace")):
            if libc.mincore(start, LARGE, resident) != 0:
                continue
            used = sum(byte & 1 for byte in resident.raw)
            if used >= RESIDENT_MIN * len(resident) and libc.madvise(start, LARGE, COLLAPSE) == 0:
                moved += LARGE
    return moved


def _places(maps: str) -> Iterator[int]:
    """Yield the address of each large page that lies whole in memory of the process's own, to be read and written."""
    for line in maps.splitlines():
        span, rights, _offset, _device, inode, *name = line.split(maxsplit=5)
        if not rights.startswith("rw-p") or inode != "0" or (name and name[0] != "[heap]"):
            continue
        first, last = (int(address, 16) for address in span.split("-"))
        yield from range(-(-first // LARGE) * LARGE, last // LARGE * LARGE, LARGE)
