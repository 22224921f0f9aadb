"""What the names of a rule stand for: fields of the catalogue, and of the rows in reach."""

from __future__ import annotations

from collections.abc import Sequence

from . import syntax
from .catalogue import Catalogue, Field, Records
from .errors import UnknownField, nearest_name
from .history import HISTORY, field_of, is_measure, measure_of
from .nodes import Read

_LINES = "lines"
LINE_ROW = 0  # the row of a rule about one line; those of macros are numbered from 1


class Names:
    """The names in reach. `scope` holds the row variables: name → (row number, records)."""

    def __init__(self, catalogue: Catalogue, scope: dict[str, tuple[int, Records]]) -> None:
        self.catalogue = catalogue
        self.scope = scope
        self.rows_numbered = LINE_ROW

    def find_field(self, written: syntax.Written) -> Read | None:
        """Return the field that a path names, guarded or not; None when it is no path or names records."""
        if isinstance(written, syntax.Call) and self.is_measure(written):
            return _read(field_of(measure_of(written)), written.offset, None, None)
        parts = path_of(written)
        if parts is None:
            if isinstance(written, syntax.Select):
                raise UnknownField("no_attributes", offset=written.offset, text=f".{written.name}")
            return None
        if parts[0] in self.scope:
            return self.field_of_row(parts, written.offset)
        path = ".".join(parts)
        if path in self.catalogue.records_at:
            return None
        found = self.catalogue.field_at.get(path)
        if found is None:
            raise self.unknown_field(parts, written.offset)
        return _read(found, written.offset, None, None)

    def is_measure(self, written: syntax.Call) -> bool:
        """Tell whether a call asks about the past, of which this catalogue knows."""
        return self.catalogue.measured is not None and HISTORY not in self.scope and is_measure(written)

    def field_of_row(self, parts: list[str], offset: int) -> Read:
        row, records = self.scope[parts[0]]
        if len(parts) == 1:
            raise UnknownField("not_a_value", offset=offset, text=parts[0])
        found = records.by_name.get(parts[1])
        if found is None:
            nearest = nearest_name(parts[1], list(records.by_name))
            meant = f"{parts[0]}.{nearest}" if nearest else None
            raise UnknownField("unknown_field", offset=offset, nearest=meant, text=".".join(parts))
        if len(parts) > 2:
            raise UnknownField("no_attributes", offset=offset, text=f".{parts[2]}")
        return _read(found, offset, row, records)

    def unknown_field(self, parts: list[str], offset: int) -> UnknownField:
        path = ".".join(parts)
        if path in self.catalogue.groups:
            return UnknownField("not_a_value", offset=offset, text=path)
        for size in range(1, len(parts)):
            if ".".join(parts[:size]) in self.catalogue.paths:
                return UnknownField("no_attributes", offset=offset, text=f".{parts[size]}")
        lines = self.catalogue.records_at.get(_LINES)
        if parts[0] == "line" and lines is not None and len(parts) == 2 and parts[1] in lines.by_name:
            return UnknownField("field_of_lines", offset=offset, text=path, name=parts[1])
        nearest = nearest_name(path, self.catalogue.paths) or _ending_alike(parts, self.catalogue.paths)
        return UnknownField("unknown_field", offset=offset, nearest=nearest, text=path)

    def find_list(self, written: syntax.Written) -> Read | None:
        """Return the field when it is a list of values, else None."""
        read = self.find_field(written) if path_of(written) else None
        return read if read is not None and read.field.many else None


def _ending_alike(parts: list[str], paths: Sequence[str]) -> str | None:
    """Return the one field that ends with a word of the path: who writes “store” means “purchase.store”."""
    for word in reversed(parts):
        found = [path for path in paths if path.rpartition(".")[2] == word]
        if len(found) == 1:
            return found[0]
    return None


def path_of(written: syntax.Written) -> list[str] | None:
    """Return the names of a.b.c, or None for what is no path."""
    if isinstance(written, syntax.Name):
        return [written.name]
    if isinstance(written, syntax.Select):
        before = path_of(written.target)
        return None if before is None else [*before, written.name]
    return None


def _read(found: Field, offset: int, row: int | None, records: Records | None) -> Read:
    low, high = found.bounds
    return Read(offset=offset, type=found.type, field=found, row=row, records=records, low=low, high=high)
