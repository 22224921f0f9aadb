"""Sales of the till: the bill while one types, the closure, what was kept off line, and what comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.activity.models import Purchase
from fidelia.activity.operations import (
    Preview,
    Queued,
    Recorded,
    ReturnedLine,
    ReturnRequest,
    preview_purchase,
    record_purchase,
    record_queued,
    record_return,
)
from fidelia.activity.queries import get_purchase, list_lines, list_purchases
from fidelia.customers.queries import ids_of, search_customers
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.programme.models import Programme
from fidelia.programme.queries import find_enrolment

from ..pages import ConsoleRequest
from .answers import Answer, answers, read_question, refusal_of
from .offers import offers_of
from .questions import programme_of, source_of, store_of
from .requests import TillSale, as_purchase

QUEUE_MAX = 50
FOUND_MAX = 5


class TillQueue(msgspec.Struct):
    """Sales kept while the till was off line, in their order."""

    sales: list[TillSale]


class BackLine(msgspec.Struct):
    """So much of a line brought back, in thousandths."""

    line_number: int
    quantity: int


class TillReturn(msgspec.Struct):
    """What is brought back of one purchase, under a key and a receipt number of its own."""

    key: str
    receipt: str
    store: str
    till: str
    purchase_id: UUID
    occurred_at: datetime
    lines: list[BackLine]


@require_POST
@answers
def bill(request: ConsoleRequest) -> Answer:
    """What the basket comes to now, with its offers. Nothing is written."""
    sale, programme = read_question(request, TillSale), programme_of(request)
    store_of(request.actor, sale.store)
    preview = preview_purchase(by=request.actor, request=as_purchase(sale, programme, clock.now()))
    return {"lines": _billed(sale, preview), "offers": offers_of(preview, programme), **_sums(sale, preview)}


@require_http_methods(["GET", "POST"])
@answers
def sales(request: ConsoleRequest) -> Answer:
    """GET: sales of a receipt number, to bring goods back. POST: close a sale, once under its key."""
    if request.method == "POST":
        return _close(request)
    receipt = request.GET.get("receipt", "").strip()
    found = list_purchases(by=request.actor, receipt_number=receipt, kind=Purchase.Kind.SALE, limit=FOUND_MAX)
    return {"sales": [_sold(one) for one in found] if receipt else []}


@require_POST
@answers
def queue(request: ConsoleRequest) -> Answer:
    """Record what was kept off line, row by row: recorded, known already, or refused with its reason."""
    asked, programme = read_question(request, TillQueue), programme_of(request)
    return {"rows": [_record_queued(request.actor, sale, programme) for sale in asked.sales[:QUEUE_MAX]]}


@require_POST
@answers
def give_back(request: ConsoleRequest) -> Answer:
    """Take goods back by line and quantity; their points by what was frozen with the purchase."""
    back, at = read_question(request, TillReturn), clock.now()
    store_of(request.actor, back.store)
    asked = ReturnRequest(
        idempotency_key=back.key,
        receipt_number=back.receipt,
        occurred_at=back.occurred_at,
        purchase_id=back.purchase_id,
        lines=tuple(ReturnedLine(line.line_number, line.quantity) for line in back.lines),
        store=back.store,
    )
    recorded = record_return(by=request.actor, at=at, request=asked, source=source_of(back.store, back.till))
    returned = get_purchase(by=request.actor, purchase_id=recorded.purchase_id).purchase
    return {"receipt": returned.receipt_number, "total": returned.total, "points": returned.points}


def _close(request: ConsoleRequest) -> Answer:
    sale, programme, at = read_question(request, TillSale), programme_of(request), clock.now()
    store_of(request.actor, sale.store)
    asked = as_purchase(sale, programme, at)
    recorded = record_purchase(by=request.actor, at=at, request=asked, source=source_of(sale.store, sale.till))
    return _receipt(request.actor, recorded)


def _record_queued(by: Actor, sale: TillSale, programme: Programme) -> Answer:
    try:
        store_of(by, sale.store)
        sale.customer_id = sale.customer_id or _named(by, sale, programme)
        queued = Queued(as_purchase(sale, programme, clock.now()), source_of(sale.store, sale.till))
        recorded = record_queued(by=by, at=clock.now(), queued=queued)
    except FideliaError as refusal:
        return {"key": sale.key, "state": "refused", **refusal_of(refusal)}
    state = "known" if recorded.is_replay else "recorded"
    answer = {"key": sale.key, "state": state, **_receipt(by, recorded)}
    if sale.named and sale.customer_id is None:
        answer["warning"] = _("“%(card)s” names no member: recorded without one.") % {"card": sale.named}
    return answer


def _named(by: Actor, sale: TillSale, programme: Programme) -> UUID | None:
    """Return the member whom a card scanned off line names; None where it names nobody, or nobody's membership."""
    found = search_customers(by=by, text=sale.named, limit=2) if sale.named else []
    is_member = len(found) == 1 and find_enrolment(programme, ids_of(found[0].id)) is not None
    return found[0].id if is_member else None


def _receipt(by: Actor, recorded: Recorded) -> Answer:
    sold = get_purchase(by=by, purchase_id=recorded.purchase_id).purchase
    return {
        "purchase_id": str(sold.purchase_id),
        "receipt": sold.receipt_number,
        "total": sold.total,
        "points": sold.points,
        "is_replay": recorded.is_replay,
    }


def _billed(sale: TillSale, preview: Preview) -> list[Answer]:
    points = [line.points for line in preview.settlement.lines] if preview.settlement else [0] * len(sale.lines)
    return [{"net": line.net, "points": share} for line, share in zip(sale.lines, points, strict=True)]


def _sums(sale: TillSale, preview: Preview) -> dict[str, Any]:
    total = sum(line.net for line in sale.lines)
    points = preview.settlement.points if preview.settlement else 0
    return {"listed": total, "discount": 0, "due": total, "points": points, "is_member": preview.settlement is not None}


def _sold(sale: Purchase) -> Answer:
    returns = list(sale.returns.values_list("purchase_id", flat=True))
    lines = list_lines([sale.purchase_id, *returns])
    back: dict[int, int] = {}
    for one in (line for key in returns for line in lines.get(key, [])):
        if one.returns_line_number is not None:
            back[one.returns_line_number] = back.get(one.returns_line_number, 0) - one.quantity
    return {
        "purchase_id": str(sale.purchase_id),
        "receipt": sale.receipt_number,
        "occurred_at": sale.occurred_at.isoformat(),
        "total": sale.total,
        "lines": [
            {
                "line_number": line.line_number,
                "name": line.description or line.product_code,
                "quantity": line.quantity,
                "left": line.quantity - back.get(line.line_number, 0),
                "net": line.net,
            }
            for line in lines.get(sale.purchase_id, [])
        ],
    }
