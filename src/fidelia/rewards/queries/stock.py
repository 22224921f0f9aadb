"""Questions about stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from fidelia.kernel.actor import Actor, Scope

from ..errors import UnknownStock
from ..models import Counter, Reservation, Slot, Stock

LIMIT_MAX = 1_000
_TAKEN = """
select stock.key, stock.id, used.amount
from rewards_used_by(%s) used join rewards_stock stock on used.subject = 'stock:' || stock.id
"""


@dataclass(frozen=True, slots=True)
class StockRow:
    """A stock with the pieces given, and those that open checkouts have set aside."""

    stock: Stock
    given: int
    reserved: int

    @property
    def left(self) -> int | None:
        """Pieces free to give; None where there is no end."""
        return None if self.stock.pieces is None else max(0, self.stock.pieces - self.given - self.reserved)


def list_stock(*, by: Actor, at: datetime, programme_id: UUID | None = None) -> list[StockRow]:
    """Return the stock that the actor may see, by key, at most 1,000. Raises Denied (stock.see)."""
    if not by.may_somewhere("stock.see"):
        by.require("stock.see")
    found = Stock.objects.select_related("programme").filter(programme__is_sandbox=by.mode == "test")
    if programme_id is not None:
        found = found.filter(programme_id=programme_id)
    rows = [one for one in found.order_by("key", "id")[:LIMIT_MAX] if by.may("stock.see", _scope(one))]
    return with_given(rows, at)


def get_stock(*, by: Actor, at: datetime, stock_id: UUID) -> StockRow:
    """Return one stock. Raises Denied (stock.see), UnknownStock."""
    if not by.may_somewhere("stock.see"):
        by.require("stock.see")
    found = Stock.objects.select_related("programme").filter(
        pk=stock_id, programme__is_sandbox=by.mode == "test"
    ).first()  # fmt: skip
    if found is None or not by.may("stock.see", _scope(found)):
        raise UnknownStock("There is no such stock.")
    return with_given([found], at)[0]


def stock_taken_by(purchase_id: UUID) -> dict[str, tuple[UUID, int]]:
    """Return the pieces that a purchase has taken and not given back, with their stock, by the product of the gift."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, [purchase_id])
        return {product: (stock_id, pieces) for product, stock_id, pieces in cursor.fetchall()}


def with_given(rows: list[Stock], at: datetime) -> list[StockRow]:
    """Return stock with what was given of it; three queries."""
    subjects = [f"stock:{one.id}" for one in rows]
    counted = Counter.objects.filter(
        programme_id__in={one.programme_id for one in rows}, scope_id=UUID(int=0), subject__in=subjects
    )
    given = dict(counted.values_list("subject", "taken"))
    rooms = Slot.objects.filter(programme_id__in={one.programme_id for one in rows}, subject__in=subjects)
    for subject, room in rooms.values("subject").annotate(sum=Sum("room")).values_list("subject", "sum"):
        given[subject] -= int(room)
    held = Reservation.objects.filter(subject__in=subjects, expires_at__gt=at).values("subject")
    reserved = dict(held.annotate(sum=Sum("amount")).values_list("subject", "sum"))
    return [StockRow(one, given.get(f"stock:{one.id}", 0), int(reserved.get(f"stock:{one.id}", 0))) for one in rows]


def _scope(stock: Stock) -> Scope:
    return Scope(stock.partner_id, stock.store_id)
