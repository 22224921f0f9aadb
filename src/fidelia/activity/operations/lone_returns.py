"""Record a return that names no purchase: what the rules of its own date would give for it goes back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.programme.queries import Terms, terms_of
from fidelia.rules import Decision, LineAllocation
from fidelia.rules.decision import values_read

from ..models import Purchase
from .deciding import Decided, chained, settle_purchase
from .purchases import Caller, Recorded, caller_of, deed_of, earns, origin_of, own_word, replay_after_race, values_of
from .reading import Known, Surroundings, read_surroundings
from .requests import PurchaseRequest, check_purchase, hash_of_request
from .taking_back import event_of_return, take_back
from .writing import LineRow, write_purchase


def record_lone_return(*, by: Actor, at: datetime, request: PurchaseRequest, source: str) -> Recorded:
    """Record that goods came back of which nobody has the receipt.

    The request is that of a purchase: its lines, positive, are what came back, its store is where. A member gives back
    what the rules in force at the return's own date would give for it, never as a first purchase; nobody gives back
    nothing. Raises Denied (purchase.return), UnknownProgramme, UnknownMember, StoreUnknown, WrongCurrency,
    UnknownCurrency, OccurredInFuture, MalformedLines, TotalDiffers, ReceiptKnown, IdempotencyKeyReused.
    """
    if not by.may_somewhere("purchase.return"):
        by.require("purchase.return")
    check_purchase(request, at)
    caller = caller_of(by, at, source, request.idempotency_key, hash_of_request("lone return", request, source))
    try:
        with transaction_of_use_case():
            around = read_surroundings(by, request, owner=caller.owner)
            if isinstance(around, Known):
                around.check_same(caller.request_hash)
                return Recorded(around.purchase_id, is_replay=True)
            by.require("purchase.return", around.scope)
            return _record(caller, request, around)
    except IntegrityError as error:
        return replay_after_race(error, caller)


def _record(caller: Caller, request: PurchaseRequest, around: Surroundings) -> Recorded:
    terms = terms_of(around.version_id) if around.version_id is not None else None
    is_member = earns(request.occurred_at, around.member, terms)
    returned = _open_return(caller, request, around, is_member=is_member)
    decided = _decide(request, around, terms) if is_member and terms is not None else None
    if decided is not None:
        returned.points, returned.rule_version_id = decided.points, around.version_id
        posted = take_back(caller, returned, target_id=None)
        if posted is not None:
            returned.posting_id, returned.balance_after = posted.posting_id, posted.balance
    rows = [_line_row(request, around, decided, place) for place in range(len(request.lines))]
    returned.product_total = sum(row.net for row in rows if row.is_product)
    deed = deed_of(caller, "purchase.return", returned)
    write_purchase(returned, rows, decided.row if decided else None, event=event_of_return(returned), deed=deed)
    return Recorded(returned.purchase_id, is_replay=False, purchase=returned, lines=rows)


def _open_return(caller: Caller, request: PurchaseRequest, around: Surroundings, *, is_member: bool) -> Purchase:
    customer, member = around.member, around.member if is_member else None
    return Purchase(
        purchase_id=new_id(),
        kind=Purchase.Kind.RETURN,
        source=caller.source,
        receipt_number=request.receipt_number,
        idempotency_owner=caller.owner,
        idempotency_key=caller.key,
        request_hash=caller.request_hash,
        programme_id=around.programme_id,
        customer_id=customer.customer_id if customer else None,
        enrolment_id=member.enrolment_id if member else None,
        account_id=member.account_id if member else None,
        partner_id=around.scope.partner_id,
        store_id=around.scope.store_id,
        borne_by_store_id=around.scope.store_id,
        channel=request.channel,
        currency=request.currency,
        total=-request.net_total,
        points=0,
        occurred_at=request.occurred_at,
        recorded_at=caller.at,
        origin=origin_of(request.occurred_at, caller.at).value,
    )


def _decide(request: PurchaseRequest, around: Surroundings, terms: Terms) -> Decided:
    assert around.member is not None
    values = values_of(request, around, terms) | {"purchase.is_first": False}
    settlement, known = settle_purchase(terms, values, request.occurred_at)
    lines = tuple(
        LineAllocation(-asked.quantity, -given.points)
        for asked, given in zip(request.lines, settlement.lines, strict=True)
    )
    decision = Decision(
        rule_version_id=str(terms.version_id),
        occurred_at=request.occurred_at,
        values={
            "returns": [],
            "stands_alone": len(lines),
            "alone": values_read(terms.rule_set, known, terms.rule_set.fields_read_of_final),
        },
        points=sum(line.points for line in lines),
        outcomes=(),
        lines=lines,
    )
    return chained(decision, terms.version_id, around.member.head)


def _line_row(request: PurchaseRequest, around: Surroundings, decided: Decided | None, place: int) -> LineRow:
    line = request.lines[place]
    product = around.products.get(line.product_code, {})
    return LineRow(
        line_number=place + 1,
        product_id=UUID(product["id"]) if product else None,
        product_code=line.product_code,
        description=line.description or product.get("name", ""),
        quantity=-line.quantity,
        net=-line.net,
        is_product=bool(product.get("is_product", True)),
        points=decided.lines[place].points if decided else 0,
        unit_price=line.unit_price,
        unit_price_scale=line.unit_price_scale,
        category=own_word(line.category, product.get("category")),
        brand=own_word(line.brand, product.get("brand")),
    )
