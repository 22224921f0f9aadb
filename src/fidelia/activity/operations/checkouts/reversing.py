"""Reverse a closed checkout, in part or wholly: the postings, what rewards took, and the return that says it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fidelia.access.operations import record_audit
from fidelia.kernel.actor import Scope
from fidelia.kernel.calendar import end_of_day, local_day
from fidelia.kernel.ids import new_id
from fidelia.kernel.outbox import announce
from fidelia.organisation.models import Store
from fidelia.programme.queries import terms_of
from fidelia.rules import Decision, LineAllocation
from fidelia.rules.pricing import (
    FrozenBill,
    MoreThanBought,
    Returned,
    Reversal,
    everything_left,
    gifts_brought_back,
    reverse,
    spread_amount,
)
from fidelia.rules.terms import PurchasePolicy

from ...errors import MalformedLines, ReturnedBeforeBought
from ...models import Purchase
from ..deciding import Decided, chained
from ..purchases import Caller, origin_of
from ..taking_back import bearer_of, event_of_return, take_back
from .crediting import take_credit_back, take_points_back
from .frozen import Sold
from .giving_back import give_points_back
from .held import give_back
from .selling import take_cards_back
from .writing import CheckoutLineRow, CheckoutPurchaseRow, write_reversal


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """So much of one line, by its number: a quantity in thousandths, an amount in minor units, or all that is left."""

    line_number: int
    quantity: int | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversing:
    """What comes back: these lines, or an amount spread over all of them, or with neither all that is left.

    `is_undone` says that it was no return but an error: then coupons come back too. `verb` is the right that was asked
    for. `store` and `borne_by_store_id` are those of the return.
    """

    occurred_at: datetime
    receipt_number: str
    lines: tuple[ReturnedItem, ...] = ()
    amount: int | None = None
    is_undone: bool = False
    store: Store | None = None
    borne_by_store_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Reversed:
    """What was recorded, with what goes back: money, points, and to each gift card."""

    purchase: CheckoutPurchaseRow
    lines: Sequence[CheckoutLineRow]
    reversal: Reversal


def reverse_sale(caller: Caller, sold: Sold, asked: Reversing) -> Reversed:
    """Building block, under the locks of the checkout and of the sale: record what comes back, and give back for it.

    The frozen allocation alone says what a part is worth. Raises MoreThanBought, MalformedLines, ReturnedBeforeBought.
    """
    sale = sold.purchase
    if asked.amount is not None and asked.lines:
        raise MalformedLines("A return names lines, or an amount over all of them: not both.", pointer="/amount")
    if asked.occurred_at < sale.occurred_at:
        raise ReturnedBeforeBought("Nothing is given back before it is bought.", pointer="/occurred_at")
    now = parts_returned(sold.bill, sold.returned, asked.lines, asked.amount)
    reversal = reverse(sold.bill, now, already=sold.returned)
    row = _row(caller, sold, asked, reversal)
    lines = [_line(sold, each, i + 1, now[i]) for i, each in enumerate(reversal.lines)]
    decided = _decide(sold, row, now, reversal, asked)
    before = reverse(sold.bill, sold.returned) if sold.returned else None
    posted = give_points_back(caller, row, sale, before=before.points_paid if before else 0, now=reversal.points_paid)
    taken = take_back(caller, row, target_id=sale.posting_id, borne_by=bearer_of(row, sale))
    row.posting_id = taken.posting_id if taken is not None else None
    row.balance_after = (taken or posted).balance if taken is not None or posted is not None else None  # type: ignore[union-attr]
    take_credit_back(caller, row, sale, reversal.tier_credit)
    take_points_back(caller, row, sale, before.credits if before else (), reversal.credits)
    take_cards_back(caller, row, sold, reversal.lines)
    given = None if asked.is_undone else reversal
    policy = _policy_of(sale)
    pieces = gifts_brought_back(sold.bill, now, sold.returned) if policy.gifts_restocked else {}
    give_back(
        sale.purchase_id, given, occurred_at=asked.occurred_at, at=caller.at, pieces=pieces,
        withdrawn=policy.issued_withdrawn, gift_cards_until=_cards_until(sale, asked.occurred_at),
    )  # fmt: skip
    write_reversal(row, lines, decided.row, is_chained=sold.is_chained)
    _tell(caller, row, sale)
    return Reversed(row, lines, reversal)


def _cards_until(sale: Purchase, at: datetime) -> datetime | None:
    """Return until when a gift card can be spent at least that gets money back: so many days to the end of the last."""
    assert sale.rule_version_id is not None, "a closure is decided by a version"
    terms = terms_of(sale.rule_version_id)
    days = terms.purchases.gift_card_days
    return None if days == 0 else end_of_day(local_day(at, terms.zone) + timedelta(days=days), terms.zone)


def _policy_of(sale: Purchase) -> PurchasePolicy:
    """Return the policy of the version that decided the sale: what is changed later holds for what is sold later."""
    assert sale.rule_version_id is not None, "a closure is decided by a version"
    return terms_of(sale.rule_version_id).purchases


def parts_returned(
    bill: FrozenBill, before: Sequence[Returned], lines: Sequence[ReturnedItem] = (), amount: int | None = None
) -> tuple[Returned, ...]:
    """Return what comes back by places, one for each line, in their order: these lines, or an amount over all of them,
    or with neither all that `before` left. Raises MoreThanBought, MalformedLines.
    """
    try:
        if amount is not None:
            return spread_amount(bill, amount, before)
        left = everything_left(bill, before)
        if lines:
            return _named(bill, before, lines, {each.line: each for each in left})
        if not left:
            raise MoreThanBought("Everything of this purchase was given back before.")
    except MoreThanBought as refusal:
        refusal.pointer = refusal.pointer or ("/amount" if amount is not None else "/lines")
        raise
    return left


def _named(
    bill: FrozenBill, before: Sequence[Returned], lines: Sequence[ReturnedItem], left: dict[int, Returned]
) -> tuple[Returned, ...]:
    found: dict[int, Returned] = {}
    for i, item in enumerate(lines):
        place = item.line_number - 1
        if place in found or not 0 <= place < len(bill.lines):
            raise MalformedLines(
                f"The purchase has lines 1 to {len(bill.lines)}; name each at most once.",
                pointer=f"/lines/{i}/line_number",
            )
        if item.quantity is not None and item.amount is not None:
            raise MalformedLines("A return names a quantity or an amount of a line.", pointer=f"/lines/{i}/amount")
        if item.quantity is None and item.amount is None:
            if place not in left:
                raise MoreThanBought("Nothing of this line is left to give back.", pointer=f"/lines/{i}")
            found[place] = left[place]
        else:
            found[place] = Returned(place, item.quantity, item.amount)
            try:
                reverse(bill, [found[place]], already=before)
            except MoreThanBought as refusal:
                refusal.pointer = f"/lines/{i}/{'quantity' if item.amount is None else 'amount'}"
                raise
    return tuple([found[place] for place in sorted(found)])


def _decide(
    sold: Sold, row: CheckoutPurchaseRow, now: Sequence[Returned], reversal: Reversal, asked: Reversing
) -> Decided:
    values: dict[str, Any] = {"returned": [[each.line, each.quantity, each.amount] for each in now]}
    if asked.is_undone:
        values["undone"] = True
    decision = Decision(
        rule_version_id=str(row.rule_version_id or ""),
        occurred_at=row.occurred_at,
        values=values,
        points=row.points,
        outcomes=(),
        lines=tuple(
            [
                LineAllocation(-(each.quantity or 0), -line.points)
                for each, line in zip(now, reversal.lines, strict=True)
            ]
        ),
        unassigned=-reversal.unassigned,
    )
    return chained(decision, row.rule_version_id, sold.head)


def _row(caller: Caller, sold: Sold, asked: Reversing, reversal: Reversal) -> CheckoutPurchaseRow:
    sale, store = sold.purchase, asked.store
    assert sale.checkout_id is not None, "only checkouts freeze a bill"
    by_points = sum([part for line in reversal.lines for key, part in line.paid if key == "points"])
    goods = {line.line_number for line in sold.lines if line.is_product}
    return CheckoutPurchaseRow(
        purchase_id=new_id(),
        kind=Purchase.Kind.RETURN,
        source=caller.source,
        receipt_number=asked.receipt_number,
        idempotency_owner=caller.owner,
        idempotency_key=caller.key,
        request_hash=caller.request_hash,
        programme_id=sale.programme_id,
        customer_id=sale.customer_id,
        enrolment_id=sale.enrolment_id,
        account_id=sale.account_id,
        partner_id=store.partner_id if store is not None else sale.partner_id,
        store_id=store.id if store is not None else sale.store_id,
        borne_by_store_id=asked.borne_by_store_id if store is not None else sale.store_id,
        channel=store.channel if store is not None else sale.channel,
        currency=sale.currency,
        total=-reversal.total,
        product_total=-sum([line.total for line in reversal.lines if line.line + 1 in goods]),
        points=-reversal.points if sale.account_id is not None else 0,
        rule_version_id=sale.rule_version_id,
        returns_purchase_id=sale.purchase_id,
        occurred_at=asked.occurred_at,
        recorded_at=caller.at,
        origin=origin_of(asked.occurred_at, caller.at).value,
        checkout_id=sale.checkout_id,
        gross=-sum([line.listed for line in reversal.lines]),
        discount=-sum([part for _rule, part in reversal.discounts]),
        tax=-sum([part for _tax, part in reversal.taxes]),
        paid_by_points=-by_points,
        points_spent=-reversal.points_paid,
        paid_by_gift_cards=-sum([part for _card, part in reversal.gift_cards]),
    )


def _line(sold: Sold, back: Any, number: int, returned: Returned) -> CheckoutLineRow:
    line = sold.lines[back.line]
    by_points = sum([part for key, part in back.paid if key == "points"])
    return CheckoutLineRow(
        line_number=number,
        product_id=line.product_id,
        product_code=line.product_code,
        description=line.description,
        quantity=-(returned.quantity or 0),
        net=-back.total,
        is_product=line.is_product,
        points=-back.points,
        returns_purchase_id=sold.purchase.purchase_id,
        returns_line_number=line.line_number,
        unit_price=line.unit_price,
        unit_price_scale=line.unit_price_scale,
        category=line.category,
        brand=line.brand,
        gross=-back.listed,
        discount=-sum([part for _rule, part in back.discounts]),
        tax=-sum([part for _tax, part in back.taxes]),
        paid_by_points=-by_points,
        paid_by_gift_cards=-(sum([part for _key, part in back.paid]) - by_points),
    )


def _tell(caller: Caller, row: CheckoutPurchaseRow, sale: Purchase) -> None:
    announce(event_of_return(row))
    record_audit(
        by=caller.by,
        at=caller.at,
        verb="purchase.return",
        object_type="purchase",
        object_id=row.purchase_id,
        after={"total": str(row.total), "points": str(row.points), "returns": str(sale.purchase_id)},
        scope=Scope(row.partner_id, row.store_id),
    )
