"""What a picture that somebody hands in really is: read from its own bytes, never from its name or what was said of it.

PNG, JPEG and WebP are read; SVG is not: it can carry scripts.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

SIDE_MAX: Final = 6_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
# Start of frame: all kinds of JPEG but the tables that share the range.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's type for browsers, and its size in pixels."""

    content_type: str
    width: int
    height: int


def read_picture(content: bytes) -> Picture | None:
    """Return what the picture is; None for what is none, is cut off, or has a side of 0 or above 6,000 pixels."""
    try:
        found = _png(content) or _jpeg(content) or _webp(content)
    except (struct.error, IndexError):
        return None
    if found is None or not (0 < found.width <= SIDE_MAX and 0 < found.height <= SIDE_MAX):
        return None
    return found


def _png(content: bytes) -> Picture | None:
    if not content.startswith(_PNG) or content[12:16] != b"IHDR" or b"IEND" not in content[-16:]:
        return None
    return Picture("image/png", *struct.unpack(">II", content[16:24]))


def _jpeg(content: bytes) -> Picture | None:
    """Walk from marker to marker up to the frame, which has the size."""
    if not content.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in content[-64:]:
        return None
    place = 2
    while content[place] == 0xFF:
        kind = content[place + 1]
        if kind == 0xFF or kind in _ALONE:
            place += 1 if kind == 0xFF else 2
        elif kind in _FRAMES:
            height, width = struct.unpack(">HH", content[place + 5 : place + 9])
            return Picture("image/jpeg", width, height)
        else:
            place += 2 + int(struct.unpack(">H", content[place + 2 : place + 4])[0])
    return None


def _webp(content: bytes) -> Picture | None:
    if content[:4] != b"RIFF" or content[8:12] != b"WEBP" or len(content) < 8 + struct.unpack("<I", content[4:8])[0]:
        return None
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[place : place + 3], "little") + 1 for place in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", content[26:30]))
    else:
        return None
    return Picture("image/webp", width, height)
