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
from fidelia.activity.operations import (
    Queued,
    exchange_goods,
    key_of_back,
    record_queued,
    refund_of,
    rehearse_exchange,
)
from fidelia.activity.operations.checkouts import (
    CheckoutBasket,
    CheckoutCall,
    CheckoutOutcome,
    Evaluation,
    close_checkout,
    evaluate_checkout,
)
from fidelia.activity.queries import find_purchase_of_key, get_purchase, list_purchases
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
from .coming_back import sale_found
from .offers import coupons_of, offers_of
from .people import members_presented
from .places import programme_of, store_of
from .questions import source_of
from .requests import PAY_WITH_POINTS, TillSale, as_basket, as_purchase, as_return

QUEUE_MAX = 50
FOUND_MAX = 5


class TillQueue(msgspec.Struct):
    """Sales kept while the till was off line, in their order."""

    sales: list[TillSale]


@require_POST
@answers
def bill(request: ConsoleRequest) -> Answer:
    """What the basket comes to now, with its offers. Nothing is written."""
    sale, programme, at = read_question(request, TillSale), programme_of(request), clock.now()
    store_of(request.actor, sale.store)
    refund, said = _shown(request.actor, sale, as_basket(sale, programme), at)
    terms = terms_of(said["version_id"])
    payment = None
    if terms.points.pays is not None and sale.customer_id is not None:
        paid = as_basket(sale, programme, pays_with_points=True)
        payment = said if sale.chosen.get(PAY_WITH_POINTS) else _shown(request.actor, sale, paid, at)[1]
    offers = offers_of(said, terms.rule_set, programme, sale, payment)
    told = {"offers": offers, "coupons": coupons_of(said), "refund": refund}
    return _bill_of(said, terms.rule_set, sale) | told


@require_http_methods(["GET", "POST"])
@answers
def sales(request: ConsoleRequest) -> Answer:
    """GET: sales of a receipt number, to bring goods back, or the receipt of the sale that a key closed already. POST:
    close a sale, once under its key.
    """
    if request.method == "POST":
        return _close(request)
    if key := request.GET.get("key", ""):
        return _closed_under(request.actor, key)
    receipt = request.GET.get("receipt", "").strip()
    found = list_purchases(by=request.actor, receipt_number=receipt, kind=Purchase.Kind.SALE, limit=FOUND_MAX)
    return {"sales": [sale_found(one) for one in found] if receipt else []}


@require_POST
@answers
def queue(request: ConsoleRequest) -> Answer:
    """Record what was kept off line, row by row: recorded, known already, or refused with its reason."""
    asked, programme = read_question(request, TillQueue), programme_of(request)
    return {"rows": [_record_queued(request.actor, sale, programme) for sale in asked.sales[:QUEUE_MAX]]}


def _close(request: ConsoleRequest) -> Answer:
    sale, programme = read_question(request, TillSale), programme_of(request)
    store_of(request.actor, sale.store)
    at = clock.now()
    call = _call(request.actor, sale, programme)
    if sale.back is None:
        return _receipt(request.actor, close_checkout(by=request.actor, at=at, call=call))
    back = as_return(sale.back, sale, at)
    exchanged = exchange_goods(by=request.actor, at=at, back=back, call=call)
    return _receipt(request.actor, exchanged.closed) | {"refund": exchanged.refund}


def _closed_under(by: Actor, key: str) -> Answer:
    """The sale that a key closed: an answer that was lost, where the page has changed what it asks since."""
    found = find_purchase_of_key(by=by, key=key)
    if found is None:
        return {"sale": None}
    back = find_purchase_of_key(by=by, key=key_of_back(key), kind=Purchase.Kind.RETURN)
    refund = {} if back is None else {"refund": refund_of(back)}
    return {"sale": _told(found, is_replay=True) | refund}


def _call(by: Actor, sale: TillSale, programme: Programme) -> CheckoutCall:
    """Return the closure of the sale as a checkout."""
    return CheckoutCall(
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
    answer = {"key": sale.key, "state": "known" if recorded["is_replay"] else "recorded", **recorded}
    if sale.named and sale.customer_id is None:
        answer["warning"] = _("“%(card)s” names no member: recorded without one.") % {"card": sale.named}
    return answer


def _record(by: Actor, sale: TillSale, programme: Programme) -> Answer:
    """Record what was kept: as the checkout it was to be, or as it was charged off line."""
    at = clock.now()
    if sale.needs_network:
        raise MalformedQuestion("Gift cards are sold and goods exchanged on line only.", pointer="/lines")
    if sale.expected is not None:
        return _receipt(by, close_checkout(by=by, at=at, call=_call(by, sale, programme)))
    queued = Queued(as_purchase(sale, programme, at), source_of(sale.store, sale.till))
    recorded = record_queued(by=by, at=at, queued=queued)
    return _told(get_purchase(by=by, purchase_id=recorded.purchase_id).purchase, is_replay=recorded.is_replay)


def _named(by: Actor, sale: TillSale, programme: Programme) -> UUID | None:
    """Return the member whom a card scanned off line names; None where it names nobody, or nobody's membership."""
    if not sale.named:
        return None
    found = search_customers(by=by, text=sale.named, limit=2) or members_presented(by, sale.named, programme)
    is_member = len(found) == 1 and find_enrolment(programme, ids_of(found[0].id)) is not None
    return found[0].id if is_member else None


def _receipt(by: Actor, closed: CheckoutOutcome) -> Answer:
    """Return the receipt of a closure, with the codes that it gave and the gift cards that it sold."""
    evaluation = closed.checkout.get("evaluation") or {}
    sold = get_purchase(by=by, purchase_id=closed.checkout["purchase_id"]).purchase
    return _told(sold, is_replay=closed.is_replay) | {
        "codes": [str(one.get("code", "")) for one in evaluation.get("issued", [])],
        "cards": [{"code": one["code"], "amount": one["amount"]} for one in evaluation.get("sold_cards", [])],
    }


def _told(sold: Purchase, *, is_replay: bool) -> Answer:
    by_tenders = (sold.paid_by_points or 0) + (sold.paid_by_gift_cards or 0)
    return {
        "purchase_id": str(sold.purchase_id),
        "receipt": sold.receipt_number,
        "total": sold.total,
        "due": sold.total - by_tenders,
        "points": sold.points,
        "codes": [],
        "is_replay": is_replay,
    }


def _shown(by: Actor, sale: TillSale, basket: CheckoutBasket, at: datetime) -> tuple[int, dict[str, Any]]:
    """Return the money that what is brought back gives, and what the basket comes to after it."""
    if sale.back is None:
        return 0, _evaluated(by, basket, at)
    asked = Evaluation(basket=basket, explain=True)
    return rehearse_exchange(by=by, at=at, back=as_return(sale.back, sale, at), asked=asked)


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
