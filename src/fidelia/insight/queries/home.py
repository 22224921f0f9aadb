"""What Home asks of a period: figures counted once in the night for a large shop, and pages read what was kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from fidelia.activity.queries import (
    SalesFigures,
    StoreSales,
    WeekOfSales,
    count_active_members,
    count_active_members_by_store,
    count_repurchases,
    count_repurchases_by_store,
    list_weeks_of_sales,
    list_weeks_of_sales_by_store,
    sum_sales,
    sum_sales_by_store,
)
from fidelia.customers.queries import count_by_text
from fidelia.kernel.actor import Actor
from fidelia.ledger.queries import PointsFlow, list_weeks_of_flow, sum_flow
from fidelia.programme.models import Programme
from fidelia.programme.queries import count_members, count_members_by_tier

from ..models import KeptFigure

YEAR = timedelta(days=364)  # the same weekdays
ACTIVE = timedelta(days=182)
WEEKS = 12
PERIODS = (7, 30, 90)
STAGE = "lifecycle_stage"  # the trait
OF_STORES = "of each store"
ASKED_OF_A_STORE = ("sales", "weeks of sales", "active members", "repurchases")


@dataclass(frozen=True, slots=True)
class Period:
    """The days shown and the days they are compared with: those a year before, or just before; both end at midnight."""

    since: datetime
    until: datetime
    before_since: datetime
    before_until: datetime
    is_against_year: bool


class HomeFigures:
    """What was sold, to whom, who came back, and the points that moved; from what was kept, else counted now.

    What was kept is of the whole shop and of each store: it serves those who may see all of it, and of a store those
    who see no other. `counted_at` tells when, None for now. With `store_id`, or for who sees one store alone, sales and
    people are those of one store; points and stages are always of all.
    """

    def __init__(self, by: Actor, kept: Mapping[str, Any] | None = None, *, store_id: UUID | None = None) -> None:
        store = store_id or _only_store_of(by)
        self._by = by
        self._of: dict[str, Any] = {"by": by, "store_id": store}
        self.answers: dict[str, Any] = {}
        self.counted_at: datetime | None = None
        self._store = str(store) if store else ""
        self._kept = kept if kept is not None else self._read_kept()

    def period(self, days: int, *, midnight: datetime, currency: str) -> Period:
        """Return the last `days` whole days before a midnight, with what they are compared with."""
        since = midnight - timedelta(days=days)
        if self.sales(currency, since - YEAR, midnight - YEAR).receipts:
            return Period(since, midnight, since - YEAR, midnight - YEAR, is_against_year=True)
        return Period(since, midnight, since - timedelta(days=days), since, is_against_year=False)

    def sales(self, currency: str, since: datetime, until: datetime) -> SalesFigures:
        """Raises Denied (purchase.see)."""
        stores = self._kept.get(_key(("stores", currency, since, until))) if self._store else None
        if stores is not None:
            sums = {store: (total, members, receipts) for store, total, members, receipts, _named in stores}
            return SalesFigures(*sums.get(self._store, (0, 0, 0)))
        return SalesFigures(*self._ask(
            ("sales", currency, since, until),
            lambda: astuple(sum_sales(currency=currency, since=since, until=until, **self._of)),
        ))  # fmt: skip

    def weeks_of_sales(self, currency: str, since: datetime, until: datetime, zone: tzinfo) -> list[WeekOfSales]:
        """Raises Denied (purchase.see)."""
        rows = self._ask_of_store(
            ("weeks of sales", currency, since, until),
            lambda: _rows_of(list_weeks_of_sales(currency=currency, since=since, until=until, zone=zone, **self._of)),
            nothing=[],
        )
        return [WeekOfSales(date.fromisoformat(monday), members, others) for monday, members, others in rows]

    def stores(self, currency: str, since: datetime, until: datetime) -> list[StoreSales]:
        """Return the sales of each store, the largest first. Raises Denied (purchase.see)."""
        rows = self._ask(
            ("stores", currency, since, until),
            lambda: [
                (str(one.store_id) if one.store_id else "", one.total, one.members, one.receipts, one.named)
                for one in sum_sales_by_store(by=self._by, currency=currency, since=since, until=until)
            ],
        )
        return [StoreSales(UUID(store_id) if store_id else None, *sums) for store_id, *sums in rows]

    def stages(self, at: datetime) -> dict[str, int]:
        """Return how many customers are in each stage of the lifecycle now; nobody before the first refresh."""
        counts: dict[str, int] = self._ask(("stages now",), lambda: count_by_text(STAGE, at))
        return counts

    def former_stages(self, at: datetime) -> dict[str, int]:
        """Return how many customers were in each stage at a moment that has passed."""
        counts: dict[str, int] = self._ask(("stages", at), lambda: count_by_text(STAGE, at))
        return counts

    def active_members(self, until: datetime) -> int:
        """Raises Denied (purchase.see)."""
        return int(self._ask_of_store(
            ("active members", until),
            lambda: count_active_members(since=until - ACTIVE, until=until, **self._of),
            nothing=0,
        ))  # fmt: skip

    def repurchases(self, until: datetime) -> tuple[int, int]:
        """Return how many came back, of how many who bought. Raises Denied (purchase.see)."""
        back, bought = self._ask_of_store(
            ("repurchases", until), lambda: count_repurchases(until=until, **self._of), nothing=(0, 0)
        )
        return back, bought

    def people_of_stores(self, until: datetime) -> None:
        """Count who was active in each store, and who came back to buy: for the pages of the stores."""
        self._ask(
            (OF_STORES, "active members", until),
            lambda: _by_text(count_active_members_by_store(by=self._by, since=until - ACTIVE, until=until)),
        )
        self._ask(
            (OF_STORES, "repurchases", until), lambda: _by_text(count_repurchases_by_store(by=self._by, until=until))
        )

    def weeks_of_stores(self, currency: str, since: datetime, until: datetime, zone: tzinfo) -> None:
        """Sum the weeks of each store, for the pages of the stores."""

        def count() -> dict[str, Any]:
            found = list_weeks_of_sales_by_store(by=self._by, currency=currency, since=since, until=until, zone=zone)
            return {str(store): _rows_of(weeks) for store, weeks in found.items()}

        self._ask((OF_STORES, "weeks of sales", currency, since, until), count)

    def flow(self, currency: str, since: datetime, until: datetime) -> PointsFlow:
        """Return the points of a currency that moved."""
        return PointsFlow(*self._ask(
            ("flow", currency, since, until),
            lambda: astuple(sum_flow(currency=currency, since=since, until=until)),
        ))  # fmt: skip

    def weeks_of_flow(
        self, currency: str, since: datetime, until: datetime, zone: str
    ) -> list[tuple[date, PointsFlow]]:
        """Return the points of a currency that moved in each week."""
        rows = self._ask(
            ("weeks of flow", currency, since, until),
            lambda: [
                (monday.isoformat(), *astuple(flow))
                for monday, flow in list_weeks_of_flow(currency=currency, since=since, until=until, zone=zone)
            ],
        )
        return [(date.fromisoformat(monday), PointsFlow(*sums)) for monday, *sums in rows]

    def members(self, programme: Programme, at: datetime) -> int:
        """Return how many memberships are in force."""
        return int(self._ask(("members", programme.slug), lambda: count_members(programme, at)))

    def members_by_tier(self, programme: Programme, at: datetime) -> dict[str, int]:
        """Return how many hold each tier."""
        counts: dict[str, int] = self._ask(
            ("members by tier", programme.slug), lambda: count_members_by_tier(programme, at)
        )
        return counts

    def _ask_of_store(self, question: tuple[Any, ...], count: Callable[[], Any], *, nothing: Any) -> Any:
        """Ask; of one store, what was kept of all stores answers too, and one it does not name has `nothing`."""
        stores = self._kept.get(_key((OF_STORES, *question))) if self._store else None
        return self._ask(question, count) if stores is None else stores.get(self._store, nothing)

    def _ask(self, question: tuple[Any, ...], count: Callable[[], Any]) -> Any:
        key = _key((self._store, *question)) if self._store and question[0] in ASKED_OF_A_STORE else _key(question)
        if key not in self._kept:
            self.answers[key] = count()
            return self.answers[key]
        return self._kept[key]

    def _read_kept(self) -> dict[str, Any]:
        sees_all = self._by.may("purchase.see") and self._by.may("points.see")
        if self._by.mode == "test" or not (sees_all or _only_store_of(self._by)):
            return {}
        rows = list(KeptFigure.objects.values_list("question", "answer", "counted_at"))
        self.counted_at = max((counted_at for _question, _answer, counted_at in rows), default=None)
        kept = {question: answer for question, answer, _counted_at in rows}
        return kept if sees_all else _of_one_store(kept, self._store)


def _only_store_of(by: Actor) -> UUID | None:
    """Return the store that somebody sees the sales of, where it is the only one."""
    stores = {scope.store_id for scope in by.scopes_of("purchase.see")}
    return stores.pop() if len(stores) == 1 else None


def _of_one_store(kept: Mapping[str, Any], store: str) -> dict[str, Any]:
    """Return what of the kept is about one store: all that somebody may be told who sees no other."""
    found: dict[str, Any] = {}
    for question, answer in kept.items():
        if question.startswith("stores|"):
            found[question] = [row for row in answer if row[0] == store]
        elif question.startswith(OF_STORES):
            found[question] = {store: answer[store]} if store in answer else {}
    return found


def _key(question: tuple[Any, ...]) -> str:
    return "|".join(part.astimezone(UTC).isoformat() if isinstance(part, datetime) else str(part) for part in question)


def _rows_of(weeks: list[WeekOfSales]) -> list[tuple[str, int, int]]:
    return [(week.monday.isoformat(), week.members, week.others) for week in weeks]


def _by_text(stores: Mapping[UUID, Any]) -> dict[str, Any]:
    return {str(store): answer for store, answer in stores.items()}
