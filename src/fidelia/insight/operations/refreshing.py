"""Refresh insight: export the facts, measure them, write what was learnt down onto the customers as dated traits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from fidelia import __version__
from fidelia.access.operations import record_audit
from fidelia.customers.operations import place_trait_definition, set_traits
from fidelia.kernel.actor import Actor, Grant
from fidelia.kernel.bulk import copy_rows
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.outbox import announce
from fidelia.organisation.models import Operator
from fidelia.organisation.queries import get_operator

from ..errors import WindowOutOfBounds
from ..events import InsightRefreshed
from ..measures.engine import Facts, open_facts
from ..measures.rfm import WINDOW_DAYS, rfm
from ..measures.spark import look_for_spark
from ..models import Chapter, FactExport, Refresh, ScoreVersion, folder_of
from ..queries import count_cells
from .exporting import Told, export_facts

SOURCE: Final = "insight"
WINDOW_DAYS_MAX: Final = 3_660

# name, type, label, unit; what RFM writes onto a customer.
TRAITS: Final = (
    ("rfm_recency", "number", LocalizedText(en="Recency score", fr="Note de récence"), "1–5"),
    ("rfm_frequency", "number", LocalizedText(en="Frequency score", fr="Note de fréquence"), "1–5"),
    ("rfm_amount", "number", LocalizedText(en="Amount score", fr="Note de montant"), "1–5"),
    ("rfm_segment", "text", LocalizedText(en="RFM group", fr="Groupe RFM"), ""),
    ("rfm_last_sale_on", "day", LocalizedText(en="Day of the last purchase", fr="Jour du dernier achat"), ""),
    ("rfm_sales", "number", LocalizedText(en="Purchases in the window", fr="Achats sur la période"), ""),
    ("rfm_net", "number", LocalizedText(en="Amount in the window", fr="Montant sur la période"), "minor"),
)
SCORE_COLUMNS: Final = (
    *("customer_id", "refresh_id", "last_sale_at", "recency_days", "frequency", "amount", "recency_score"),
    *("frequency_score", "amount_score", "segment"),
)
TraitRow = tuple[UUID, str, int | str | bool | date | None]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What one refresh covers."""

    as_of: datetime
    currency: str
    window_days: int
    zone: ZoneInfo
    grounds: str = ""


def refresh(
    *,
    by: Actor,
    at: datetime,
    as_of: datetime | None = None,
    currency: str | None = None,
    window_days: int = WINDOW_DAYS,
    told: Told = lambda line: None,
    unless_same: bool = False,
) -> Refresh:
    """Export the facts, score RFM, set its traits on every customer in one transaction, announce InsightRefreshed.

    The window ends at `as_of` (`at` unless told: a history brought in may end earlier), which is also from when the
    traits hold. Amounts are in `currency`, the operator's unless told. `told` hears the progress. With `unless_same`
    nothing is computed where the last refresh of the same day had the same grounds, and its chapters: it is returned.
    Measures are computed by DuckDB, or on Spark where the setting names one. Raises Denied, WindowOutOfBounds,
    OperatorNotSetUp, SparkMissing.
    """
    by.require("insight.refresh")
    if not 1 <= window_days <= WINDOW_DAYS_MAX:
        raise WindowOutOfBounds(f"A window is 1 to {WINDOW_DAYS_MAX:,} days long.", pointer="/window_days")
    operator = get_operator()
    scope = _Scope(as_of or at, currency or operator.currency, window_days, zone_of(operator.time_zone))
    if settings.SPARK:
        look_for_spark(settings.SPARK)
    export = export_facts(by=by, at=at, told=told)
    grounds = _grounds_of(export, operator, scope)
    if unless_same and (last := _same_as(grounds, export)) is not None:
        return last
    told("rfm")
    with open_facts(folder_of(export.id), spark=settings.SPARK) as facts:
        return _write_down(by, at, export, facts, replace(scope, grounds=grounds))


def _grounds_of(export: FactExport, operator: Operator, scope: _Scope) -> str:
    """A hash of all that a refresh is computed from: facts, whose they are, what is covered, and who chose a score."""
    chosen = ScoreVersion.objects.filter(is_chosen=True).order_by("id").values_list("id", flat=True)
    day = scope.as_of.astimezone(scope.zone).date()  # what is learnt ages by days
    read = [
        __version__, export.content, export.schema_hash, operator.name, operator.time_zone, scope.currency,
        str(scope.window_days), str(day), settings.SPARK, *map(str, chosen),
    ]  # fmt: skip
    return hashlib.sha256("\n".join(map(str, read)).encode()).hexdigest()[:32]


def _same_as(grounds: str, export: FactExport) -> Refresh | None:
    """The last refresh if it had these grounds and was written up; it reads the newer export, which holds the same."""
    with transaction_of_use_case():
        _lock_refreshes()
        last = Refresh.objects.order_by("-refreshed_at", "-id").first()
        if last is None or last.grounds != grounds or not Chapter.objects.filter(refresh=last).exists():
            return None
        last.export = export
        last.save(update_fields=["export"])
    return last


def _write_down(by: Actor, at: datetime, export: FactExport, facts: Facts, scope: _Scope) -> Refresh:
    with transaction_of_use_case():
        _lock_refreshes()
        done = Refresh.objects.create(
            export=export, as_of=scope.as_of, currency=scope.currency, window_days=scope.window_days,
            customer_count=0, refreshed_at=at, grounds=scope.grounds,
        )  # fmt: skip
        _forget_former_scores()
        done.customer_count = copy_rows("insight_rfm", SCORE_COLUMNS, _score_rows(facts, scope, done.id))
        done.cells = count_cells()
        done.save(update_fields=["customer_count", "cells"])
        _set_rfm_traits(by, at, facts, scope)
        record_audit(
            by=by, at=at, verb="insight.refresh", object_type="refresh", object_id=done.id,
            after={"as_of": scope.as_of, "customers": done.customer_count},
        )  # fmt: skip
        announce(InsightRefreshed(occurred_at=at, refresh_id=done.id, count=done.customer_count))
    return done


def _lock_refreshes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtext('insight.refresh'))")


def _forget_former_scores() -> None:
    with connection.cursor() as cursor:
        cursor.execute("delete from insight_rfm")


def _scored(facts: Facts, scope: _Scope) -> Iterator[dict[str, Any]]:
    # Computed once for the table and once for the traits: half a second for five million purchases, where keeping a
    # million rows in memory would cost half a gigabyte.
    purchases = facts.people_of("purchases")
    measure = rfm(
        purchases, facts.table("lines"), as_of=scope.as_of, currency=scope.currency, window_days=scope.window_days
    )
    for batch in facts.batches_of(measure):
        yield from batch


def _score_rows(facts: Facts, scope: _Scope, refresh_id: UUID) -> Iterator[tuple[Any, ...]]:
    for row in _scored(facts, scope):
        row["refresh_id"] = refresh_id
        yield tuple(row[column] for column in SCORE_COLUMNS)


def _set_rfm_traits(by: Actor, at: datetime, facts: Facts, scope: _Scope) -> None:
    for name, type_, label, unit in TRAITS:
        place_trait_definition(by=by, at=at, name=name, type=type_, label=label, unit=unit)
    lent = replace(
        by, grants=(*by.grants, Grant("customer.set_traits"))
    )  # who may refresh insight may set its traits, no other
    names = [name for name, *_rest in TRAITS]  # nobody without a sale in the window keeps a score
    rows = _trait_rows(facts, scope)
    set_traits(by=lent, at=at, rows=rows, source=SOURCE, valid_from=scope.as_of, whole=names)


def _trait_rows(facts: Facts, scope: _Scope) -> Iterator[TraitRow]:
    for row in _scored(facts, scope):
        customer_id = UUID(row["customer_id"])
        yield customer_id, "rfm_recency", row["recency_score"]
        yield customer_id, "rfm_frequency", row["frequency_score"]
        yield customer_id, "rfm_amount", row["amount_score"]
        yield customer_id, "rfm_segment", row["segment"]
        yield customer_id, "rfm_last_sale_on", row["last_sale_at"].astimezone(scope.zone).date()
        yield customer_id, "rfm_sales", row["frequency"]
        yield customer_id, "rfm_net", row["amount"]
