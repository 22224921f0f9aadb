"""What a picture is comes from its own bytes; cut off, lying or scripted ones are none."""

from __future__ import annotations

import struct
import zlib

import pytest

from fidelia.ui.pictures import Picture, read_picture


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\x80\x20\x10" * min(width, 99)) * min(height, 99))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    head = b"\xff\xd8" + b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00" + bytes(9)
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 8, 8, height, width, 0)
    return head + b"\xff" + frame + b"\xff\xda\x00\x02" + bytes(20) + b"\xff\xd9"


def webp(kind: bytes, body: bytes) -> bytes:
    inner = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


PNG = png(8, 5)
WIDE = struct.pack("<I", 0) + (299).to_bytes(3, "little") + (119).to_bytes(3, "little")
LOSSLESS = b"\x2f" + (299 | 119 << 14).to_bytes(4, "little") + bytes(9)
LOSSY = bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 300, 120) + bytes(9)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (PNG, Picture("image/png", 8, 5)),
        (jpeg(300, 120), Picture("image/jpeg", 300, 120)),
        (webp(b"VP8X", WIDE), Picture("image/webp", 300, 120)),
        (webp(b"VP8L", LOSSLESS), Picture("image/webp", 300, 120)),
        (webp(b"VP8 ", LOSSY), Picture("image/webp", 300, 120)),
        (PNG[:-9], None),
        (jpeg(300, 120)[:-40], None),
        (webp(b"VP8X", WIDE)[:-4], None),
        (webp(b"EVIL", WIDE), None),
        (png(0, 5), None),
        (png(6_001, 5), None),
        (b"\xff\xd8\xff", None),
        (b"\xff\xd8" + b"\xff" * 70 + b"\xff\xd9", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<script>", None),
        (b"", None),
    ],
)
def test_it_is_what_its_bytes_say(content: bytes, found: Picture | None) -> None:
    assert read_picture(content) == found
