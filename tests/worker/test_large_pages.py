"""What a web process loaded moves into large pages where Linux does that, and stays what it was."""

from __future__ import annotations

import platform
import re
import sys
from pathlib import Path

import pytest

from fidelia.worker import large_pages
from fidelia.worker.large_pages import LARGE, move_into_large_pages

MAPS = """\
7f0000000000-7f0000600000 rw-p 00000000 00:00 0
7f0000800000-7f0000900000 rw-p 00000000 00:00 0
7f0000a00000-7f0000e00000 r--p 00000000 00:00 0
7f0001000000-7f0001400000 rw-p 00000000 fe:00 4711                       /usr/lib/libpq.so.5
7f0001600000-7f0001a00000 rw-p 00000000 00:00 0                          [stack]
7f0001bff000-7f0002201000 rw-p 00000000 00:00 0                          [heap]
"""


def test_only_whole_large_pages_of_the_processs_own_memory_are_taken() -> None:
    heap = [0x7F0001C00000, 0x7F0001E00000, 0x7F0002000000]
    assert list(large_pages._places(MAPS)) == [0x7F0000000000, 0x7F0000200000, 0x7F0000400000, *heap]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has large pages on demand")
def test_what_moved_holds_what_it_held() -> None:
    release = tuple(int(part) for part in re.findall(r"\d+", platform.release())[:2])
    mode = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if release < (6, 1) or not mode.exists() or "[never]" in mode.read_text(encoding="ascii"):
        pytest.skip("this Linux moves nothing into large pages")
    held = [str(number) * 8 for number in range(400_000)]
    assert move_into_large_pages() >= LARGE
    assert held == [str(number) * 8 for number in range(400_000)]


def test_without_the_call_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert move_into_large_pages() == 0
