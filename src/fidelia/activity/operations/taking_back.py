"""What every return does, whatever it gives back: take the points back, and say so."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fidelia.kernel.outbox import Origin
from fidelia.ledger.operations import PostingResult, Provenance, revoke
from fidelia.programme.operations.granting import revoke_policy_of
from fidelia.programme.queries import account_now, get_programme_by_id
from fidelia.rewards.operations.withdrawing import carry_debt, free_points

from ..events import PurchaseReturned
from ..models import Purchase
from .purchases import Caller, provenance_of
from .writing import PurchaseRow


def take_back(
    caller: Caller, returned: Purchase | PurchaseRow, *, target_id: UUID | None, borne_by: Provenance | None = None
) -> PostingResult | None:
    """Building block: post that the points of a return go back; None where there are none to take.

    `target_id` is the posting that brought them, so that they are taken from its own lots first; `borne_by` may name
    another partner and store than those of the return. A chèque fidélité made of these points and not used yet is
    withdrawn first, so that they are there to be taken.
    """
    if returned.points >= 0 or returned.account_id is None or returned.programme_id is None:
        return None
    currency = get_programme_by_id(returned.programme_id).points_currency
    provenance = provenance_of(returned)
    provenance.update(borne_by or {})
    account_id = account_now(returned.account_id)
    whose: dict[str, Any] = {"account_id": account_id, "posted_on": returned.account_id, "currency": currency.code}
    free_points(by=caller.by, at=caller.at, posting_id=target_id, wanted=-returned.points, **whose)
    taken = revoke(
        by=caller.by,
        at=caller.at,
        account_id=account_id,
        currency=currency.code,
        amount=-returned.points,
        policy=revoke_policy_of(currency),
        key=f"purchase:{returned.purchase_id}",
        posting_id=target_id,
        posted_on=returned.account_id if target_id is not None and account_id != returned.account_id else None,
        **provenance,
    )
    if not taken.replayed:
        carry_debt(uncollected=taken.uncollected, **whose)
    return taken


def bearer_of(returned: Purchase | PurchaseRow, sale: Purchase) -> Provenance:
    """Return the partner and the store that bear a return: those of the purchase, or those of the return itself."""
    bearer = sale if returned.borne_by_store_id == sale.store_id else returned
    return Provenance(partner_id=bearer.partner_id, store_id=bearer.store_id)


def event_of_return(returned: Purchase | PurchaseRow) -> PurchaseReturned:
    """Return what a return announces."""
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
