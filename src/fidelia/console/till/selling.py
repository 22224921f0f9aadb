"""Sales of the till: the bill while one types, the closure, what was kept off line, and what comes back."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.activity.models import Purchase, ToldLine
from fidelia.activity.operations import Queued, ReturnedLine, ReturnRequest, record_queued, record_return
from fidelia.activity.operations.checkouts import (
    CheckoutBasket,
    CheckoutCall,
    Evaluation,
    close_checkout,
    evaluate_checkout,
)
from fidelia.activity.queries import get_purchase, list_lines, list_purchases
from fidelia.customers.queries import ids_of, search_customers
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.members.operations import CodeProof, ask_spending_code
from fidelia.products.queries import get_products_by_code
from fidelia.programme.models import Programme
from fidelia.programme.queries import find_enrolment, terms_of
from fidelia.rules import RuleSet

from ..pages import ConsoleRequest
from .answers import Answer, MalformedQuestion, answers, read_question, refusal_of
from .offers import coupons_of, offers_of
from .people import members_presented
from .places import programme_of, store_of
from .questions import source_of
from .requests import PAY_WITH_POINTS, TillSale, as_basket, as_purchase

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
    sale, programme, at = read_question(request, TillSale), programme_of(request), clock.now()
    store_of(request.actor, sale.store)
    said = _evaluated(request.actor, as_basket(sale, programme), at)
    terms = terms_of(said["version_id"])
    payment = None
    if terms.points.pays is not None and sale.customer_id is not None:
        paid = as_basket(sale, programme, pays_with_points=True)
        payment = said if sale.chosen.get(PAY_WITH_POINTS) else _evaluated(request.actor, paid, at)
    offers = offers_of(said, terms.rule_set, programme, sale, payment)
    return _bill_of(said, terms.rule_set, sale) | {"offers": offers, "coupons": coupons_of(said)}


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
    sale, programme = read_question(request, TillSale), programme_of(request)
    store_of(request.actor, sale.store)
    return _receipt(request.actor, *_close_checkout(request.actor, sale, programme))


def _close_checkout(by: Actor, sale: TillSale, programme: Programme) -> tuple[UUID, bool, list[str]]:
    """Close the sale as a checkout; return its purchase, whether it was closed before, and the codes it gave."""
    at = clock.now()
    call = CheckoutCall(
        idempotency_key=sale.key,
        step="close",
        source=source_of(sale.store, sale.till),
        number=sale.receipt,
        basket=as_basket(sale, programme),
        expected_total=None if sale.expected is None else Money(sale.expected, programme.currency).text(),
        receipt_number=sale.receipt,
        occurred_at=sale.occurred_at,
        proof=_proof(by, sale),
    )
    closed = close_checkout(by=by, at=at, call=call)
    issued = (closed.checkout.get("evaluation") or {}).get("issued", [])
    return closed.checkout["purchase_id"], closed.is_replay, [str(one.get("code", "")) for one in issued]


@require_POST
@answers
def codes(request: ConsoleRequest) -> Answer:
    """Have the member of a sale sent the code with which they agree that its points are spent."""
    sale, programme, at = read_question(request, TillSale), programme_of(request), clock.now()
    store_of(request.actor, sale.store)
    enrolment = find_enrolment(programme, ids_of(sale.customer_id)) if sale.customer_id is not None else None
    points = _evaluated(request.actor, as_basket(sale, programme), at)["points_spent"]
    if enrolment is None or points <= 0:
        raise MalformedQuestion("No points are spent by this sale.")
    code = ask_spending_code(by=request.actor, at=at, enrolment_id=enrolment.id, points=points)
    return {"held": code.token, "sent_to": code.sent_to}


def _proof(by: Actor, sale: TillSale) -> CodeProof | None:
    told = sale.confirmation
    return None if told is None else CodeProof(told.token, told.digits, f"{by.kind}:{by.id}")


def _record_queued(by: Actor, sale: TillSale, programme: Programme) -> Answer:
    try:
        store_of(by, sale.store)
        sale.customer_id = sale.customer_id or _named(by, sale, programme)
        recorded = _record(by, sale, programme)
    except FideliaError as refusal:
        return {"key": sale.key, "state": "refused", **refusal_of(refusal)}
    answer = {"key": sale.key, "state": "known" if recorded[1] else "recorded", **_receipt(by, *recorded)}
    if sale.named and sale.customer_id is None:
        answer["warning"] = _("“%(card)s” names no member: recorded without one.") % {"card": sale.named}
    return answer


def _record(by: Actor, sale: TillSale, programme: Programme) -> tuple[UUID, bool, list[str]]:
    """Record what was kept: as the checkout it was to be, or as it was charged off line."""
    if sale.expected is not None:
        return _close_checkout(by, sale, programme)
    at = clock.now()
    queued = Queued(as_purchase(sale, programme, at), source_of(sale.store, sale.till))
    recorded = record_queued(by=by, at=at, queued=queued)
    return recorded.purchase_id, recorded.is_replay, []


def _named(by: Actor, sale: TillSale, programme: Programme) -> UUID | None:
    """Return the member whom a card scanned off line names; None where it names nobody, or nobody's membership."""
    if not sale.named:
        return None
    found = search_customers(by=by, text=sale.named, limit=2) or members_presented(by, sale.named, programme)
    is_member = len(found) == 1 and find_enrolment(programme, ids_of(found[0].id)) is not None
    return found[0].id if is_member else None


def _receipt(by: Actor, purchase_id: UUID, is_replay: bool, codes: list[str]) -> Answer:
    sold = get_purchase(by=by, purchase_id=purchase_id).purchase
    by_tenders = (sold.paid_by_points or 0) + (sold.paid_by_gift_cards or 0)
    return {
        "purchase_id": str(sold.purchase_id),
        "receipt": sold.receipt_number,
        "total": sold.total,
        "due": sold.total - by_tenders,
        "points": sold.points,
        "codes": codes,
        "is_replay": is_replay,
    }


def _evaluated(by: Actor, basket: CheckoutBasket, at: datetime) -> dict[str, Any]:
    return evaluate_checkout(by=by, at=at, asked=Evaluation(basket=basket, explain=True))


def _bill_of(said: dict[str, Any], rule_set: RuleSet, sale: TillSale) -> Answer:
    lines = said["lines"]
    return {
        "lines": [_billed(line, rule_set) for line in lines[: len(sale.lines)]],
        "gifts": [_gift(line) for line in lines[len(sale.lines) :] if line.is_gift],
        **{name: said[name] for name in ("listed", "discount", "total", "due", "points", "is_member")},
        "paid_by_points": sum(line.paid_by_points for line in lines),
        "paid_by_gift_cards": sum(line.paid_by_gift_cards for line in lines),
    }


def _billed(line: ToldLine, rule_set: RuleSet) -> Answer:
    tongue = get_language() or "en"
    return {
        "net": line.total,
        "points": line.points,
        "discounts": [
            {"name": rule_set.rule_at[key].name.in_language(tongue), "amount": amount} for key, amount in line.discounts
        ],
    }


def _gift(line: ToldLine) -> Answer:
    found = get_products_by_code([line.product])
    name = found[line.product].name if line.product in found else ""
    return {"product": line.product, "name": name or line.product, "quantity": line.quantity}


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
