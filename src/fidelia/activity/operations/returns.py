"""Record a return: lines of an earlier purchase given back, and their points by the frozen allocation alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection

from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import require_transaction, transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id
from fidelia.organisation.models import Store
from fidelia.organisation.queries import get_store_by_code
from fidelia.programme.queries import get_programme_by_id, version_in_force
from fidelia.programme.queries import terms_of as terms_of_version
from fidelia.rules import LineAllocation, points_of_returned

from ..errors import MalformedLines, MoreThanBought, NotASale, ReturnedBeforeBought, UnknownPurchase
from ..models import DecisionRecord, Purchase, PurchaseLine
from .checkouts.frozen import lock_closed, read_sold
from .checkouts.reversing import ReturnedItem, Reversing, reverse_sale
from .deciding import ChainHead, ReturnedPart, allocation_of, decide_return
from .locking import lock_sale
from .purchases import Caller, Recorded, caller_of, deed_of, origin_of, replay_after_race
from .reading import find_known
from .requests import ReturnRequest, check_moment, hash_of_request
from .taking_back import bearer_of, event_of_return, take_back
from .writing import LineRow, write_purchase

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


def record_return(*, by: Actor, at: datetime, request: ReturnRequest, source: str) -> Recorded:
    """Record that lines of a purchase came back, and take their points back.

    The purchase is named by id or by receipt. Brought to another store of the same partner, the return is that
    store's to record; which of the two bears it, the terms then in force say, and the record keeps it. Points already
    spent take the balance below zero where the points currency allows it; else what is left is taken. Raises Denied,
    UnknownPurchase, StoreUnknown, NotASale, MalformedLines, MoreThanBought, OccurredInFuture, ReturnedBeforeBought,
    ReceiptKnown, IdempotencyKeyReused.
    """
    if not by.may_somewhere("purchase.return"):
        by.require("purchase.return")
    check_moment(request.occurred_at, at)
    caller = caller_of_return(by, at, request, source)
    try:
        with transaction_of_use_case():
            return take_goods_back(caller, request, source)
    except IntegrityError as error:
        return replay_after_race(error, caller)


def caller_of_return(by: Actor, at: datetime, request: ReturnRequest, source: str) -> Caller:
    """Return the caller of a return."""
    return caller_of(by, at, source, request.idempotency_key, hash_of_request("return", request, source))


def take_goods_back(caller: Caller, request: ReturnRequest, source: str) -> Recorded:
    """Building block of a return and of an exchange. Raises what `record_return` does but for races of two calls."""
    require_transaction()
    store = _store_of(request)
    purchase = _find_in_reach(caller.by, request, source, store)
    caller.by.require("purchase.return", _scope_of(purchase, store))
    if request.occurred_at < purchase.occurred_at:
        raise ReturnedBeforeBought("Nothing is given back before it is bought.", pointer="/occurred_at")
    if purchase.checkout_id is not None:
        return _return_of_checkout(caller, request, purchase, store)
    bought = _read_bought(purchase)
    known = find_known(caller.owner, caller.key)
    if known is not None:
        known.check_same(caller.request_hash)
        return Recorded(known.purchase_id, is_replay=True)
    parts = _parts_given_back(request, bought)
    return Recorded(_record(caller, request, bought, parts, store), is_replay=False)


def _return_of_checkout(caller: Caller, request: ReturnRequest, sale: Purchase, store: Store | None) -> Recorded:
    """A closed checkout froze more than points: what it was paid with goes back too."""
    lock_closed(sale)
    known = find_known(caller.owner, caller.key)
    if known is not None:
        known.check_same(caller.request_hash)
        return Recorded(known.purchase_id, is_replay=True)
    asked = Reversing(
        occurred_at=request.occurred_at,
        receipt_number=request.receipt_number,
        lines=tuple([ReturnedItem(line.line_number, line.quantity) for line in request.lines]),
        store=store,
        borne_by_store_id=_bearing_store(request, sale, store),
    )
    back = reverse_sale(caller, read_sold(sale), asked)
    return Recorded(back.purchase.purchase_id, is_replay=False, purchase=back.purchase, lines=back.lines)


def _store_of(request: ReturnRequest) -> Store | None:
    if request.store is None:
        return None
    try:
        banner, _slash, code = request.store.rpartition("/")
        return get_store_by_code(code=code, banner_code=banner or None)
    except FideliaError as refusal:
        refusal.pointer = "/store"
        raise


def _find_in_reach(by: Actor, request: ReturnRequest, source: str, store: Store | None) -> Purchase:
    """What the actor may neither see nor take back is not there; nor is the sandbox for others than test keys."""
    purchase = _purchase_named(request, source)
    if purchase is None or not _is_in_reach(by, purchase, store):
        raise UnknownPurchase("There is no such purchase.", pointer="/sold" if request.sold is not None else None)
    return purchase


def _purchase_named(request: ReturnRequest, source: str) -> Purchase | None:
    if request.purchase_id is not None:
        return Purchase.objects.filter(purchase_id=request.purchase_id).first()
    if request.sold is None:
        return None
    return Purchase.objects.filter(
        receipt_number=request.sold.number, source=request.sold.source or source, kind=Purchase.Kind.SALE
    ).first()


def _is_in_reach(by: Actor, purchase: Purchase, store: Store | None) -> bool:
    """A store takes back what another of its partner sold: the receipt that is shown there names it."""
    scope = Scope(purchase.partner_id, purchase.store_id)
    is_sandbox = purchase.programme_id is not None and get_programme_by_id(purchase.programme_id).is_sandbox
    may_know = by.may("purchase.return", scope) or by.may("purchase.see", scope)
    if store is not None and store.partner_id == purchase.partner_id:
        may_know = may_know or by.may("purchase.return", store.scope)
    return may_know and is_sandbox == (by.mode == "test")


def _scope_of(purchase: Purchase, store: Store | None) -> Scope:
    return store.scope if store is not None else Scope(purchase.partner_id, purchase.store_id)


def _read_bought(purchase: Purchase) -> Bought:
    purchase_id = purchase.purchase_id
    if purchase.kind != Purchase.Kind.SALE:
        raise NotASale("This is a return; only a sale can be returned.")
    head = lock_sale(purchase)
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


def _parts_given_back(request: ReturnRequest, bought: Bought) -> list[ReturnedPart]:
    if not request.lines:
        wanted = {number: _left(bought, number) for number in sorted(bought.lines)}
    else:
        wanted = {}
        for i, line in enumerate(request.lines):
            if line.line_number not in bought.lines or line.line_number in wanted:
                raise MalformedLines(
                    f"The purchase has lines 1 to {max(bought.lines)}; name each at most once.",
                    pointer=f"/lines/{i}/line_number",
                )
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


def _record(
    caller: Caller, request: ReturnRequest, bought: Bought, parts: list[ReturnedPart], store: Store | None
) -> UUID:
    sale = bought.purchase
    rows = [_line_row(bought, part, i + 1) for i, part in enumerate(parts)]
    returned = _open_return(caller, request, sale, rows, store)
    decided = None
    if bought.head is not None:
        decided = decide_return(
            parts, rule_version_id=returned.rule_version_id, occurred_at=returned.occurred_at, head=bought.head
        )
        returned.points = decided.points
        posted = take_back(caller, returned, target_id=sale.posting_id, borne_by=bearer_of(returned, sale))
        if posted is not None:
            returned.posting_id, returned.balance_after = posted.posting_id, posted.balance
    why = {"reason": request.reason} if request.reason else {}
    deed = deed_of(caller, "purchase.return", returned, returns=str(sale.purchase_id), **why)
    write_purchase(returned, rows, decided.row if decided else None, event=event_of_return(returned), deed=deed)
    return returned.purchase_id


def _open_return(
    caller: Caller, request: ReturnRequest, sale: Purchase, rows: list[LineRow], store: Store | None
) -> Purchase:
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
        partner_id=store.partner_id if store is not None else sale.partner_id,
        store_id=store.id if store is not None else sale.store_id,
        borne_by_store_id=_bearing_store(request, sale, store),
        channel=sale.channel if store is None else store.channel,
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


def _bearing_store(request: ReturnRequest, sale: Purchase, store: Store | None) -> UUID | None:
    """The store whose sales and points the return lowers, as the terms of the return's own date say."""
    if store is None or store.id == sale.store_id or sale.programme_id is None:
        return sale.store_id
    version = version_in_force(get_programme_by_id(sale.programme_id), request.occurred_at)
    borne_by = terms_of_version(version.id).purchases.returns_borne_by if version is not None else "purchase"
    return sale.store_id if borne_by == "purchase" else store.id


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
        category=line.category,
        brand=line.brand,
    )


def net_of_returned(net: int, quantity: int, *, already: int, now: int) -> int:
    """Return the money of a part given back; the parts of any sequence of returns sum to the line's net exactly."""
    return _net_of_first(net, quantity, already + now) - _net_of_first(net, quantity, already)


def _net_of_first(net: int, quantity: int, part: int) -> int:
    return (2 * net * part + quantity) // (2 * quantity)
