"""What kind of file it is, by its bytes and never by its name. Knows no Django."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from .errors import UnreadableFile
from .reading import Format

GZIP = b"\x1f\x8b"
HEAD = 4096
# Files that people send by mistake, and what they are told.
_OTHERS = (
    (b"%PDF", "is a PDF file; export the table as CSV or as a spreadsheet"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
    (b"SQLite format 3", "is a database; export the table as CSV"),
    (b"7z\xbc\xaf\x27\x1c", "is a 7z archive; unpack it first"),
    (b"Rar!", "is a RAR archive; unpack it first"),
    (b"BZh", "is packed by bzip2; unpack it first, or pack it by gzip"),
    (b"\xfd7zXZ", "is packed by xz; unpack it first, or pack it by gzip"),
    (b"\x28\xb5\x2f\xfd", "is packed by zstd; unpack it first, or pack it by gzip"),
    (b"PK\x03\x04", "is a spreadsheet or an archive packed once more by gzip; unpack it first"),
    (b"PAR1", "is a Parquet file packed once more by gzip; unpack it first"),
    (GZIP, "is packed twice by gzip; unpack it once"),
    (b"{\\rtf", "is a text document; export the table as CSV"),
)
_MARKUP = re.compile(rb"\s*(?:<!doctype html|<html|<table|<meta)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml", re.IGNORECASE)
_JSON = re.compile(rb'\s*(?:\{\s*"|\[\s*[\[{])')
# Bytes that no text in any of our encodings holds, NUL apart, which UTF-16 is full of.
_CONTROLS = bytes(sorted(set(range(1, 32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b\x1c\x1d\x1e\x1f")))
BINARY_SHARE = 0.02
_TAR, _TAR_AT = b"ustar", 257
_ASCII = bytes(range(0x80))
# Signs, line ends, letters and digits as computers of IBM write them.
_RUNS = ((0x81, 0x8A), (0x91, 0x9A), (0xA2, 0xAA), (0xC1, 0xCA), (0xD1, 0xDA), (0xE2, 0xEA), (0xF0, 0xFA))
_EBCDIC = b"\x40\x4b\x5e\x60\x61\x6b\x6d\x7a\x05\x0d\x15\x25" + b"".join(bytes(range(*run)) for run in _RUNS)


def format_of(path: Path) -> Format:
    """Tell the format from the first bytes. Raises UnreadableFile for what is no table, saying what it is."""
    head = head_of(path)
    if not head:
        raise UnreadableFile(f"{path.name} is empty.")
    if head.startswith(b"PAR1"):
        return Format.PARQUET
    if head.startswith(b"PK\x03\x04"):
        return _format_of_zip(path)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return Format.EXCEL
    if not head.startswith(GZIP):
        refuse_what_is_no_text(path.name, head)
    return Format.CSV


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file. Raises UnreadableFile where there is none."""
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path.name}.")
    with path.open("rb") as file:
        return file.read(HEAD)


def refuse_what_is_no_text(name: str, head: bytes) -> None:
    """Raise UnreadableFile where the first bytes of a file are not those of a table written as text."""
    for mark, what in _OTHERS:
        if head.startswith(mark):
            raise UnreadableFile(f"{name} {what}.")
    if head.startswith(_TAR, _TAR_AT):
        raise UnreadableFile(f"{name} is a tar archive; unpack it first, and send its tables one by one.")
    if _is_ebcdic(head):
        raise UnreadableFile(f"{name} is written in EBCDIC, as mainframes do; export it in UTF-8.")
    if _MARKUP.match(head):
        raise UnreadableFile(f"{name} is a web page; open it in a spreadsheet and save it as .xlsx or .csv.")
    if _XML.match(head):
        raise UnreadableFile(f"{name} is XML; open it in a spreadsheet and save it as .xlsx or .csv.")
    if _JSON.match(head):
        raise UnreadableFile(f"{name} is JSON; send it through the API, or export it as CSV.")
    if len(head.translate(None, _CONTROLS)) < len(head) * (1 - BINARY_SHARE):
        raise UnreadableFile(f"{name} is a binary file, not a table.")


def _is_ebcdic(head: bytes) -> bool:
    """Nearly all of it reads so, and no text of ours goes without a blank and a line end of its own."""
    if b" " in head or b"\n" in head or len(head.translate(None, _ASCII)) < len(head) / 2:
        return False
    return 10 * len(head.translate(None, _EBCDIC)) < len(head)


def _format_of_zip(path: Path) -> Format:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = archive.read("mimetype")[:100] if _has_small(archive, "mimetype") else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError):
        raise UnreadableFile(f"{path.name} is damaged: it begins as a spreadsheet and ends too early.") from None
    if b"opendocument.spreadsheet" in kind:
        return Format.ODS
    if names & {"xl/workbook.xml", "xl/workbook.bin"}:
        return Format.EXCEL
    raise UnreadableFile(f"{path.name} is an archive and not a spreadsheet; unpack it first.")


def _has_small(archive: zipfile.ZipFile, name: str) -> bool:
    return name in archive.namelist() and archive.getinfo(name).file_size < HEAD
