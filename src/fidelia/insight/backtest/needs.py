"""What the rules of a trial read, and from where: what the record of a decision has, else what dated facts tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from fidelia.rules import Type

from .columns import (
    BIRTHS,
    COMPUTED,
    ENTITLEMENTS,
    GIVEN,
    LINE_COLUMNS,
    OF_TODAY,
    SQL_TYPES,
    in_name,
    in_text,
    is_computed,
    lookup_of,
)
from .trial import Trial


@dataclass(frozen=True)
class Needs:
    """What the rules of a trial read: fields and fields of lines, each with the versions whose records have them."""

    fields: Mapping[str, tuple[str, ...]]
    types: Mapping[str, tuple[Type, bool]]
    line_fields: Mapping[str, tuple[str, ...]]
    line_types: Mapping[str, Type]
    versions: tuple[str, ...]

    @property
    def transform(self) -> str:
        """Return the structure of a record as far as its values are read, as DuckDB reads JSON."""
        plain = [f'"{_in_json(path)}":"{_sql_type(kind, many)}"' for path, (kind, many) in self.types.items()]
        lines = ",".join(f'"{name}":"{SQL_TYPES[kind]}"' for name, kind in self.line_types.items())
        return '{"values":{' + ",".join([*plain, f'"lines":[{{{lines}}}]']) + "}}"

    def is_kept(self, path: str) -> bool:
        """Whether every record has it."""
        return len(self.fields[path]) == len(self.versions)

    @property
    def missing_of_lines(self) -> list[str]:
        return [name for name, kept in self.line_fields.items() if len(kept) < len(self.versions)]

    @property
    def asks_births(self) -> bool:
        return any(path in BIRTHS for path in self.fields)

    @cached_property
    def looked_up(self) -> dict[str, int]:
        """Return the fields that are looked up, each in a table of its own, by its place."""
        asked = [*self.fields, *([GIVEN] if ENTITLEMENTS in self.fields else [])]
        return {path: place for place, path in enumerate(asked) if self.lookup(path) is not None}

    def lookup(self, path: str) -> str | None:
        """Return the SQL by which a field is looked up."""
        return lookup_of(path, self.types[path][0] if path in self.types else Type.STRING)

    def doubts(self) -> tuple[set[str], set[str]]:
        """Return the paths that no record and no fact tells, and those of which facts tell what is so today."""
        lacking = {path for path in self.fields if not self.is_kept(path)}
        of_lines = {f"lines.{name}" for name in self.missing_of_lines}
        unknown = {path for path in lacking if not is_computed(path)}
        unknown |= {path for path in of_lines if path.removeprefix("lines.") not in LINE_COLUMNS}
        return unknown, (lacking | of_lines) & OF_TODAY


def needs_of(trial: Trial) -> Needs:
    fields: dict[str, tuple[str, ...]] = {}
    lines: dict[str, tuple[str, ...]] = {}
    types: dict[str, tuple[Type, bool]] = {}
    line_types: dict[str, Type] = {}
    for rule_set in trial.rule_sets:
        of_lines = rule_set.lines.by_name
        for path in rule_set.fields_read_of_final:
            owner, _, name = path.rpartition(".")
            found = rule_set.catalogue.field_of(path)
            if found is not None:
                fields[path], types[path] = _readers(trial, path), (found.type, found.many)
            elif owner == "lines":
                lines[name], line_types[name] = _readers(trial, path), of_lines[name].type
    return Needs(fields, types, lines, line_types, tuple(trial.versions))


def _readers(trial: Trial, path: str) -> tuple[str, ...]:
    return tuple(version for version, rules in trial.versions.items() if path in rules.fields_read_of_final)


def columns_of(needs: Needs) -> str:
    """Return the columns of the occasion: what the record has, else what is computed from dated facts."""
    return "".join(f',\n    {_value(needs, path)} as "{in_name(path)}"' for path in needs.fields)


def _value(needs: Needs, path: str) -> str:
    kind, _many = needs.types[path]
    written = f'decisions.seen."{in_name(path)}"'
    if kind is Type.DATE:
        written = f"{written}::date"
    return _chosen(needs.fields[path], needs.versions, written, _computed(needs, path))


def _chosen(readers: Sequence[str], versions: Sequence[str], written: str, computed: str) -> str:
    if len(readers) == len(versions):
        return written
    if not readers:
        return computed
    named = ", ".join(f"'{version}'" for version in readers)
    return f"case when decisions.rule_version_id in ({named}) then {written} else {computed} end"


def more_of(needs: Needs) -> str:
    """Return what records lack, as JSON for the second stage; of a return, which keeps no values, all of it."""
    every = [(path, _computed(needs, path)) for path in needs.fields]
    lacking = [(path, _value(needs, path)) for path in needs.fields if not needs.is_kept(path)]
    if ENTITLEMENTS in needs.fields:
        given = (GIVEN, f"looked_{needs.looked_up[GIVEN]}.value")
        every, lacking = [*every, given], [*lacking, given]
    lines = ", ".join(f"'{name}': {LINE_COLUMNS[name]}" for name in needs.missing_of_lines if name in LINE_COLUMNS)
    if lines:
        lacking.append(("lines", _OF_LINES.format(fields=lines)))
    return f"case when purchases.kind = 'return' then {_as_json(every)} else {_as_json(lacking)} end"


def _as_json(named: Sequence[tuple[str, str]]) -> str:
    members = ", ".join(f"'{in_text(path)}': {sql}" for path, sql in named)
    return f"to_json({{{members}}})::varchar" if named else "null"


def _computed(needs: Needs, path: str) -> str:
    found = COMPUTED.get(path) or ("{looked}" if is_computed(path) else "null")
    place = needs.looked_up.get(path)
    computed = found.format(looked=f"looked_{place}.value") if place is not None else found
    return f"({computed})::{_sql_type(*needs.types[path], as_date=True)}"


def fields_of_lines(needs: Needs) -> str:
    parts = []
    for name, readers in needs.line_fields.items():
        computed = LINE_COLUMNS.get(name, "null") if needs.missing_of_lines else "null"
        parts.append(f'{_chosen_of_line(readers, needs.versions, name, computed)} as "{name}"')
    return ", ".join(parts)


def _chosen_of_line(readers: Sequence[str], versions: Sequence[str], name: str, computed: str) -> str:
    written = f'each.line."{name}"'
    if len(readers) == len(versions):
        return written
    if not readers:
        return computed
    named = ", ".join(f"'{version}'" for version in readers)
    return f"case when each.version_id in ({named}) then {written} else {computed} end"


def joins_of_lines(needs: Needs) -> str:
    if not needs.missing_of_lines:
        return ""
    return """join lines on lines.purchase_id = each.purchase_id and lines.line_number = each.place
    left join products on products.code = lines.product_code"""


def _sql_type(kind: Type, many: bool, *, as_date: bool = False) -> str:
    name = "DATE" if kind is Type.DATE and as_date else SQL_TYPES[kind]
    return f"{name}[]" if many else name


def _in_json(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")


_OF_LINES = """(select list({{{fields}}} order by line_number) from lines
    left join products on products.code = lines.product_code where lines.purchase_id = purchases.purchase_id)"""
