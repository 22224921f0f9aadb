"""Compare what was judged with what the vendor told, and keep the cause of each difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from fidelia.activity.operations.purchases import origin_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.outbox import Origin
from fidelia.programme.queries import terms_of

from ..models import Shadow, ShadowPurchase, VendorGrant
from .baskets import CODES, TOLD_TOTAL
from .explaining import KEPT, NONE, GivenBack, Occasion, explain_difference, explain_return
from .judging import ALONE

TOGETHER = 500


def compare_shadow(
    *, by: Actor, at: datetime, shadow: Shadow, told: Callable[[int], None] = lambda _count: None
) -> dict[str, int]:
    """Explain every judged purchase of which the vendor has told and that was not compared since.

    Returns {"compared", "different"}. Raises Denied (programme.see).
    """
    by.require("programme.see", Scope(shadow.programme.partner_id))
    counts = {"compared": 0, "different": 0}
    while batch := _next(shadow):
        with transaction_of_use_case():
            done = _compare(shadow, batch, at)
        counts["compared"] += len(batch)
        counts["different"] += done
        told(len(batch))
    return counts


def _next(shadow: Shadow) -> list[str]:
    """Return receipts that both have, by number, so that who compares at once goes the same way."""
    waiting = ShadowPurchase.objects.filter(
        shadow=shadow, compared_at=None, receipt_number__in=shadow.grants.values("receipt_number")
    )
    return list(waiting.order_by("receipt_number").values_list("receipt_number", flat=True)[:TOGETHER])


def _compare(shadow: Shadow, numbers: list[str], at: datetime) -> int:
    """What is told otherwise meanwhile waits for these rows, and clears them again."""
    rows = list(
        ShadowPurchase.objects.select_for_update(of=("self",))
        .select_related("returns")
        .filter(shadow=shadow, receipt_number__in=numbers)
        .order_by("id")
    )
    grants = {each.receipt_number: each for each in shadow.grants.filter(receipt_number__in=numbers)}
    sold = _told_of_sales(shadow, rows)
    for row in rows:
        grant = grants[row.receipt_number]
        if row.is_return and ALONE in row.record:
            row.cause, row.detail = _explained_alone(row, grant)
        elif row.is_return:
            row.cause, row.detail = explain_return(_given_back(row, grant, sold))
        else:
            row.cause, row.detail = explain_difference(_occasion(row, grant))
        row.compared_at = at
    ShadowPurchase.objects.bulk_update(rows, ["cause", "detail", "compared_at"])
    return sum(row.cause != NONE for row in rows)


def _told_of_sales(shadow: Shadow, rows: list[ShadowPurchase]) -> dict[str, int]:
    """Return by receipt what the vendor granted for the sales of returns."""
    numbers = [row.returns.receipt_number for row in rows if row.returns is not None]
    return dict(shadow.grants.filter(receipt_number__in=numbers).values_list("receipt_number", "points"))


def _given_back(row: ShadowPurchase, grant: VendorGrant, sold: Mapping[str, int]) -> GivenBack:
    sale = row.returns
    return GivenBack(
        refusal=row.refusal,
        points=row.points,
        told=grant.points,
        lines=len(row.record.get("lines", ())),
        sold=sale.receipt_number if sale is not None else "",
        given_here=sale.points if sale is not None else 0,
        given_there=sold.get(sale.receipt_number) if sale is not None else None,
    )


def _explained_alone(row: ShadowPurchase, grant: VendorGrant) -> tuple[str, str]:
    """A return that names no purchase takes what a purchase would be given, and differs for the same causes."""
    if grant.points == 0 and row.points:
        return KEPT, ""
    seen = _occasion(row, grant)
    return explain_difference(replace(seen, points=-seen.points, told=-seen.told))


def _occasion(row: ShadowPurchase, grant: VendorGrant) -> Occasion:
    return Occasion(
        terms=terms_of(row.version_id) if row.version_id is not None else None,
        record=row.record,
        refusal=row.refusal,
        points=row.points,
        told=grant.points,
        told_tier=grant.tier,
        total=row.total,
        told_total=row.record.get(TOLD_TOTAL),
        codes=row.record.get(CODES, 0),
        is_late=origin_of(row.occurred_at, row.judged_at) is Origin.LATE,
    )
