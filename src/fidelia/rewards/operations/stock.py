"""Say how many pieces there are to give."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.idempotency import RequestKey, claim
from fidelia.kernel.ids import new_id
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Programme

from ..errors import KeyTaken, MalformedStock, UnknownStock
from ..models import Counter, Stock
from .audit import audit

PIECES_MAX = 10**12


def add_stock(
    *,
    by: Actor,
    at: datetime,
    programme: Programme,
    key: str,
    name: LocalizedText,
    pieces: int | None,
    product_code: str = "",
    store_id: UUID | None = None,
    partner_id: UUID | None = None,
    once: RequestKey | None = None,
) -> Stock:
    """Open a stock of pieces to give, in one store or in all.

    Raises Denied (stock.change), MalformedStock, KeyTaken.
    """
    by.require("stock.change", Scope(partner_id, store_id))
    if not key or len(key) > 60 or not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
        raise MalformedStock("A key is letters, digits, hyphens and underscores, at most 60.", pointer="/key")
    _check_pieces(pieces)
    stock = Stock(
        id=new_id(), programme=programme, partner_id=partner_id, store_id=store_id, key=key, name=name,
        product_code=product_code, pieces=pieces, created_at=at, changed_at=at,
    )  # fmt: skip
    with transaction_of_use_case():
        claim(once, at=at, resource_type="stock", resource_id=stock.id)
        write_stock(by=by, at=at, stock=stock)
    return stock


def write_stock(*, by: Actor, at: datetime, stock: Stock) -> Stock:
    """Building block: open a stock. Raises KeyTaken, MalformedStock."""
    require_transaction()
    _check_pieces(stock.pieces)
    try:
        with transaction.atomic():
            stock.save(force_insert=True)
    except IntegrityError as error:
        if "its own key" not in str(error):
            raise
        raise KeyTaken(f"There is a stock “{stock.key}” already.", pointer="/key") from None
    audit(
        by, at, "stock.change", stock.id, partner_id=stock.partner_id, after={"key": stock.key, "pieces": stock.pieces}
    )
    return stock


def set_pieces(*, by: Actor, at: datetime, stock_id: UUID, pieces: int | None, once: RequestKey | None = None) -> Stock:
    """Say anew how many pieces there are in all, those given included (None: without end).

    Raises Denied (stock.change), UnknownStock, MalformedStock (fewer than were given).
    """
    with transaction_of_use_case():
        claim(once, at=at, resource_type="stock", resource_id=stock_id)
        stock = Stock.objects.filter(pk=stock_id).first()
        by.require("stock.change", Scope() if stock is None else Scope(stock.partner_id, stock.store_id))
        if stock is None:
            raise UnknownStock("There is no such stock.")
        return write_pieces(by=by, at=at, stock=stock, pieces=pieces)


def write_pieces(*, by: Actor, at: datetime, stock: Stock, pieces: int | None) -> Stock:
    """Building block: count anew, while no checkout takes a piece. Raises MalformedStock (fewer than were given)."""
    require_transaction()
    _check_pieces(pieces)
    given = _lock_given(stock)
    if pieces is not None and pieces < given:
        raise MalformedStock(f"{given} pieces were given already.", pointer="/pieces", given=given)
    before, stock.pieces, stock.changed_at = stock.pieces, pieces, at
    stock.save(update_fields=["pieces", "changed_at"])
    audit(
        by, at, "stock.change", stock.id, partner_id=stock.partner_id,
        before={"pieces": before}, after={"pieces": pieces},
    )  # fmt: skip
    return stock


def end_stock(*, by: Actor, at: datetime, stock_id: UUID) -> Stock:
    """Give no more of it. Raises Denied (stock.change), UnknownStock."""
    with transaction_of_use_case():
        stock = Stock.objects.filter(pk=stock_id).first()
        by.require("stock.change", Scope() if stock is None else Scope(stock.partner_id, stock.store_id))
        if stock is None:
            raise UnknownStock("There is no such stock.")
        stock.ended_at = stock.changed_at = stock.ended_at or at
        stock.save(update_fields=["ended_at", "changed_at"])
        audit(by, at, "stock.change", stock.id, partner_id=stock.partner_id, after={"ended_at": stock.ended_at})
    return stock


def _lock_given(stock: Stock) -> int:
    """Lock the counter, so that no checkout takes a piece meanwhile, and return how many were given."""
    subject = f"stock:{stock.id}"
    Counter.objects.bulk_create(
        [Counter(programme_id=stock.programme_id, scope_id=UUID(int=0), subject=subject, starts_on=date.min)],
        ignore_conflicts=True,
    )
    counters = Counter.objects.select_for_update(no_key=True).filter(
        programme_id=stock.programme_id, scope_id=UUID(int=0), subject=subject
    )
    counter = counters.get()
    with connection.cursor() as cursor:  # what slots have set aside was not given
        cursor.execute(
            "select rewards_collect(%s, rewards_anybody(), %s, rewards_no_period())", [stock.programme_id, subject]
        )
        given = counter.taken - int(cursor.fetchone()[0])
    counters.update(taken=given, is_spread=False)
    return given


def _check_pieces(pieces: int | None) -> None:
    if pieces is not None and not 0 <= pieces <= PIECES_MAX:
        raise MalformedStock("The number of pieces is zero or more.", pointer="/pieces")
