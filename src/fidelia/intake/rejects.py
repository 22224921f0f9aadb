"""Give rejected rows back as a file: the columns as they came, and the reason last. Knows no Django."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

REASON = "fidelia_reason"


class RejectFile:
    """Written as rows are refused; it exists only once there is one. Mend it and send it again.

    Where the file sent was such a file, the reasons of then make way for those of now.
    """

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self.count = 0
        self._kept = [place for place, name in enumerate(columns) if name != REASON]
        self._columns = [*(columns[place] for place in self._kept), REASON]
        self._width = len(columns)
        self._file = path.with_name(path.name + ".part")
        self._writer: csv._writer | None = None  # type: ignore[name-defined, unused-ignore]

    def __enter__(self) -> RejectFile:
        self._handle = self._file.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._handle)
        self._writer.writerow(self._columns)
        return self

    def add(self, row: Sequence[str], reason: str) -> None:
        """Keep one row with its reason."""
        assert self._writer is not None, "the file of rejects is not open"
        kept = [row[place] for place in self._kept if place < len(row)]
        self._writer.writerow([*kept, *row[self._width :], reason])
        self.count += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.close()
        if self.count and error is None:
            self._file.replace(self.path)
        else:
            self._file.unlink()
