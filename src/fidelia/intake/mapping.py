"""Which column of a file is what, and what holds for the whole file. Knows no Django."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any

from .errors import MalformedMapping
from .reading import Reading, parse_reading
from .targets import Target


@dataclass(frozen=True, slots=True)
class FileMapping:
    """`columns` maps the target's column names to the file's; `options` the target's option names to their values."""

    target: str
    reading: Reading
    columns: dict[str, str]
    options: dict[str, Any] = field(default_factory=dict)

    def as_document(self) -> dict[str, Any]:
        """As JSON and YAML hold it."""
        return {
            "target": self.target,
            "reading": self.reading.as_document(),
            "columns": dict(self.columns),
            "options": dict(self.options),
        }


def parse_file_mapping(document: Any, target: Target, *, whole: bool = True) -> FileMapping:
    """Read a mapping for a target and check it; one not `whole` may still lack parts. Raises MalformedMapping."""
    if not isinstance(document, dict):
        raise MalformedMapping("A mapping is an object with columns.")
    columns = document.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns.values()):
        raise MalformedMapping("Columns map what Fidelia knows to names in the file.", pointer="/columns")
    options = document.get("options") or {}
    if not isinstance(options, dict):
        raise MalformedMapping("Options are an object.", pointer="/options")
    mapping = FileMapping(target.name, parse_reading(document.get("reading") or {}), dict(columns), dict(options))
    if whole:
        check_mapping(mapping, target)
    else:
        check_names(mapping, target)
    return mapping


def check_mapping(mapping: FileMapping, target: Target) -> None:
    """Raise MalformedMapping for an unknown column or option, or one that is missing."""
    check_names(mapping, target)
    for column in target.columns:
        if column.required and column.name not in mapping.columns:
            raise MalformedMapping(f"Say which column is “{column.label.en}”.", pointer=f"/columns/{column.name}")
    for group in target.one_of:
        if not set(group) & set(mapping.columns):
            raise MalformedMapping(f"Say which column is one of {', '.join(group)}.", pointer=f"/columns/{group[0]}")
    for option in target.options:
        if option.required and mapping.options.get(option.name) in (None, ""):
            raise MalformedMapping(f"The mapping needs “{option.name}”.", pointer=f"/options/{option.name}")


def check_names(mapping: FileMapping, target: Target) -> None:
    """Raise MalformedMapping for an unknown column or option."""
    known = {column.name for column in target.columns}
    _only_known(mapping.columns, known, "columns", "a column that Fidelia knows")
    _only_known(mapping.options, {option.name for option in target.options}, "options", "an option")


def _only_known(given: MappingOf[str, Any], known: set[str], place: str, what: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise MalformedMapping(
            f"“{unknown[0]}” is not {what}; known are {', '.join(sorted(known))}.", pointer=f"/{place}/{unknown[0]}"
        )
