"""What every call on a checkout does: whose it is, whether it was made before, and whether it says what is so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.ledger.errors import refusal_for
from fidelia.programme.queries import terms_of
from fidelia.rewards.errors import UnknownCoupon, UnknownGiftCard
from fidelia.rewards.operations.guessing import check_guesser, count_wrong_code, guesser_of

from ...errors import CheckoutChanged, ExpectedTotalDiffers, UnknownCheckout
from ..purchases import Caller, caller_of
from ..rule_reads import remember_reads_of_basket
from .held import check_codes
from .law import check_lawful
from .reading import CheckoutSurroundings, KeptCheckout
from .requests import CheckoutCall
from .settling import Settled, settle_basket, wanted_points


@dataclass(frozen=True, slots=True)
class CheckoutOutcome:
    """What became of a call: the columns of the checkout as it is now, and whether the call had been made before.

    `made` is the purchase that the call recorded, with its `lines` where they are at hand: of a closure the sale, of
    the others what came back.
    """

    checkout: Mapping[str, Any]
    is_replay: bool = False
    made: Any = None
    lines: Sequence[Any] | None = None


def caller_of_call(by: Actor, at: datetime, call: CheckoutCall) -> Caller:
    """Return the caller of a call. Its keys are its own."""
    return caller_of(by, at, call.source, call.idempotency_key, call.hash())


@contextmanager
def guesses_counted(call: CheckoutCall, *, by: Actor, at: datetime) -> Iterator[None]:
    """Count the codes of a basket that nothing has: who guesses waits, as at a look-up. Raises RateLimited.

    A basket that shows no code asks nothing of the database.
    """
    if call.basket is None or not call.basket.codes_shown:
        yield
        return
    check_guesser(guesser_of(by), at=at)
    try:
        yield
    except (UnknownCoupon, UnknownGiftCard):
        count_wrong_code(guesser_of(by), at=at)
        raise


def check_reach(by: Actor, right: str, kept: KeptCheckout) -> None:
    """Raise UnknownCheckout for a checkout in another's part of the network."""
    if not by.may(right, kept.scope):
        raise UnknownCheckout("There is no such checkout.")


def check_revision(call: CheckoutCall, kept: KeptCheckout | None) -> None:
    """Raise CheckoutChanged where the caller believes in another revision than there is; 0 means none."""
    revision = kept.revision if kept is not None else 0
    if call.revision is not None and call.revision != revision:
        raise CheckoutChanged(
            f"The checkout is at revision {revision}, not {call.revision}.", pointer="/revision", revision=revision
        )


def settle_call(found: CheckoutSurroundings, call: CheckoutCall, *, at: datetime) -> Settled:
    """Settle the basket of a call that writes. Raises what its coupons, cards and points are refused for, and
    ExpectedTotalDiffers, NoTermsInForce, ValueOutOfBounds, PromotionForbidden.
    """
    check_codes(found)
    _check_points(found)
    terms = terms_of(found.version_id)
    remember_reads_of_basket(found.basket.programme, terms)
    settled = settle_basket(found, terms, at=call.occurred_at or at, explain=True)
    if call.expected_total is not None:
        _check_total(settled, call.expected_total)
    check_lawful(found, settled, call.occurred_at or at)
    return settled


def _check_total(settled: Settled, expected: str) -> None:
    is_so = Money(settled.bill.total, settled.bill.currency)
    try:
        believed = Money.parse(expected, settled.bill.currency)
    except FideliaError as refusal:
        refusal.pointer = "/expected_total"
        raise
    if believed != is_so:
        raise ExpectedTotalDiffers(
            f"The basket costs {is_so}, not {believed}.",
            pointer="/expected_total",
            expected=believed.text(),
            total=is_so.text(),
        )


def _check_points(found: CheckoutSurroundings) -> None:
    wanted, available = wanted_points(found), max(0, found.points_available or 0)
    if wanted is not None and wanted > available:
        currency = found.around.programme["points_code"]
        refusal = refusal_for(
            "insufficient_points", {"currency": currency, "requested": wanted, "available": available}
        )
        refusal.pointer = "/pay_points"
        raise refusal
