"""Record a return: lines of an earlier purchase given back, and their points by the frozen allocation alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import Origin
from fidelia.ledger.operations import PostingResult, revoke
from fidelia.programme.queries import get_programme_by_id
from fidelia.rules import LineAllocation, points_of_returned

from ..errors import MalformedLines, MoreThanBought, NotASale, ReturnedBeforeBought, UnknownPurchase
from ..events import PurchaseReturned
from ..models import DecisionRecord, Purchase, PurchaseLine
from .deciding import ChainHead, ReturnedPart, allocation_of, decide_return
from .purchases import Caller, Recorded, caller_of, deed_of, origin_of, provenance_of, replay_after_race
from .reading import find_known
from .requests import ReturnRequest, check_moment, hash_of_request
from .writing import LineRow, write_purchase

_LOCK_CHAIN = "select sequence, hash from activity_chain where account_id = %s for update"
# Two returns of an anonymous purchase have no chain to wait on; the purchase itself is what they wait on.
_LOCK_PURCHASE = "select pg_advisory_xact_lock(hashtextextended(%s, 0))"
_RETURNED = """
select returns_line_number, -sum(quantity)::bigint from activity_line
where returns_purchase_id = %s group by returns_line_number
"""


@dataclass(frozen=True, slots=True)
class Bought:
    """The purchase that is given back, with its lines, their frozen points, and how much of each came back before."""

    purchase: Purchase
    lines: dict[int, PurchaseLine]
    allocation: tuple[LineAllocation, ...]
    returned: dict[int, int]
    head: ChainHead | None

    @property
    def scope(self) -> Scope:
        return Scope(self.purchase.partner_id, self.purchase.store_id)


def record_return(*, by: Actor, at: datetime, request: ReturnRequest, source: str) -> Recorded:
    """Record that lines of a purchase came back, and take their points back.

    Points already spent take the balance below zero where the points currency allows it; else what is left is taken.
    Raises Denied, UnknownPurchase, NotASale, MalformedLines, MoreThanBought, OccurredInFuture, ReturnedBeforeBought,
    ReceiptKnown, IdempotencyKeyReused.
    """
    if not by.may_somewhere("purchase.return"):
        by.require("purchase.return")
    check_moment(request.occurred_at, at)
    caller = caller_of(by, at, source, request.idempotency_key, hash_of_request("return", request, source))
    try:
        with transaction_of_use_case():
            purchase = _find_in_reach(by, request.purchase_id)
            by.require("purchase.return", Scope(purchase.partner_id, purchase.store_id))
            if request.occurred_at < purchase.occurred_at:
                raise ReturnedBeforeBought("Nothing is given back before it is bought.", pointer="/occurred_at")
            bought = _read_bought(purchase)
            known = find_known(caller.owner, caller.key)
            if known is not None:
                known.check_same(caller.request_hash)
                return Recorded(known.purchase_id, is_replay=True)
            parts = _parts_given_back(request, bought)
            return Recorded(_record(caller, request, bought, parts), is_replay=False)
    except IntegrityError as error:
        return replay_after_race(error, caller)


def _find_in_reach(by: Actor, purchase_id: UUID) -> Purchase:
    """What the actor may neither see nor take back is not there; nor is the sandbox for others than test keys."""
    purchase = Purchase.objects.filter(purchase_id=purchase_id).first()
    if purchase is None or not _is_in_reach(by, purchase):
        raise UnknownPurchase("There is no such purchase.")
    return purchase


def _is_in_reach(by: Actor, purchase: Purchase) -> bool:
    scope = Scope(purchase.partner_id, purchase.store_id)
    is_sandbox = purchase.programme_id is not None and get_programme_by_id(purchase.programme_id).is_sandbox
    may_know = by.may("purchase.return", scope) or by.may("purchase.see", scope)
    return may_know and is_sandbox == (by.mode == "test")


def _read_bought(purchase: Purchase) -> Bought:
    purchase_id = purchase.purchase_id
    if purchase.kind != Purchase.Kind.SALE:
        raise NotASale("This is a return; only a sale can be returned.")
    head = _lock(purchase)
    with connection.cursor() as cursor:  # read after the lock: what others gave back meanwhile is seen
        cursor.execute(_RETURNED, [purchase_id])
        returned = dict(cursor.fetchall())
    record = DecisionRecord.objects.filter(purchase_id=purchase_id).values_list("record", flat=True).first()
    return Bought(
        purchase=purchase,
        lines={line.line_number: line for line in PurchaseLine.objects.filter(purchase_id=purchase_id)},
        allocation=allocation_of(record) if record is not None else (),
        returned=returned,
        head=head,
    )


def _lock(purchase: Purchase) -> ChainHead | None:
    with connection.cursor() as cursor:
        if purchase.account_id is None:
            cursor.execute(_LOCK_PURCHASE, [str(purchase.purchase_id)])
            return None
        cursor.execute(_LOCK_CHAIN, [purchase.account_id])
        row = cursor.fetchone()
    return None if row is None else ChainHead(purchase.account_id, row[0], bytes(row[1]))


def _parts_given_back(request: ReturnRequest, bought: Bought) -> list[ReturnedPart]:
    if not request.lines:
        wanted = {number: _left(bought, number) for number in sorted(bought.lines)}
    else:
        wanted = {}
        for i, line in enumerate(request.lines):
            if line.line_number not in bought.lines or line.line_number in wanted:
                raise MalformedLines("Name each line of the purchase at most once.", pointer=f"/lines/{i}/line_number")
            left = _left(bought, line.line_number)
            wanted[line.line_number] = left if line.quantity is None else line.quantity
            if not 0 < wanted[line.line_number] <= left:
                raise MoreThanBought(
                    f"Of line {line.line_number} there is no more than {left / 1000:g} left to give back.",
                    pointer=f"/lines/{i}/quantity",
                )
    parts = [_part(bought, number, quantity) for number, quantity in wanted.items() if quantity > 0]
    if not parts:
        raise MoreThanBought("Everything of this purchase was given back before.", pointer="/lines")
    return parts


def _left(bought: Bought, line_number: int) -> int:
    return bought.lines[line_number].quantity - bought.returned.get(line_number, 0)


def _part(bought: Bought, line_number: int, quantity: int) -> ReturnedPart:
    points = 0
    if bought.allocation:
        already = bought.returned.get(line_number, 0)
        points = points_of_returned(bought.allocation, line_number - 1, already=already, now=quantity)
    return ReturnedPart(bought.purchase.purchase_id, line_number, quantity, points)


def _record(caller: Caller, request: ReturnRequest, bought: Bought, parts: list[ReturnedPart]) -> UUID:
    rows = [_line_row(bought, part, i + 1) for i, part in enumerate(parts)]
    returned = _open_return(caller, request, bought.purchase, rows)
    decided = None
    if bought.head is not None:
        decided = decide_return(
            parts, rule_version_id=returned.rule_version_id, occurred_at=returned.occurred_at, head=bought.head
        )
        returned.points = decided.points
        posted = _take_back(caller, returned, bought.purchase)
        if posted is not None:
            returned.posting_id, returned.balance_after = posted.posting_id, posted.balance
    deed = deed_of(caller, "purchase.return", returned, returns=str(request.purchase_id))
    write_purchase(returned, rows, decided.row if decided else None, event=_event_of(returned), deed=deed)
    return returned.purchase_id


def _open_return(caller: Caller, request: ReturnRequest, sale: Purchase, rows: list[LineRow]) -> Purchase:
    return Purchase(
        purchase_id=new_id(),
        kind=Purchase.Kind.RETURN,
        source=caller.source,
        receipt_number=request.receipt_number,
        idempotency_owner=caller.owner,
        idempotency_key=caller.key,
        request_hash=caller.request_hash,
        programme_id=sale.programme_id,
        customer_id=sale.customer_id,
        enrolment_id=sale.enrolment_id,
        account_id=sale.account_id,
        partner_id=sale.partner_id,
        store_id=sale.store_id,
        channel=sale.channel,
        currency=sale.currency,
        total=sum(row.net for row in rows),
        product_total=sum(row.net for row in rows if row.is_product),
        points=0,
        rule_version_id=sale.rule_version_id,
        returns_purchase_id=sale.purchase_id,
        occurred_at=request.occurred_at,
        recorded_at=caller.at,
        origin=origin_of(request.occurred_at, caller.at).value,
    )


def _take_back(caller: Caller, returned: Purchase, sale: Purchase) -> PostingResult | None:
    if returned.points >= 0 or sale.account_id is None or sale.programme_id is None:
        return None
    currency = get_programme_by_id(sale.programme_id).points_currency
    return revoke(
        by=caller.by,
        at=caller.at,
        account_id=sale.account_id,
        currency=currency.code,
        amount=-returned.points,
        policy="allow_negative" if currency.may_go_negative else "take_what_is_left",
        key=f"purchase:{returned.purchase_id}",
        posting_id=sale.posting_id,
        **provenance_of(returned),
    )


def _line_row(bought: Bought, part: ReturnedPart, line_number: int) -> LineRow:
    line = bought.lines[part.line_number]
    already = bought.returned.get(part.line_number, 0)
    return LineRow(
        line_number=line_number,
        product_id=line.product_id,
        product_code=line.product_code,
        description=line.description,
        quantity=-part.quantity,
        net=-net_of_returned(line.net, line.quantity, already=already, now=part.quantity),
        is_product=line.is_product,
        points=-part.points,
        returns_purchase_id=part.purchase_id,
        returns_line_number=part.line_number,
        unit_price=line.unit_price,
        unit_price_scale=line.unit_price_scale,
    )


def net_of_returned(net: int, quantity: int, *, already: int, now: int) -> int:
    """Return the money of a part given back; the parts of any sequence of returns sum to the line's net exactly."""
    return _net_of_first(net, quantity, already + now) - _net_of_first(net, quantity, already)


def _net_of_first(net: int, quantity: int, part: int) -> int:
    return (2 * net * part + quantity) // (2 * quantity)


def _event_of(returned: Purchase) -> PurchaseReturned:
    return PurchaseReturned(
        occurred_at=returned.occurred_at,
        origin=Origin(returned.origin),
        customer_id=returned.customer_id,
        purchase_id=returned.purchase_id,
        returns_purchase_id=returned.returns_purchase_id,
        programme_id=returned.programme_id,
        enrolment_id=returned.enrolment_id,
        account_id=returned.account_id,
        points=returned.points,
    )
