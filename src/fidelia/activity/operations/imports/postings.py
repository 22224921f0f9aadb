"""What a decided receipt of the past posts: points with the life that the terms of its date give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fidelia.ledger.operations import BulkEarn, BulkRevoke, RevokePolicy
from fidelia.programme.operations.granting import comes_to_life
from fidelia.programme.queries import Terms, VersionHistory

from .members import AccountState, MemberState
from .receipts import Receipt
from .sold_lines import SoldLine
from .standing import TierOfHistory


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receipt was made: what a posting keeps of it."""

    partner_id: UUID | None
    store_id: UUID | None


@dataclass(frozen=True, slots=True)
class PointsOfReceipts:
    """Makes the postings of receipts; `at` is the moment of the import, which decides what still waits."""

    versions: VersionHistory
    policy: RevokePolicy
    at: datetime

    def earn(
        self, receipt: Receipt, *, purchase_id: UUID, account_id: UUID, points: int, terms: Terms, place: Place
    ) -> BulkEarn:
        """Return the posting that brings points, or promises them where the terms let them wait."""
        policy, zone, occurred_at = terms.points, terms.zone, receipt.occurred_at
        life_begins = comes_to_life(terms, occurred_at, self.at)
        waits = policy.pending is not None and life_begins != occurred_at
        return BulkEarn(
            kind="pend" if waits else "earn",
            account_id=account_id,
            amount=points,
            key=f"purchase:{purchase_id}",
            occurred_at=occurred_at,
            expires_at=None if life_begins is None else policy.expires_at(life_begins, zone),
            activates_at=life_begins if waits else None,
            cancels_at=policy.pending.cancelled_at(occurred_at, zone) if waits and policy.pending else None,
            lives_until=policy.renewed_until("earn", occurred_at, zone),
            rule_version_id=terms.version_id,
            source_id=purchase_id,
            partner_id=place.partner_id,
            store_id=place.store_id,
        )

    def revoke(
        self,
        receipt: Receipt,
        *,
        purchase_id: UUID,
        account_id: UUID,
        points: int,
        matched: Mapping[int, SoldLine],
        place: Place,
    ) -> BulkRevoke:
        """Return the posting that takes points back, from those of the sale where all lines are of one."""
        sale = self._sale_of(receipt, matched)
        is_known = sale is not None and all(sold.account_id == account_id for sold in matched.values())
        return BulkRevoke(
            account_id=account_id,
            amount=points,
            key=f"purchase:{purchase_id}",
            occurred_at=receipt.occurred_at,
            policy=self.policy,
            earn_key=f"purchase:{sale.purchase_id}" if sale is not None and is_known else None,
            source_id=purchase_id,
            partner_id=place.partner_id,
            store_id=place.store_id,
        )

    def counts(self, receipt: Receipt, matched: Mapping[int, SoldLine]) -> tuple[datetime | None, datetime | None]:
        """Return from when the points of a receipt count for tiers (None: as long as an event has not said so), and
        of a return the moment whose points it un-earns.
        """
        if not receipt.is_return:
            return self._life_begins(receipt.occurred_at), None
        sale = self._sale_of(receipt, matched)
        if sale is None:
            return receipt.occurred_at, None
        life_begins = self._life_begins(sale.occurred_at)
        if life_begins is None or life_begins > receipt.occurred_at:
            return life_begins, None  # taken from what waits
        return receipt.occurred_at, life_begins

    def count_for_tiers(
        self,
        receipt: Receipt,
        state: MemberState,
        account: AccountState,
        points: int,
        matched: Mapping[int, SoldLine],
    ) -> None:
        """Count a receipt as the tiers are measured: by points for all at the account, else by what was bought."""
        for own in state.tier.measures if state.tier is not None else ():
            if own.metric in ("spent", "purchases"):
                _count_bought(receipt, state, own, matched)
        counts_at, undoes = self.counts(receipt, matched) if points else (None, None)
        if counts_at is not None:
            for each in [each for own in account.tiers for each in own.measures]:
                if each.metric not in ("spent", "purchases") and not each.is_of_others:
                    each.count(counts_at, points, undoes)

    def _life_begins(self, occurred_at: datetime) -> datetime | None:
        terms = self.versions.terms_at(occurred_at)
        return occurred_at if terms is None else comes_to_life(terms, occurred_at, self.at)

    def _sale_of(self, receipt: Receipt, matched: Mapping[int, SoldLine]) -> SoldLine | None:
        is_of_one = len(matched) == receipt.line_count and len({sold.purchase_id for sold in matched.values()}) == 1
        return next(iter(matched.values())) if is_of_one else None


def _count_bought(receipt: Receipt, state: MemberState, tier: TierOfHistory, matched: Mapping[int, SoldLine]) -> None:
    """Money, or purchases: a purchase is one no longer when nothing of it is left."""
    sales = {sold.purchase_id: sold for sold in matched.values()}
    sale = next(iter(sales.values())) if len(sales) == 1 else None
    sold_at = sale.occurred_at if sale is not None else None
    if tier.metric == "spent":
        tier.count(receipt.occurred_at, receipt.net, sold_at)
    elif not receipt.is_return:
        tier.count(receipt.occurred_at, 1)
    elif sale is not None:
        before = state.left[sale.purchase_id]
        state.left[sale.purchase_id] = before + receipt.net
        if before > 0 >= before + receipt.net:
            tier.count(receipt.occurred_at, -1, sold_at)
