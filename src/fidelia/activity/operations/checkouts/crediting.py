"""What a checkout credits to the tier: counted with its closure, taken back with what comes back."""

from __future__ import annotations

from fidelia.ledger.queries import find_posting
from fidelia.programme.operations.granting import credit_tiers, take_back_tier_credit
from fidelia.programme.queries import account_now, get_programme_by_id
from fidelia.rules.pricing import TierCredit

from ...models import Purchase
from ..purchases import Caller, provenance_of
from .settling import Settled
from .writing import CheckoutPurchaseRow


def credited_by(settled: Settled) -> int:
    """Return how many points the bill lets count for the tier, in minor units; none of nobody."""
    if not settled.is_member:
        return 0
    return sum([each.points for each in settled.bill.effects if isinstance(each, TierCredit)])


def credit_tier(caller: Caller, purchase: CheckoutPurchaseRow, amount: int) -> None:
    """Building block of the closure: let so many points count for the tier of the purchase's account."""
    if amount <= 0 or purchase.account_id is None or purchase.programme_id is None:
        return
    credit_tiers(
        by=caller.by, at=caller.at, account_id=purchase.account_id, currency=_currency_of(purchase), amount=amount,
        key=credit_key(purchase), **provenance_of(purchase),
    )  # fmt: skip


def take_credit_back(caller: Caller, returned: CheckoutPurchaseRow, sale: Purchase, amount: int) -> None:
    """Building block of a return: so many of the points that counted for the tier count no longer."""
    if amount <= 0 or sale.account_id is None or sale.programme_id is None:
        return
    credited = find_posting(account_id=sale.account_id, key=credit_key(sale))
    if credited is None:  # closed before tiers were credited: there is nothing to take back
        return
    take_back_tier_credit(
        by=caller.by, at=caller.at, account_id=account_now(sale.account_id), currency=_currency_of(sale), amount=amount,
        posting_id=credited.posting_id, posted_on=sale.account_id, key=credit_key(returned), **provenance_of(returned),
    )  # fmt: skip


def credit_key(purchase: Purchase | CheckoutPurchaseRow) -> str:
    """Return the key under which a purchase, or a return, moved what counts for the tier."""
    return f"purchase:{purchase.purchase_id}:tier"


def _currency_of(purchase: Purchase | CheckoutPurchaseRow) -> str:
    assert purchase.programme_id is not None, "only a programme's purchase credits a tier"
    return get_programme_by_id(purchase.programme_id).points_currency.code
