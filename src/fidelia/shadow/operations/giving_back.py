"""Judge a return of the till's feed: what it would take back of a purchase that was judged, and nothing taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.activity.errors import MalformedLines, MoreThanBought, ReturnedBeforeBought
from fidelia.activity.operations import ReturnRequest
from fidelia.activity.operations.checkouts import CheckoutCall, GivenBack, ReturnedItem
from fidelia.activity.operations.checkouts.reversing import parts_returned
from fidelia.activity.operations.requests import check_moment, hash_of_request
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.rules import LineAllocation, points_of_returned
from fidelia.rules.pricing import FrozenBill, Returned, reverse

from ..models import ShadowPurchase
from .judging import Judged, keep, lock_running, replay, running_shadow

UNKNOWN_SALE = "unknown_purchase"
Parts = list[tuple[int, int, int]]


def judge_return(*, by: Actor, at: datetime, request: ReturnRequest, source: str) -> Judged:
    """Reckon what a return would take back of the points that its sale was judged to give, and keep it.

    The sale is named by the id that judging it answered with, or by its receipt. Of a sale that was not sent, as of one
    before the shadow began, it takes nothing, and says so. Sent again it is the same. Raises Denied (purchase.shadow),
    NoShadow, ShadowEnded, OccurredInFuture, ReturnedBeforeBought, MalformedLines, MoreThanBought, ReceiptKnown.
    """
    if not by.may_somewhere("purchase.shadow"):
        by.require("purchase.shadow")
    check_moment(request.occurred_at, at)
    told = hash_of_request("return", request, source)
    sale = _find_sale(request, source)
    shadow = sale.shadow if sale is not None else running_shadow(None)
    by.require("purchase.shadow", Scope(shadow.programme.partner_id, sale.store_id if sale is not None else None))
    with transaction_of_use_case():
        lock_running(shadow)  # one at a time: two returns of one sale do not take the same units
        known = ShadowPurchase.objects.filter(shadow=shadow, receipt_number=request.receipt_number).first()
        if known is not None:
            return replay(known, told)
        made = ShadowPurchase(
            shadow=shadow, source=source, receipt_number=request.receipt_number, request_hash=told, is_return=True,
            occurred_at=request.occurred_at, judged_at=at,
            **{"points": 0, "total": 0, **_judged(request.occurred_at, request, sale)},
        )  # fmt: skip
        return keep(by, made, told)


def judge_basket_return(*, by: Actor, at: datetime, call: CheckoutCall, given: GivenBack) -> Judged:
    """Reckon what giving goods of a judged basket back would take, by line and quantity or amount, or by an amount over
    all of it. Raises as `judge_return`.
    """
    if not by.may_somewhere("purchase.shadow"):
        by.require("purchase.shadow")
    moment = call.occurred_at or at
    check_moment(moment, at)
    told, number = call.hash(), call.receipt_number or call.idempotency_key
    sales = ShadowPurchase.objects.select_related("shadow__programme").filter(shadow__ended_at=None, is_return=False)
    sale = sales.filter(record__checkout=call.number, source=call.source).first()
    shadow = sale.shadow if sale is not None else running_shadow(None)
    by.require("purchase.shadow", Scope(shadow.programme.partner_id, sale.store_id if sale is not None else None))
    with transaction_of_use_case():
        lock_running(shadow)
        known = ShadowPurchase.objects.filter(shadow=shadow, receipt_number=number).first()
        if known is not None:
            return replay(known, told)
        made = ShadowPurchase(
            shadow=shadow, source=call.source, receipt_number=number, request_hash=told, is_return=True,
            occurred_at=moment, judged_at=at, **{"points": 0, "total": 0, **_judged(moment, given, sale)},
        )  # fmt: skip
        return keep(by, made, told)


def _find_sale(request: ReturnRequest, source: str) -> ShadowPurchase | None:
    sales = ShadowPurchase.objects.select_related("shadow__programme").filter(shadow__ended_at=None, is_return=False)
    if request.purchase_id is not None:
        return sales.filter(id=request.purchase_id).first()
    assert request.sold is not None, "a return names its sale"
    return sales.filter(receipt_number=request.sold.number, source=request.sold.source or source).first()


def _judged(moment: datetime, asked: ReturnRequest | GivenBack, sale: ShadowPurchase | None) -> dict[str, Any]:
    if sale is None:
        return {"refusal": UNKNOWN_SALE}
    if moment < sale.occurred_at:
        raise ReturnedBeforeBought("Nothing is given back before it is bought.", pointer="/occurred_at")
    who = {"returns": sale, "customer_id": sale.customer_id, "store_id": sale.store_id, "version_id": sale.version_id}
    if not sale.record:  # who is no member here was given nothing
        return {**who, "refusal": sale.refusal}
    if "bill" in sale.record or isinstance(asked, GivenBack):
        return {**who, **_of_bill(asked, sale)}
    parts = _parts(asked, _allocation(sale.record), _returned(sale.id))
    record = {"lines": [list(part) for part in parts]}
    return {**who, "points": -sum(part[2] for part in parts), "record": record}


def _of_bill(asked: ReturnRequest | GivenBack, sale: ShadowPurchase) -> dict[str, Any]:
    """Return what goes back of a judged basket, as its bill was frozen."""
    bill = FrozenBill.from_mapping(sale.record["bill"])
    earlier = ShadowPurchase.objects.filter(returns_id=sale.id).order_by("judged_at", "id")
    before = [Returned(*part) for record in earlier.values_list("record", flat=True) for part in record["returned"]]
    items = [ReturnedItem(line.line_number, line.quantity, getattr(line, "amount", None)) for line in asked.lines]
    now = parts_returned(bill, before, items, asked.amount if isinstance(asked, GivenBack) else None)
    found = reverse(bill, now, already=before)
    lines = [[line.line + 1, part.quantity or 0, line.points] for line, part in zip(found.lines, now, strict=True)]
    returned = [[part.line, part.quantity, part.amount] for part in now]
    return {"points": -found.points, "total": -found.total, "record": {"lines": lines, "returned": returned}}


def _allocation(record: Mapping[str, Any]) -> Sequence[LineAllocation]:
    return [LineAllocation(quantity, points, tuple(by_rule.items())) for quantity, points, by_rule in record["lines"]]


def _returned(sale_id: UUID) -> Counter[int]:
    """Return how much of each line came back before, in thousandths of a unit."""
    found: Counter[int] = Counter()
    for record in ShadowPurchase.objects.filter(returns_id=sale_id).values_list("record", flat=True):
        for line, quantity, _points in record.get("lines", ()):
            found[line] += quantity
    return found


def _parts(request: ReturnRequest, allocation: Sequence[LineAllocation], already: Counter[int]) -> Parts:
    """Return (line, quantity, points) of what comes back."""
    left = {number: line.quantity - already[number] for number, line in enumerate(allocation, 1)}
    wanted = {number: rest for number, rest in left.items() if rest > 0} if not request.lines else {}
    for i, line in enumerate(request.lines):
        if line.line_number not in left or line.line_number in wanted:
            raise MalformedLines(
                f"The purchase has lines 1 to {len(left)}; name each at most once.", pointer=f"/lines/{i}/line_number"
            )
        rest = left[line.line_number]
        wanted[line.line_number] = rest if line.quantity is None else line.quantity
        if not 0 < wanted[line.line_number] <= rest:
            message = f"Of line {line.line_number} there is no more than {rest / 1000:g} left to give back."
            raise MoreThanBought(message, pointer=f"/lines/{i}/quantity")
    if not wanted:
        raise MoreThanBought("Everything of this purchase was given back before.", pointer="/lines")
    return [
        (number, quantity, points_of_returned(allocation, number - 1, already=already[number], now=quantity))
        for number, quantity in wanted.items()
    ]
