"""Exchange goods: what comes back and what is taken instead, on one receipt. Both are recorded, or neither."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.ids import new_id

from ..errors import IdempotencyKeyReused, ReceiptKnown, WrongCurrency
from ..models import Purchase
from .checkouts.calls import CheckoutOutcome, caller_of_call, guesses_counted
from .checkouts.closing import close_under_locks
from .checkouts.evaluating import Evaluation, evaluate_checkout
from .checkouts.reading import waiting_in_time
from .checkouts.requests import CheckoutCall, check_basket
from .purchases import Caller
from .requests import ReturnRequest, check_moment
from .returns import caller_of_return, take_goods_back

_BACK = ":back"
# Stands in the hash of what comes back for a moment that nobody named: sent again, the clock says another.
_UNNAMED = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Exchanged:
    """The return, whose amounts are below zero, and the closure of the checkout with what was taken instead."""

    returned: Purchase
    closed: CheckoutOutcome

    @property
    def refund(self) -> int:
        """The money that comes back, in minor units: points and gift cards go back to where they came from."""
        return refund_of(self.returned)


def exchange_goods(*, by: Actor, at: datetime, back: ReturnRequest, call: CheckoutCall) -> Exchanged:
    """Take goods of an earlier purchase back and close a checkout with what is taken instead, in one transaction.

    First comes what comes back, so that its points, coupons and budgets are as they were when the new goods are
    reckoned. Both are under the key of the call and, unless it says another, its receipt number: a call sent again
    changes nothing and is answered with the first. Raises what `record_return` and `close_checkout` raise, and then
    neither is recorded; the places of what is refused of the goods that come back begin with /back.
    """
    _require_both(by)
    if call.basket is not None:
        check_basket(call.basket, at)
    check_moment(back.occurred_at, at)
    back = replace(back, idempotency_key=key_of_back(call.idempotency_key))
    if call.proof is not None:
        call.proof.enter(at=at)
    with guesses_counted(call, by=by, at=at):
        try:
            return _exchange(by, at, back, call)
        except IntegrityError:  # another took the receipt or used the key: what it wrote is there to be read by now
            with _receipt_known():
                return _exchange(by, at, back, call)


def rehearse_exchange(*, by: Actor, at: datetime, back: ReturnRequest, asked: Evaluation) -> tuple[int, dict[str, Any]]:
    """Return what an exchange would come to: the money that comes back, and the evaluation of what is taken instead.

    The goods are taken back in a transaction that is rolled back: what the basket comes to afterwards may hang on the
    points, uses and budgets that they free. Nothing stays written. Raises as `record_return` and `evaluate_checkout`.
    """
    _require_both(by)
    if asked.basket.codes_shown:  # wrong codes are counted, and that must outlive what is rolled back
        evaluate_checkout(by=by, at=at, asked=asked)
    name = str(new_id())
    back = replace(back, idempotency_key=name, receipt_number=name)
    caller = caller_of_return(by, at, back, f"rehearsal:{name}"[:60])
    with waiting_in_time(), transaction_of_use_case():
        with _of_what_comes_back():
            recorded = take_goods_back(caller, back, caller.source)
        returned = Purchase.objects.get(purchase_id=recorded.purchase_id)
        _check_currency(returned, asked.basket.currency)
        said = evaluate_checkout(by=by, at=at, asked=asked)
        transaction.set_rollback(True)
    return refund_of(returned), said


def key_of_back(key: str) -> str:
    """Return the idempotency key of what comes back in an exchange that is closed under a key."""
    return f"{key[: 255 - len(_BACK)]}{_BACK}"


def refund_of(returned: Purchase) -> int:
    """Return the money that a return gives back, in minor units, without what goes back as points and to gift cards."""
    return (returned.paid_by_points or 0) + (returned.paid_by_gift_cards or 0) - returned.total


def _require_both(by: Actor) -> None:
    for right in ("purchase.return", "purchase.record"):
        if not by.may_somewhere(right):
            by.require(right)


def _exchange(by: Actor, at: datetime, back: ReturnRequest, call: CheckoutCall) -> Exchanged:
    with waiting_in_time(), transaction_of_use_case():
        with _of_what_comes_back():
            recorded = take_goods_back(_caller_of_back(by, at, back, call), back, call.source)
        closed = close_under_locks(caller_of_call(by, at, call), call)
        if closed.is_replay != recorded.is_replay:
            raise IdempotencyKeyReused("This idempotency key was used for another request.")
        returned = Purchase.objects.get(purchase_id=recorded.purchase_id)
        _check_currency(returned, closed.checkout["currency"])
    return Exchanged(returned, closed)


def _check_currency(returned: Purchase, currency: str) -> None:
    """What comes back in euros is not set against what is taken in francs."""
    if returned.currency != currency:
        raise WrongCurrency(f"This sale was in {returned.currency}; what is taken is in {currency}.", pointer="/back")


def _caller_of_back(by: Actor, at: datetime, back: ReturnRequest, call: CheckoutCall) -> Caller:
    is_dated = call.occurred_at is not None or (call.basket is not None and call.basket.occurred_at is not None)
    return caller_of_return(by, at, back if is_dated else replace(back, occurred_at=_UNNAMED), call.source)


@contextmanager
def _of_what_comes_back() -> Iterator[None]:
    """Say of a refusal that it is about the goods brought back, not about those taken."""
    try:
        yield
    except FideliaError as error:
        error.pointer = f"/back{error.pointer or ''}"
        raise


@contextmanager
def _receipt_known() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "a receipt is recorded once" not in str(error):
            raise
        raise ReceiptKnown("This receipt is recorded already.", pointer="/receipt_number") from None
