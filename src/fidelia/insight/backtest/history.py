"""Stage one: history as the rules read it, and which rules are candidates for which purchase, set-based by DuckDB.

An *occasion* is one committed decision. What its rules read then stands in its record and is taken from there; what
other rules ask besides is computed from the facts as they are dated. Conditions that ask nothing of the running of
history (the tier that other rules would have brought) are rendered to SQL and judged for all occasions at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import pyarrow

from fidelia.rules import RuleSet, Type

from .candidates import mask_of
from .columns import COMPUTED, HELD, LINE_COLUMNS, LOCAL, SQL_TYPES, in_name, trait_column

MEMORY_LIMIT = "1GB"  # beyond it DuckDB writes to the disk
ROWS_TOGETHER = 20_000
YEAR_MIN, YEAR_MAX = 1990, 2051
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TABLES = (
    *("purchases", "lines", "decisions", "customers", "products", "enrolments", "tier_periods", "traits"),
    "segment_memberships",
)


class Occasion(NamedTuple):
    """One committed decision, in the order in which they were committed. Ids are texts; money in minor units.

    tier   the tier held then, as it is known now;  mask: bit n: the condition of rule n of its terms is met
    """

    account_id: str
    sequence: int
    purchase_id: str
    enrolment_id: str | None
    customer_id: str | None
    store_id: str | None
    month: str
    occurred_at: datetime
    kind: str
    total: int
    discount: int
    version_id: str
    returns_id: str | None
    is_tried: bool
    tier: str
    mask: int
    record: str
    more: str | None

    @property
    def is_member(self) -> bool:
        """Whether it is decided in a member's chain; what nobody's is is a chain of its own."""
        return self.account_id not in (self.purchase_id, self.returns_id)


@dataclass(frozen=True, slots=True)
class Trial:
    """By which rules occasions are judged: those in the period by `tried`, others by the version that decided them.

    `tried` None: every occasion by its own version. `versions` are by their ids.
    """

    versions: Mapping[str, RuleSet]
    tried: RuleSet | None = None
    begins: datetime | None = None
    ends: datetime | None = None

    @property
    def rule_sets(self) -> list[RuleSet]:
        return [*self.versions.values(), *([self.tried] if self.tried is not None else [])]


@dataclass(frozen=True, slots=True)
class Beside:
    """What is not in the facts: stores (store_id, code, banner) and birth dates (customer_id, birth_on)."""

    stores: pyarrow.Table
    births: pyarrow.Table


@dataclass(slots=True)
class History:
    """The occasions of one programme in the facts of an export."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    programme_id: str
    zone: str
    unknown: set[str] = field(default_factory=set)

    def prepare(self, trial: Trial, beside: Beside) -> int:
        """Build the occasions with what the rules of a trial read; return how many there are."""
        needs = _needs(trial)
        for name in TABLES:
            self.view(name)
        self.connection.register("stores", beside.stores)
        self.connection.register("births", beside.births)
        self.unknown = {path for path in needs.fields if path not in COMPUTED and not path.startswith(HELD)}
        self.connection.register("offsets", offsets_of(self.zone))
        built = _OCCASIONS.format(local=LOCAL, columns=_columns(needs), more=_more(needs), transform=needs.transform)
        asked = {"programme": self.programme_id, "begins": trial.begins, "ends": trial.ends}
        self.connection.execute(built, {**asked, "all": trial.tried is not None})
        self.connection.execute(_LINES.format(fields=_line_fields(needs), join=_line_join(needs)))
        return int(self.connection.execute("select count(*) from occasion").fetchall()[0][0])

    def occasions(self, trial: Trial) -> Iterator[Occasion]:
        """Yield every occasion with its candidates, in the order in which they were decided."""
        count = self.find_candidates(trial)
        # By parts that stand together: sorted whole, with their records, a million would go through the disk once more.
        for first in range(1, count + 1, ROWS_TOGETHER):
            asked = self.connection.sql(_ASK, params={"first": first, "last": first + ROWS_TOGETHER - 1})
            columns = [column.to_pylist() for column in asked.to_arrow_table().columns]
            columns[7] = [EPOCH + timedelta(microseconds=each) for each in columns[7]]
            yield from map(Occasion._make, zip(*columns, strict=True))

    def find_candidates(self, trial: Trial) -> int:
        """Judge the conditions of all rules for all occasions; return how many occasions there are."""
        self.connection.execute(_CANDIDATES.format(mask=mask_of(trial.versions, trial.tried)))
        return int(self.rows("select count(*) from candidates")[0][0])

    def rows(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        """Ask a small question of the facts."""
        return self.connection.execute(sql, values or None).fetchall()

    def view(self, name: str) -> None:
        """Let a table of facts be asked by its name."""
        files = str(self.folder / name / "*.parquet").replace("'", "''")
        self.connection.execute(f"create or replace view {name} as select * from read_parquet('{files}')")


def offsets_of(zone: str) -> pyarrow.Table:
    """Return the offsets from UTC of a time zone, each with the instant at which it begins."""
    place, at = ZoneInfo(zone), datetime(YEAR_MIN, 1, 1, tzinfo=UTC)
    found = [(at, at.astimezone(place).utcoffset())]
    end = datetime(YEAR_MAX, 1, 1, tzinfo=UTC)
    while at < end:
        following = at + timedelta(days=1)
        if following.astimezone(place).utcoffset() != found[-1][1]:
            quarters = (at + timedelta(minutes=15 * n) for n in range(1, 97))
            begins = next(each for each in quarters if each.astimezone(place).utcoffset() != found[-1][1])
            found.append((begins, begins.astimezone(place).utcoffset()))
        at = following
    return pyarrow.table(
        {
            "begins": pyarrow.array([begins for begins, _offset in found], pyarrow.timestamp("us", tz="UTC")),
            "seconds": pyarrow.array([int((offset or timedelta()).total_seconds()) for _begins, offset in found]),
        }
    )


@contextmanager
def open_history(folder: Path, *, programme_id: str, zone: str, threads: int = 2) -> Iterator[History]:
    """Open the facts of an export for one programme."""
    with tempfile.TemporaryDirectory(prefix="fidelia-backtest-") as scratch:
        connection = duckdb.connect(
            config={"threads": threads, "memory_limit": MEMORY_LIMIT, "temp_directory": scratch}
        )
        try:
            yield History(connection, folder, programme_id, zone)
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Needs:
    """What the rules of a trial read: fields and fields of lines, each with the versions whose records have them."""

    fields: Mapping[str, tuple[str, ...]]
    types: Mapping[str, tuple[Type, bool]]
    line_fields: Mapping[str, tuple[str, ...]]
    line_types: Mapping[str, Type]
    versions: tuple[str, ...]

    @property
    def transform(self) -> str:
        """Return the structure of the values in a record, as DuckDB reads JSON."""
        plain = [f'"{_in_json(path)}":"{_sql_type(kind, many)}"' for path, (kind, many) in self.types.items()]
        lines = ",".join(f'"{name}":"{SQL_TYPES[kind]}"' for name, kind in self.line_types.items())
        return "{" + ",".join([*plain, f'"lines":[{{{lines}}}]']) + "}"

    def is_kept(self, path: str) -> bool:
        """Whether every record has it."""
        return len(self.fields[path]) == len(self.versions)

    @property
    def missing_of_lines(self) -> list[str]:
        return [name for name, kept in self.line_fields.items() if len(kept) < len(self.versions)]


def _needs(trial: Trial) -> Needs:
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


def _columns(needs: Needs) -> str:
    """Return the columns of the occasion: what the record has, else what is computed from dated facts."""
    return "".join(f',\n    {_value(needs, path)} as "{in_name(path)}"' for path in needs.fields)


def _value(needs: Needs, path: str) -> str:
    kind, many = needs.types[path]
    written = f'decisions.seen."{in_name(path)}"'
    if kind is Type.DATE:
        written = f"{written}::date"
    return _chosen(needs.fields[path], needs.versions, written, _computed(path, (kind, many)))


def _chosen(readers: Sequence[str], versions: Sequence[str], written: str, computed: str) -> str:
    if len(readers) == len(versions):
        return written
    if not readers:
        return computed
    named = ", ".join(f"'{version}'" for version in readers)
    return f"case when decisions.rule_version_id in ({named}) then {written} else {computed} end"


def _more(needs: Needs) -> str:
    """Return what records lack, as JSON for the second stage; of a return, which keeps no values, all of it."""
    every = _as_json([(path, _computed(path, needs.types[path])) for path in needs.fields])
    lacking = [(path, _value(needs, path)) for path in needs.fields if not needs.is_kept(path)]
    lines = ", ".join(f"'{name}': {LINE_COLUMNS[name]}" for name in needs.missing_of_lines if name in LINE_COLUMNS)
    if lines:
        lacking.append(("lines", _OF_LINES.format(fields=lines)))
    return f"case when purchases.kind = 'return' then {every} else {_as_json(lacking)} end"


def _as_json(named: Sequence[tuple[str, str]]) -> str:
    members = ", ".join(f"'{_in_text(path)}': {sql}" for path, sql in named)
    return f"to_json({{{members}}})::varchar" if named else "null"


def _computed(path: str, typed: tuple[Type, bool]) -> str:
    computed = trait_column(path, typed[0]) if path.startswith(HELD) else COMPUTED.get(path, "null")
    return f"({computed})::{_sql_type(*typed, as_date=True)}"


def _line_fields(needs: Needs) -> str:
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


def _line_join(needs: Needs) -> str:
    if not needs.missing_of_lines:
        return ""
    return """join lines on lines.purchase_id = each.purchase_id and lines.line_number = each.place
    left join products on products.code = lines.product_code"""


def _sql_type(kind: Type, many: bool, *, as_date: bool = False) -> str:
    name = "DATE" if kind is Type.DATE and as_date else SQL_TYPES[kind]
    return f"{name}[]" if many else name


def _in_text(path: str) -> str:
    return path.replace("'", "''")


def _in_json(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")


_OF_LINES = """(select list({{{fields}}} order by line_number) from lines
    left join products on products.code = lines.product_code where lines.purchase_id = purchases.purchase_id)"""
_OCCASIONS = """
create or replace temp table occasion as
with own as (
    select decisions.*, json_transform(json_extract(decisions.record, '$.values'), '{transform}') as seen
    from decisions join purchases using (purchase_id) where purchases.programme_id = $programme
), first_sale as (
    select customer_id, min(recorded_at) as recorded_at, min_by(purchase_id, (recorded_at, purchase_id)) as purchase_id
    from purchases where kind = 'sale' group by customer_id
)
select row_number() over () as place_of, * from (
select decisions.recorded_at, decisions.account_id, decisions.sequence, decisions.purchase_id,
    enrolments.enrolment_id, purchases.customer_id,
    coalesce(purchases.borne_by_store_id, purchases.store_id) as store_id,
    strftime({local}, '%Y-%m') as month, decisions.occurred_at, purchases.kind,
    purchases.total, coalesce(purchases.discount, 0) as discount, decisions.rule_version_id as version_id,
    purchases.returns_purchase_id as returns_id,
    $all and ($begins is null or decisions.occurred_at >= $begins)
        and ($ends is null or decisions.occurred_at < $ends) as is_tried,
    coalesce(periods.tier, '') as tier, decisions.record, {more} as more, decisions.seen.lines as lines{columns}
from own decisions
    join purchases using (purchase_id)
    left join customers using (customer_id)
    left join births using (customer_id)
    left join stores on stores.store_id = purchases.store_id
    left join first_sale on first_sale.customer_id = purchases.customer_id
    left join enrolments on enrolments.enrolment_id = purchases.enrolment_id
    asof left join offsets on decisions.occurred_at >= offsets.begins
    asof left join offsets enrolled_offsets on enrolments.enrolled_at >= enrolled_offsets.begins
    left join (select * from tier_periods where tier_set = '') periods
        on periods.enrolment_id = purchases.enrolment_id and periods.valid_from <= decisions.occurred_at
        and (periods.valid_until is null or periods.valid_until > decisions.occurred_at)
order by decisions.recorded_at, decisions.account_id, decisions.sequence)
"""
_LINES = """
create or replace temp table line as
select each.place_of, {fields}
from (select place_of, purchase_id, version_id, unnest(lines) as line, generate_subscripts(lines, 1) as place
      from occasion where kind = 'sale') each {join}
"""
_ASK = """
select account_id, sequence, purchase_id, enrolment_id, customer_id, store_id, month, epoch_us(occurred_at), kind,
    total, discount, version_id, returns_id, is_tried, tier, mask, record, more
from occasion join candidates using (place_of)
where occasion.place_of between $first and $last and candidates.place_of between $first and $last
order by occasion.place_of
"""
_CANDIDATES = "create or replace temp table candidates as select place_of, {mask} as mask from occasion"
