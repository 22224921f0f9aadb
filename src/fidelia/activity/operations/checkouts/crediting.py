"""What a checkout credits beside its points: to the tier, and in further currencies; counted with its closure, taken
back with what comes back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fidelia.kernel.points import SCALE_MAX
from fidelia.ledger.operations import open_account, post_entry, revoke
from fidelia.ledger.queries import find_posting
from fidelia.programme.models import PointsCurrency
from fidelia.programme.operations.granting import credit_tiers, granting, revoke_policy_of, take_back_tier_credit
from fidelia.programme.queries import account_now, get_programme_by_id, terms_of
from fidelia.rewards.operations.withdrawing import carry_debt, free_points
from fidelia.rules.pricing import TierCredit, credits_of
from fidelia.rules.pricing.bill import Shares

from ...models import Purchase
from ..purchases import Caller, provenance_of
from .settling import Settled
from .writing import CheckoutPurchaseRow


@dataclass(frozen=True, slots=True)
class Credited:
    """What a closure credits beside its points: minor units for the tier, parts of points by further currency."""

    tier: int
    points: Shares

    @property
    def is_anything(self) -> bool:
        return bool(self.tier or self.points)


def credited_by(settled: Settled) -> int:
    """Return how many points the bill lets count for the tier, in minor units; none of nobody."""
    if not settled.is_member:
        return 0
    return sum([each.points for each in settled.bill.others if isinstance(each, TierCredit)])


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


def points_beside(settled: Settled) -> Shares:
    """Return by further currency what the bill credits, in ten-thousandths of a point; none to nobody."""
    return credits_of(settled.bill) if settled.is_member else ()


def credit_points(caller: Caller, purchase: CheckoutPurchaseRow, credits: Shares) -> None:
    """Building block of the closure: bring points of further currencies, with the life that their terms give them."""
    if purchase.account_id is None or purchase.programme_id is None or purchase.rule_version_id is None:
        return
    terms = terms_of(purchase.rule_version_id)
    for code, parts in sorted(credits):
        currency, amount = _in(code, parts)
        if amount <= 0:
            continue
        open_account(
            by=caller.by, at=caller.at, currency=code, account_id=purchase.account_id,
            may_go_negative=currency.may_go_negative,
        )  # fmt: skip
        request = granting(
            terms=terms, account_id=purchase.account_id, currency=code, amount=amount, policy=terms.points_of(code),
            key=_key_in(purchase, code), **provenance_of(purchase),
        )  # fmt: skip
        post_entry(by=caller.by, at=caller.at, request=request)


def take_points_back(
    caller: Caller, returned: CheckoutPurchaseRow, sale: Purchase, before: Shares, now: Shares
) -> None:
    """Building block of a return: take back of each further currency what the return un-earns, by its own policy.

    A chèque fidélité made of these points and not used yet is withdrawn first. `before` is what earlier returns took,
    so that the parts of a point add up to whole ones over all returns.
    """
    if sale.account_id is None:
        return
    taken = dict(before)
    for code, parts in sorted(now):
        currency, until = _in(code, taken.get(code, 0) + parts)
        amount = until - _in(code, taken.get(code, 0))[1]
        credited = find_posting(account_id=sale.account_id, key=_key_in(sale, code))
        if amount <= 0 or credited is None:
            continue
        account_id = account_now(sale.account_id)
        whose: dict[str, Any] = {"account_id": account_id, "posted_on": sale.account_id, "currency": code}
        free_points(by=caller.by, at=caller.at, posting_id=credited.posting_id, wanted=amount, **whose)
        back = revoke(
            by=caller.by, at=caller.at, account_id=account_id, currency=code, amount=amount,
            policy=revoke_policy_of(currency), key=_key_in(returned, code), posting_id=credited.posting_id,
            posted_on=sale.account_id if account_id != sale.account_id else None, **provenance_of(returned),
        )  # fmt: skip
        if not back.replayed:
            carry_debt(uncollected=back.uncollected, **whose)


def _in(code: str, parts: int) -> tuple[PointsCurrency, int]:
    """Return the currency and the amount in its minor units, what is less than one of them left aside."""
    currency = PointsCurrency.objects.get(code=code)
    return currency, parts // 10 ** (SCALE_MAX - currency.scale)


def _key_in(purchase: Purchase | CheckoutPurchaseRow, code: str) -> str:
    return f"purchase:{purchase.purchase_id}:{code}"


def credit_key(purchase: Purchase | CheckoutPurchaseRow) -> str:
    """Return the key under which a purchase, or a return, moved what counts for the tier."""
    return f"purchase:{purchase.purchase_id}:tier"


def _currency_of(purchase: Purchase | CheckoutPurchaseRow) -> str:
    assert purchase.programme_id is not None, "only a programme's purchase credits a tier"
    return get_programme_by_id(purchase.programme_id).points_currency.code
