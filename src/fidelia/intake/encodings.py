"""In which encoding a text is written: told from the whole file. Knows no Django.

UTF-8 proves itself: text in another encoding is hardly ever valid UTF-8. Among the one-byte encodings nothing is sure:
Windows-1252 is what French tills and English spreadsheets write, so the others need a reason.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from pathlib import Path

from charset_normalizer import from_bytes

from .containers import refuse_what_is_no_text
from .errors import UnreadableFile
from .text_files import opened

CHUNK = 1 << 20
SCANNED_MAX = 8 << 30  # bytes, unpacked
HEAD_BYTES = 512 << 10
SLICE_BYTES = 16 << 10
SLICES_MAX = 64
ODD_BYTES = 64 << 10  # kept around bytes beyond ASCII, to judge the encoding by
# Of the good characters beyond ASCII, in what is UTF-8 all the same: other encodings hardly ever make a good one.
BAD_SHARE_MAX = 0.5
UNPACKED_TIMES_MAX = 400  # tables are packed to a tenth, rarely to a fiftieth
UNPACKED_FREE_BYTES = 64 << 20
CLEAR = 0.2  # so much likelier than the next
ONE_BYTE = ("cp1252", "iso8859-15", "cp850", "mac_roman")
_LETTERS = "éèêëàâäçùûüîïôöœæÉÈÀÇÊÂÔÎÙŒß"
_SIGNS = "€£°«»’‘“”–—…\u00a0"
_NEAR_WORDS = re.compile(rb"[\x00-\x7f]{0,12}[\x80-\xff]+[\x00-\x7f]{0,12}")


@dataclass(slots=True)
class Survey:
    """What a pass over the whole file finds: its encoding, its beginning, and slices of it from beginning to end."""

    encoding: str
    is_sure: bool
    bad_places: int
    others: tuple[str, ...]
    head: str
    slices: list[str]
    is_whole: bool  # the head is the whole file


@dataclass(slots=True)
class _Pass:
    """The state of the pass."""

    head: bytes = b""
    odd: bytearray = field(default_factory=bytearray)
    slices: list[bytes] = field(default_factory=list)
    every: int = 1
    chunks: int = 0
    size: int = 0
    good: int = 0
    bad: int = 0


def survey(path: Path) -> Survey:
    """Read a text file once from end to end. Raises UnreadableFile for what is no text."""
    state = _Pass()
    decode = codecs.getincrementaldecoder("utf-8")(errors="fidelia_marks")
    wide, size_packed = "", path.stat().st_size
    with opened(path) as file:
        while (chunk := file.read(CHUNK)) and state.size < SCANNED_MAX:
            if not state.head:
                refuse_what_is_no_text(path.name, chunk[:4096])
                wide = _wide_encoding(chunk)
            _keep(state, chunk)
            if state.size > max(UNPACKED_FREE_BYTES, UNPACKED_TIMES_MAX * size_packed):
                raise UnreadableFile(f"{path.name} unpacks to far more than a table of its size can hold.")
            if wide:
                continue
            _count(state, chunk, decode)
    if not state.head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        raise UnreadableFile(f"{path.name} is empty.")
    encoding, is_sure, others = (wide, True, ()) if wide else _judge(state)
    return Survey(
        encoding=encoding,
        is_sure=is_sure,
        bad_places=state.bad if encoding == "utf-8" else 0,
        others=others,
        head=_decoded(state.head, encoding),
        slices=[_decoded(piece, _of_the_rest(encoding, state.head)) for piece in state.slices],
        is_whole=state.size <= HEAD_BYTES,
    )


def _wide_encoding(chunk: bytes) -> str:
    """UTF-16 says so by its mark, or by a NUL beside nearly every letter."""
    if chunk.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32"
    if chunk.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = chunk[0:4096:2].count(0), chunk[1:4096:2].count(0)
    half = len(chunk[:4096]) // 2
    if half > 2 and odd > 0.7 * half and even < 0.1 * half:
        return "utf-16-le"
    if half > 2 and even > 0.7 * half and odd < 0.1 * half:
        return "utf-16-be"
    return ""


def _keep(state: _Pass, chunk: bytes) -> None:
    """Keep the head, and slices evenly over the file: where they become too many, every second one goes."""
    if len(state.head) < HEAD_BYTES:
        state.head += chunk[: HEAD_BYTES - len(state.head)]
    if state.chunks and state.chunks % state.every == 0:
        state.slices.append(chunk[:SLICE_BYTES])
        if len(state.slices) > SLICES_MAX:
            state.slices = state.slices[1::2]
            state.every *= 2
    state.chunks += 1
    state.size += len(chunk)


def _count(state: _Pass, chunk: bytes, decode: codecs.IncrementalDecoder) -> None:
    if chunk.isascii() and not decode.getstate()[0]:
        return
    if len(state.odd) < ODD_BYTES:
        state.odd += b"\n".join(_NEAR_WORDS.findall(chunk))[:ODD_BYTES]
    text = decode.decode(chunk)
    bad = text.count("\udcff")
    state.bad += bad
    state.good += len(text) - len(text.encode("ascii", "ignore")) - bad


def _judge(state: _Pass) -> tuple[str, bool, tuple[str, ...]]:
    if not state.bad:
        return "utf-8", True, ()
    if state.bad <= BAD_SHARE_MAX * state.good:
        return "utf-8", False, ("cp1252",)
    sample = bytes(state.odd) or state.head
    ranked = sorted(ONE_BYTE, key=lambda name: -_likeness(sample, name))
    best = ranked[0]
    if _likeness(sample, best) < 0.5:
        best = _as_normalizer_says(sample) or best
    read = sample.decode(best, errors="replace")
    others = tuple(name for name in ranked if name != best and sample.decode(name, errors="replace") != read)
    is_sure = best == "cp1252" and all(_likeness(sample, best) - _likeness(sample, name) > CLEAR for name in others)
    return best, is_sure, others


def _likeness(sample: bytes, encoding: str) -> float:
    """Return how much of what is beyond ASCII reads as French and English do, from below 0 to 1."""
    text = sample.decode(encoding, errors="replace")
    marks = [_likely(text[place - 1] if place else " ", letter) for place, letter in enumerate(text) if letter > "\x7f"]
    return sum(marks) / (2 * len(marks)) if marks else 0.0


def _likely(before: str, letter: str) -> int:
    if letter.isupper() and before.islower():  # "CafÈ"
        return -2
    if letter in _LETTERS:
        return 2
    if letter in _SIGNS:
        return 1
    return 0 if letter.isalpha() else -2


def _as_normalizer_says(sample: bytes) -> str:
    best = from_bytes(sample).best()
    return best.encoding if best is not None and best.encoding not in ("ascii", "utf_8") else ""


def _of_the_rest(encoding: str, head: bytes) -> str:
    """The mark that tells the order of bytes stands at the beginning only."""
    if encoding not in ("utf-16", "utf-32"):
        return encoding
    return f"{encoding}-{'le' if head.startswith(codecs.BOM_UTF16_LE) else 'be'}"


def _decoded(data: bytes, encoding: str) -> str:
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
