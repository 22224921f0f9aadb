"""Stage one: history as the rules read it, and which rules are candidates for which purchase, set-based by DuckDB.

An *occasion* is one committed decision. What its rules read then stands in its record and is taken from there; what
other rules ask besides is computed from the facts as they are dated. Conditions that ask nothing of the running of
history (the tier that other rules would have brought) are rendered to SQL and judged for all occasions at once.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb
import pyarrow

from .candidates import candidates_of
from .columns import FIRST_SALE, LOCAL
from .needs import columns_of, fields_of_lines, joins_of_lines, more_of, needs_of
from .people import know_people
from .trial import Trial

MEMORY_LIMIT = "1GB"  # beyond it DuckDB writes to the disk
ROWS_TOGETHER = 20_000
YEAR_MIN, YEAR_MAX = 1990, 2051
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TABLES = (
    *("purchases", "lines", "decisions", "customers", "products", "enrolments", "tier_periods", "traits"),
    *("segment_memberships", "customer_changes", "subscription_periods", "offer_activations"),
)


class Occasion(NamedTuple):
    """One committed decision, in the order in which they were committed. Ids are texts; money in minor units.

    tier   the tier held just before, as it is known now: one begins with the very purchase that reaches it
    mask   bit n: the condition of rule n of its terms is met
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
class Beside:
    """What is not in the facts, since it would name people: birth dates (customer_id, birth_on) and where they changed,
    what was on record before (change_id, recorded_at, former), and free texts of customers in the form of the facts of
    traits; and stores (store_id, code, banner).
    """

    stores: pyarrow.Table
    births: pyarrow.Table
    birth_changes: pyarrow.Table
    free_texts: pyarrow.Table


@dataclass(slots=True)
class History:
    """The occasions of one programme in the facts of an export."""

    connection: duckdb.DuckDBPyConnection
    folder: Path
    programme_id: str
    zone: str
    currency: str = ""
    unknown: set[str] = field(default_factory=set)
    of_today: set[str] = field(default_factory=set)
    ran_back: bool = False  # a clock did: what was recorded first is told by the chains alone

    def prepare(self, trial: Trial, beside: Beside) -> int:
        """Build the occasions with what the rules of a trial read; return how many there are."""
        needs = needs_of(trial)
        for name in TABLES:
            self.view(name)
        for table in ("stores", "births", "birth_changes", "free_texts"):
            self.connection.register(table, getattr(beside, table))
        self.connection.register("offsets", offsets_of(self.zone))
        know_people(self.connection, needs, self.programme_id, self.currency, by_chain=self.ran_back)
        self.unknown, self.of_today = needs.doubts()
        tables = [f"looked_{place}" for place in needs.looked_up.values()]
        joined = [_OF_DECISION.format(each, each) for each in tables]
        joined += [_OF_DECISION.format("born births", "births")] if needs.asks_births else []
        joined += [_FIRST_SALE] if FIRST_SALE in needs.fields else []
        built = _OCCASIONS.format(
            local=LOCAL, columns=columns_of(needs), more=more_of(needs), transform=needs.transform,
            joined="".join(joined),
        )  # fmt: skip
        asked = {"begins": trial.begins, "ends": trial.ends}
        self.connection.execute(built, {**asked, "all": trial.tried is not None})
        self.connection.execute(_LINES.format(fields=fields_of_lines(needs), join=joins_of_lines(needs)))
        return int(self.connection.execute("select count(*) from occasion").fetchall()[0][0])

    def occasions(self, trial: Trial) -> Iterator[Occasion]:
        """Yield every occasion with its candidates, in the order in which they were decided."""
        count = self.find_candidates(trial)
        self.put_in_order()
        yield from self.in_order(count)

    def in_order(self, count: int) -> Iterator[Occasion]:
        """Yield the occasions that were put in order, of which there are `count`, by parts that stand together."""
        for first in range(1, count + 1, ROWS_TOGETHER):
            asked = self.connection.sql(_ASK, params={"first": first, "last": first + ROWS_TOGETHER - 1})
            columns = [column.to_pylist() for column in asked.to_arrow_table().columns]
            columns[7] = [EPOCH + timedelta(microseconds=each) for each in columns[7]]
            yield from map(Occasion._make, zip(*columns, strict=True))

    def find_candidates(self, trial: Trial) -> int:
        """Judge the conditions of all rules for all occasions; return how many occasions there are."""
        self.connection.execute(_CANDIDATES + candidates_of(trial.versions, trial.tried))
        return int(self.rows("select count(*) from candidates")[0][0])

    def put_in_order(self) -> None:
        """Put the occasions with their records and candidates in the order in which they were decided."""
        self.connection.execute(_IN_ORDER)

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
def open_history(
    folder: Path, *, programme_id: str, zone: str, currency: str = "", threads: int = 2
) -> Iterator[History]:
    """Open the facts of an export for one programme."""
    with tempfile.TemporaryDirectory(prefix="fidelia-backtest-") as scratch:
        connection = duckdb.connect(
            config={"threads": threads, "memory_limit": MEMORY_LIMIT, "temp_directory": scratch}
        )
        try:
            yield History(connection, folder, programme_id, zone, currency)
        finally:
            connection.close()


_OF_DECISION = """
    left join {0} on {1}.account_id = decisions.account_id and {1}.sequence = decisions.sequence"""
_FIRST_SALE = """
    left join (
        select persons.person, min_by(purchases.purchase_id,
            (greatest(coalesce(purchases.claimed_at, purchases.recorded_at), persons.known_from), purchases.purchase_id)
        ) as purchase_id
        from purchases join persons on persons.id = purchases.customer_id where purchases.kind = 'sale'
        group by persons.person
    ) first_sale on first_sale.person = decisions.person"""
_OCCASIONS = """
create or replace temp table occasion as
with own as (
    select decisions.*, json_transform(decisions.record, '{transform}').values as seen,
        decided.person, decided.local, decided.place_of
    from decisions join decided on decided.account_id = decisions.account_id and decided.sequence = decisions.sequence
)
select decisions.place_of, decisions.account_id, decisions.sequence, decisions.purchase_id,
    enrolments.enrolment_id, purchases.customer_id,
    coalesce(purchases.borne_by_store_id, purchases.store_id) as store_id,
    strftime({local}, '%Y-%m') as month, decisions.occurred_at, purchases.kind,
    purchases.total, coalesce(purchases.discount, 0) as discount, decisions.rule_version_id as version_id,
    purchases.returns_purchase_id as returns_id,
    $all and ($begins is null or decisions.occurred_at >= $begins)
        and ($ends is null or decisions.occurred_at < $ends) as is_tried,
    coalesce(periods.tier, '') as tier, {more} as more, decisions.seen.lines as lines{columns}
from own decisions
    join purchases using (purchase_id)
    {joined}
    left join customers on customers.customer_id = decisions.person
    left join stores on stores.store_id = purchases.store_id
    left join enrolled enrolments on decisions.person is not null and enrolments.enrolment_id = purchases.enrolment_id
    left join (select * from tier_periods where tier_set = '') periods
        on periods.enrolment_id = purchases.enrolment_id and periods.valid_from < decisions.occurred_at
        and (periods.valid_until is null or periods.valid_until >= decisions.occurred_at)
"""
_LINES = """
create or replace temp table line as
select each.place_of, {fields}
from (select place_of, purchase_id, version_id, unnest(lines) as line, generate_subscripts(lines, 1) as place
      from occasion where kind = 'sale') each {join}
"""
_CANDIDATES = "create or replace temp table candidates as "
# Put in order once, by one number: records are wide, and whatever else is sorted with them is most of the work.
_IN_ORDER = """
create or replace temp table ordered as
select occasion.place_of, occasion.account_id, occasion.sequence, occasion.purchase_id, enrolment_id, customer_id,
    store_id, month, occasion.occurred_at, kind, total, discount, version_id, returns_id, is_tried, tier, mask,
    decisions.record, more
from occasion join candidates using (place_of)
    join decisions on decisions.account_id = occasion.account_id and decisions.sequence = occasion.sequence
order by 1
"""
_ASK = """
select * exclude (place_of) replace (epoch_us(occurred_at) as occurred_at) from ordered
where place_of between $first and $last order by place_of
"""
