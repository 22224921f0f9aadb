"""Close a checkout: settle its basket once more, then post, take, write and tell in one statement."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import require_transaction, transaction_of_use_case, use_case_of_one_statement
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id
from fidelia.ledger.errors import AccountClosed
from fidelia.ledger.operations import PostingRequest
from fidelia.programme.operations.granting import granting
from fidelia.programme.queries import check_confirmed, must_confirm
from fidelia.rules import GENESIS
from fidelia.rules.decision import record_bill

from ...errors import ReceiptKnown, UnknownCheckout
from ..deciding import ChainHead, Decided, chained
from ..purchases import Caller, deed_of, event_of_purchase, provenance_of
from ..requests import check_moment
from .calls import CheckoutOutcome, caller_of_call, check_reach, check_revision, guesses_counted, settle_call
from .crediting import Credited, credit_points, credit_tier, credited_by, points_beside
from .describing import describe_evaluation
from .held import RACES, consumption, issuance
from .opening import kept_basket, replayed
from .reading import CheckoutSurroundings, Replay, read_checkout, waiting_in_time
from .requests import CheckoutCall, check_basket
from .rows import line_rows, purchase_row
from .selling import SOLD_CARDS, cards_to_sell, sell_cards
from .settling import Settled
from .writing import CheckoutPurchaseRow, Closing, checkout_fields, write_closure

GONE: tuple[type[FideliaError], ...] = (*RACES, AccountClosed)


def close_checkout(*, by: Actor, at: datetime, call: CheckoutCall, found: str | None = None) -> CheckoutOutcome:
    """Close a checkout: it is a purchase from now on. With a basket, that is its last word, or its first.

    The basket is settled by what is true now; what it comes to is posted and taken at once, in one transaction, in the
    order account, lots, coupons, vouchers, gift cards, stock, limits. Where another call came first it is read and
    settled once more, under the locks. `found` is what `reading_of_call` read just now. Raises as `update_checkout`,
    CheckoutBusy too where another call holds what it credits or charges, and UnknownCheckout, ReceiptKnown.
    """
    if not by.may_somewhere("purchase.record"):
        by.require("purchase.record")
    if call.basket is not None:
        check_basket(call.basket, at)
    if call.occurred_at is not None:
        check_moment(call.occurred_at, at)
    caller = caller_of_call(by, at, call)
    if call.proof is not None:
        call.proof.enter(at=at)
    with guesses_counted(call, by=by, at=at), waiting_in_time():
        closed = _close(caller, call, found)
    assert closed is not None, "nobody decides about a checkout and a member who are locked"
    return closed


def close_under_locks(caller: Caller, call: CheckoutCall) -> CheckoutOutcome:
    """Building block of an exchange: close it as `close_checkout` does, within the transaction that is open."""
    require_transaction()
    closed = _read_and_close(caller, call, locks=True)
    assert closed is not None, "nobody decides about a checkout and a member who are locked"
    return closed


def _close(caller: Caller, call: CheckoutCall, found: str | None) -> CheckoutOutcome | None:
    closed = None
    try:
        closed = _read_and_close(caller, call, locks=False, text=found)
    except IntegrityError as error:  # another opened it, used the key, or took the receipt, since it was read
        if "a receipt is recorded once" in str(error):
            closed = _find_replay(caller, call)
            if closed is None:
                raise ReceiptKnown("This receipt is recorded already.", pointer="/receipt_number") from None
    except GONE:  # what was there when it was read has been taken since, or is in a pool by now
        pass
    if closed is None:
        with transaction_of_use_case():
            closed = _read_and_close(caller, call, locks=True)
    return closed


def _find_replay(caller: Caller, call: CheckoutCall) -> CheckoutOutcome | None:
    found = read_checkout(caller.by, call, owner=caller.owner, at=caller.at, locks=False)
    return replayed(caller, call) if isinstance(found, Replay) else None


def _read_and_close(
    caller: Caller, call: CheckoutCall, *, locks: bool, text: str | None = None
) -> CheckoutOutcome | None:
    """Close it by what is read now; None when another call came between reading and writing."""
    found = read_checkout(caller.by, call, owner=caller.owner, at=caller.at, locks=locks, found=text)
    if isinstance(found, Replay):
        return replayed(caller, call)
    if not isinstance(found, CheckoutSurroundings):
        raise UnknownCheckout("There is no such checkout.")
    caller.by.require("purchase.record", found.around.scope)
    if found.kept is not None:
        check_reach(caller.by, "purchase.record", found.kept)
        found.kept.after("close")
    check_revision(call, found.kept)
    settled = settle_call(found, call, at=caller.at)
    closing, credited = _closing(caller, call, found, settled), Credited(credited_by(settled), points_beside(settled))
    sells = SOLD_CARDS in closing.checkout["evaluation"]
    if sells:
        for card in closing.checkout["evaluation"][SOLD_CARDS]:
            right = "gift_card.top_up" if card.get("tops_up") else "gift_card.sell"
            caller.by.require(right, found.around.scope)
    confirms = must_confirm(settled.terms.points, settled.bill.points_spent)
    if locks:
        return _confirmed(caller, call, closing, settled) if confirms else _write(caller, closing, credited)
    with transaction_of_use_case() if credited.is_anything or sells or confirms else use_case_of_one_statement():
        return _confirmed(caller, call, closing, settled) if confirms else _write(caller, closing, credited)


def _confirmed(caller: Caller, call: CheckoutCall, closing: Closing, settled: Settled) -> CheckoutOutcome | None:
    """Write a closure that spends many points with the member's yes, which one that is not written leaves unused."""
    credited, customer_id = Credited(credited_by(settled), points_beside(settled)), closing.purchase.customer_id
    assert customer_id is not None, "only members have points"
    with transaction.atomic():
        spent = settled.bill.points_spent
        check_confirmed(settled.terms.points, call.proof, customer_id=customer_id, points=spent, at=caller.at)
        closed = _write(caller, closing, credited)
        if closed is None:
            transaction.set_rollback(True)
    return closed


def _write(caller: Caller, closing: Closing, credited: Credited) -> CheckoutOutcome | None:
    """Write the closure; what it credits beside its points, which few do, by further statements of the transaction."""
    closed = write_closure(closing)
    if closed is None:
        return None
    credit_tier(caller, closing.purchase, credited.tier)
    credit_points(caller, closing.purchase, credited.points)
    sell_cards(caller, closing.purchase, closing.checkout["evaluation"].get(SOLD_CARDS, ()))
    closing.purchase.balance_after = closed.balance_after
    if "issued" in closed.rewards:
        closing.checkout["evaluation"]["issued"] = closed.rewards["issued"]
    return CheckoutOutcome(closing.checkout, made=closing.purchase)


def _closing(caller: Caller, call: CheckoutCall, found: CheckoutSurroundings, settled: Settled) -> Closing:
    checkout = _closed_checkout(caller, call, found, settled)
    cards = cards_to_sell(found, settled)
    if cards:
        checkout["evaluation"][SOLD_CARDS] = cards
    purchase = purchase_row(caller, call, found, settled, checkout)
    checkout["purchase_id"] = purchase.purchase_id
    decided = _decide(found, settled, purchase)
    member = found.member if settled.is_member else None
    return Closing(
        by=caller.by,
        at=caller.at,
        checkout=checkout,
        revision=expected_revision(found),
        account_id=member.account_id if member is not None else None,
        is_chained=member is not None,
        spend=_spend(found, settled, purchase),
        earn=_earn(found, settled, purchase),
        rewards=_rewards(found, settled, purchase, at=caller.at),
        purchase=purchase,
        lines=line_rows(found, settled),
        decision=decided.row,
        event=event_of_purchase(purchase),
        deed=deed_of(caller, "purchase.record", purchase, checkout=str(checkout["checkout_id"])),
    )


def _rewards(
    found: CheckoutSurroundings, settled: Settled, purchase: CheckoutPurchaseRow, *, at: datetime
) -> dict[str, Any] | None:
    """Return what is taken and what is issued, as activity_checkout_close reads it."""
    taken = consumption(found, settled, purchase, at=at)
    issued = issuance(found, settled, purchase, at=at)
    both = {"take": taken, "issue": issued}
    return {name: value for name, value in both.items() if value is not None} or None


def expected_revision(found: CheckoutSurroundings) -> int | None:
    """Return the revision that must still be there when the closure is written; 0 where there is none."""
    return found.kept.revision if found.kept is not None else 0


def _closed_checkout(
    caller: Caller, call: CheckoutCall, found: CheckoutSurroundings, settled: Settled
) -> dict[str, Any]:
    member, kept, scope = found.member, found.kept, found.around.scope
    fields = {
        "state": "closed",
        "customer_id": member.customer_id if member is not None else None,
        "account_id": member.account_id if member is not None and settled.is_member else None,
        "partner_id": scope.partner_id,
        "store_id": scope.store_id,
        "channel": found.basket.channel,
        "currency": found.basket.currency,
        "basket": None if kept is not None and call.basket is None else kept_basket(found),
        "evaluation": describe_evaluation(found, settled, at=call.occurred_at or caller.at, explain=call.explain),
        "total": settled.bill.total,
        "points": settled.bill.points.points if settled.is_member else 0,
        "reserved_until": None,
        "updated_at": caller.at,
        "closed_at": caller.at,
        "cancelled_at": None,
    }
    if kept is not None:
        return checkout_fields(kept, **fields, revision=kept.revision + 1, closures=kept.closures + 1)
    return {
        "checkout_id": new_id(),
        "source": call.source,
        "number": call.number,
        "revision": 1,
        "programme_id": found.around.programme_id,
        "closures": 1,
        "opened_at": caller.at,
        **fields,
    }


def _decide(found: CheckoutSurroundings, settled: Settled, purchase: CheckoutPurchaseRow) -> Decided:
    """Record the decision: in the member's chain, or where nobody is known as the first of the purchase's own."""
    decision = record_bill(
        settled.terms.rule_set,
        settled.bill,
        rule_version_id=str(settled.terms.version_id),
        occurred_at=purchase.occurred_at,
    )
    member = found.member if settled.is_member else None
    head = member.head if member is not None else ChainHead(purchase.purchase_id, 0, GENESIS)
    return chained(decision, settled.terms.version_id, head)


def _spend(found: CheckoutSurroundings, settled: Settled, purchase: CheckoutPurchaseRow) -> PostingRequest | None:
    if settled.bill.points_spent <= 0 or purchase.account_id is None:
        return None
    terms = settled.terms
    return PostingRequest(
        account_id=purchase.account_id,
        currency=found.around.programme["points_code"],
        key=spend_key(purchase.purchase_id),
        kind="redeem",
        amount=settled.bill.points_spent,
        provenance=provenance_of(purchase),
        lives_until=terms.points.renewed_until("redeem", purchase.occurred_at, terms.zone),
    )


def spend_key(purchase_id: UUID) -> str:
    """Return the key under which the points that a purchase was paid with were spent."""
    return f"purchase:{purchase_id}:spent"


def _earn(found: CheckoutSurroundings, settled: Settled, purchase: CheckoutPurchaseRow) -> PostingRequest | None:
    if purchase.points <= 0 or purchase.account_id is None:
        return None
    request = granting(
        terms=settled.terms,
        account_id=purchase.account_id,
        currency=found.around.programme["points_code"],
        amount=purchase.points,
        key=f"purchase:{purchase.purchase_id}",
        **provenance_of(purchase),
    )
    purchase.posting_id = request.posting_id
    return request
