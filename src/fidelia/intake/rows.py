"""Rows as they leave a file, before anybody asks what they mean. Knows no Django."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .likeness import words_of
from .wording import say

CELL_MAX = 20_000  # characters
CUT = 200  # characters kept of each cell of a row that cannot be read
COLUMNS_MAX = 1_000
UNDECODABLE = "\udcff"  # what a byte unknown to the encoding is read as: no file can hold this half of a pair itself

Row = list[str]  # the cells as texts, in the order of the columns; an absent value is an empty text


class BadRow(Row):
    """A row that cannot be read as it stands: `code` says why (see `wording`), its cells what can be shown of it."""

    __slots__ = ("code", "values")

    def __init__(self, cells: Iterable[str], code: str, **values: Any) -> None:
        super().__init__(cell[:CUT].replace("\x00", "").replace(UNDECODABLE, "\ufffd") for cell in cells)
        self.code = code
        self.values = values

    def reason(self, language: str = "en") -> str:
        """Return why, in words."""
        return say(self.code, language, **self.values)


# Of a column called so one cannot tell what it is: of what is numbered, or named, stands in the row above.
_SAYING_NOTHING = frozenset(("no", "id", "code", "name", "nom", "libelle", "nombre", "nummer"))


def name_columns(header: Row, above: Row | None = None) -> list[str]:
    """Return the names of a header, distinct and none of them empty.

    `above` is the row over it: where it says of what a repeated name is (sold: quantity, amount; returned: quantity,
    amount), or of whom a name is that says nothing alone (customer: no, name), its word goes before the name.
    """
    header = _told_apart(header, above) if above else header
    names: list[str] = []
    taken = {" ".join(name.split()) for name in header}
    for place, written in enumerate(header, 1):
        name = " ".join(written.split()) or f"#{place}"
        if name in names:
            copies = (f"{name} ({copy})" for copy in range(2, len(header) + 2))
            name = next(copy for copy in copies if copy not in taken and copy not in names)
        names.append(name)
    return names


def _told_apart(header: Row, above: Row) -> Row:
    """Put before each name that is repeated, or that says nothing alone, the word above it, which holds for the empty
    cells after it too."""
    if sum(bool(cell.strip()) for cell in above) < 2:
        return header
    folded = [" ".join(name.split()).casefold() for name in header]
    told, group = [], ""
    for place, name in enumerate(header):
        group = (above[place].strip() if place < len(above) else "") or group
        is_repeated = bool(name.strip()) and folded.count(folded[place]) > 1
        says_nothing = set(words_of(name)) <= _SAYING_NOTHING and bool(name.strip())
        told.append(f"{group} {name}".strip() if is_repeated or says_nothing else name)
    return told
