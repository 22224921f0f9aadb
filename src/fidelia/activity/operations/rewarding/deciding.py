"""Decide recorded purchases as an import decides those of a file, and write what they give as claims beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from fidelia.kernel.actor import Actor
from fidelia.kernel.bulk import copy_rows
from fidelia.ledger.operations import BulkEarn
from fidelia.programme.models import Programme
from fidelia.programme.queries import Terms
from fidelia.rules import LineAllocation, points_of_returned

from ..imports.history import DECIDED_COLUMNS, DECISION_COLUMNS, Batch, BatchDecision, Circumstances
from ..imports.members import MemberState
from ..imports.of_nobody import SoldToNobody
from ..imports.receipts import Receipt
from ..imports.sold_lines import SoldGoods, SoldLine
from ..imports.writing import move_chains, post_points
from .unrewarded import PastReceipt

CLAIM_COLUMNS = (
    *("purchase_id", "sale_id", "programme_id", "customer_id", "enrolment_id", "account_id", "points", "line_points"),
    *("rule_version_id", "posting_id", "claimed_at"),
)


class PastDecision(BatchDecision):
    """Recorded purchases, one after the other; what comes back is tied to the very lines that it names."""

    def __init__(self, around: Circumstances, *, before_enrolment: bool) -> None:
        super().__init__(around, set())
        self._before_enrolment = before_enrolment
        self._sold: dict[tuple[UUID, int], SoldLine] = {}
        self._already: Counter[tuple[UUID, int]] = Counter()

    def _earns(self, receipt: Receipt, state: MemberState, terms: Terms | None) -> bool:
        if terms is None:
            return False
        assert state.enrolment is not None, "who has an account is a member"
        since = state.enrolment.enrolled_at
        return self._before_enrolment or terms.purchases.earns_at(receipt.occurred_at, since, terms.zone)

    def _match(self, receipt: Receipt, goods: SoldGoods | SoldToNobody) -> dict[int, SoldLine]:
        assert isinstance(receipt, PastReceipt), "recorded purchases are decided here"
        matched = {}
        for place, back in enumerate(receipt.backs):
            sold = self._sold.get(back) if back is not None else None
            if sold is not None and back is not None:
                already, now = self._already[back], -receipt.quantities[place]
                if already + now <= sold.quantity:
                    points = points_of_returned(
                        [LineAllocation(sold.quantity, sold.points)], 0, already=already, now=now
                    )
                    self._already[back] += now
                    matched[place] = SoldLine(
                        now, sold.net, sold.purchase_id, sold.line_number, points, sold.occurred_at, sold.account_id,
                        sold.store_id,
                    )  # fmt: skip
        return matched

    def _remember_sold(self, receipt: Receipt, purchase_id: UUID, state: MemberState, outcome: object | None) -> None:
        account = state.enrolment.account_id if state.enrolment is not None and outcome is not None else None
        points: Sequence[int] = getattr(outcome, "lines", [0] * receipt.line_count)
        for place, quantity in enumerate(receipt.quantities):
            if quantity > 0:
                self._sold[purchase_id, place + 1] = SoldLine(
                    quantity, receipt.nets[place], purchase_id, place + 1, points[place], receipt.occurred_at, account
                )


def write_claims(
    by: Actor, at: datetime, programme: Programme, batch: Batch, receipts: Mapping[UUID | None, PastReceipt]
) -> Counter[str]:
    """Building block: write what purchases give from now on, with decisions and points; return counts.

    A purchase that no rules of its date speak of, or of somebody who was no member, is left as it is.
    """
    counts: Counter[str] = Counter()
    rows = []
    for values in batch.decided:
        row = dict(zip(DECIDED_COLUMNS, values, strict=True))
        if row["rule_version_id"] is None or row["enrolment_id"] is None:
            counts["left_purchases"] += 1
            continue
        past = receipts[row["purchase_id"]]
        rows.append(
            (row["purchase_id"], past.sale_id, programme.id, row["customer_id"], row["enrolment_id"], row["account_id"],
             row["points"], row["line_points"], row["rule_version_id"], row["posting_id"], at)
        )  # fmt: skip
        counts["rewarded_purchases"] += 1
        counts["points"] += row["points"]
    copy_rows("activity_claim", CLAIM_COLUMNS, rows)
    copy_rows("activity_decision", DECISION_COLUMNS, batch.decisions)
    move_chains(batch.heads)
    post_points(by, at, programme, batch)
    earned = [posting for posting in batch.postings if isinstance(posting, BulkEarn)]
    counts["expired_points"] += sum(one.amount for one in earned if one.expires_at is not None and one.expires_at <= at)
    counts["members"] += len({row[4] for row in rows})
    return counts
