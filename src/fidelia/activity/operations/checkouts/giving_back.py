"""Give points back that a purchase was paid with: into lots that end when those ended from which they were taken."""

from __future__ import annotations

from uuid import UUID

from fidelia.ledger.operations import EarnPart, PostingResult
from fidelia.ledger.operations import give_back as give_back_points
from fidelia.ledger.queries import LotUsed, find_posting, lots_used
from fidelia.programme.queries import account_now, get_programme_by_id

from ...models import Purchase
from ..purchases import Caller, provenance_of
from .closing import spend_key
from .writing import CheckoutPurchaseRow


def give_points_back(
    caller: Caller, returned: CheckoutPurchaseRow, sale: Purchase, *, before: int, now: int
) -> PostingResult | None:
    """Building block: post that `now` of the points paid come back, after `before` did; None where none do."""
    if now <= 0 or sale.account_id is None or sale.programme_id is None:
        return None
    parts = _parts(sale, sale.account_id, before, now)
    return give_back_points(
        by=caller.by,
        at=caller.at,
        account_id=account_now(sale.account_id),
        currency=get_programme_by_id(sale.programme_id).points_currency.code,
        parts=parts,
        key=f"purchase:{returned.purchase_id}:back",
        **provenance_of(returned),
    )


def _parts(sale: Purchase, account_id: UUID, before: int, now: int) -> list[EarnPart]:
    """What was taken first ends first; what comes back is what was taken last, so that none of its life is lost."""
    parts = []
    for lot in reversed(_lots_paid_with(sale, account_id)):
        skipped = min(before, lot.amount)
        given = min(now, lot.amount - skipped)
        before, now = before - skipped, now - given
        if given:
            parts.append(
                EarnPart(
                    amount=given, expires_at=lot.expires_at, rule_version_id=lot.rule_version_id,
                    partner_id=lot.partner_id, funding=lot.funding, unit_cost=lot.unit_cost,
                )
            )  # fmt: skip
    assert now == 0, "no more comes back than was paid"
    return parts


def _lots_paid_with(sale: Purchase, account_id: UUID) -> list[LotUsed]:
    spent = find_posting(account_id=account_id, key=spend_key(sale.purchase_id))
    assert spent is not None, "who paid with points spent them"
    return lots_used(account_id=account_id, posting_ids=[spent.posting_id])[spent.posting_id]
