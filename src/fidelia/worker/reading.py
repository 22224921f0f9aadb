"""Files named on the command line."""

from __future__ import annotations

from pathlib import Path

from fidelia.kernel.errors import Invalid


def read_text_of(path: Path) -> str:
    """Return the text of a UTF-8 file. Raises Invalid: it cannot be read, or is no such text."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, column = before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode()) + 1
        raise Invalid(f"{path}:{line}:{column}: this is not UTF-8 text.") from None
