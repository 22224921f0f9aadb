"""Decide a batch of past receipts, each at its own date, and record the whole batch in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from fidelia.kernel.ids import new_id
from fidelia.ledger.operations import BulkEarn, BulkRevoke, RevokePolicy
from fidelia.programme.queries import Terms, VersionHistory
from fidelia.rules import Decision, LineAllocation

from ...models import Purchase
from ..deciding import Decided, chained, decide, settle_purchase
from ..requests import LineRequest
from ..values import line_values, values_for_rules
from ..writing import LineRow
from .mapping import ImportMapping
from .members import MemberState, SoldLine
from .receipts import Receipt, StagedLine


@dataclass(slots=True)
class Batch:
    """What a batch of receipts comes to: rows to write and points to post, in the order they were decided."""

    purchases: list[Purchase] = field(default_factory=list)
    lines: list[tuple[UUID, LineRow]] = field(default_factory=list)
    decisions: list[tuple[UUID, Decided]] = field(default_factory=list)
    postings: list[BulkEarn | BulkRevoke] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What is the same for every receipt of an import."""

    import_id: UUID
    mapping: ImportMapping
    programme_id: UUID
    versions: VersionHistory
    products: Mapping[str, dict[str, Any]]
    stores: Mapping[str, dict[str, Any]]
    policy: RevokePolicy
    at: datetime


def decide_batch(
    around: Circumstances,
    receipts: Sequence[Receipt],
    members: Mapping[str, MemberState],
    facts: Sequence[dict[str, Any] | None],
) -> Batch:
    """Decide each receipt in the given order, each member's in the order of time; `facts` as read_customer_facts."""
    batch = Batch()
    for receipt, known in zip(receipts, facts, strict=True):
        state = members.get(receipt.customer) if receipt.customer is not None else None
        _ReceiptDecision(around, receipt, state, known, batch).decide()
    return batch


class _ReceiptDecision:
    """One receipt: its decision, its rows, its posting."""

    def __init__(
        self,
        around: Circumstances,
        receipt: Receipt,
        state: MemberState | None,
        facts: dict[str, Any] | None,
        batch: Batch,
    ) -> None:
        self._around = around
        self._receipt = receipt
        self._state = state
        self._facts = facts
        self._batch = batch
        self._id = new_id()
        self._store = around.stores.get(receipt.store)
        self._matched: dict[int, SoldLine] = {}
        self._terms = around.versions.terms_at(receipt.occurred_at)

    def decide(self) -> None:
        state, receipt = self._state, self._receipt
        decided = None
        if receipt.kind is Purchase.Kind.RETURN and state is not None:
            self._match(state)
        if state is not None and state.head is not None and self._terms is not None:
            if receipt.kind is Purchase.Kind.RETURN:
                decided = self._decide_return(state, self._terms)
            else:
                decided = decide(self._terms, self._values(state, self._terms, 1), receipt.occurred_at, state.head)
            state.head = decided.head
            state.earn(receipt.occurred_at, decided.points)
            self._batch.decisions.append((self._id, decided))
            self._post(state, decided)
        self._write(state, decided)
        if state is not None and receipt.kind is Purchase.Kind.SALE:
            state.has_bought = True
            self._remember_sold(state, decided)

    def _match(self, state: MemberState) -> None:
        for place, line in enumerate(self._receipt.lines):
            if line.quantity < 0:
                sold = state.take_sold(line.product, -line.quantity, -line.net, self._receipt.occurred_at)
                if sold is not None:
                    self._matched[place] = sold

    def _decide_return(self, state: MemberState, terms: Terms) -> Decided:
        """Lines matched take back what they earned; the others what the rules of the return's own date would give."""
        assert state.head is not None
        values = self._values(state, terms, -1, leave_out=self._matched)
        settlement, _known = settle_purchase(terms, values, self._receipt.occurred_at)
        alone = iter(settlement.lines)
        lines = []
        for place, line in enumerate(self._receipt.lines):
            sold = self._matched.get(place)
            points = sold.points if sold is not None else next(alone).points
            lines.append(LineAllocation(line.quantity, -points))
        decision = Decision(
            rule_version_id=str(terms.version_id),
            occurred_at=self._receipt.occurred_at,
            values={
                "returns": [
                    [str(sold.purchase_id), sold.line_number, sold.quantity] for sold in self._matched.values()
                ],
                "stands_alone": len(lines) - len(self._matched),
            },
            points=sum(line.points for line in lines),
            outcomes=(),
            lines=tuple(lines),
        )
        return chained(decision, terms.version_id, state.head)

    def _values(
        self, state: MemberState, terms: Terms, sign: int, *, leave_out: Mapping[int, SoldLine] | None = None
    ) -> dict[str, Any]:
        assert state.enrolment is not None
        assert self._facts is not None
        lines = [
            self._line_values(line, sign)
            for place, line in enumerate(self._receipt.lines)
            if place not in (leave_out or ())
        ]
        return values_for_rules(
            occurred_at=self._receipt.occurred_at,
            zone=terms.zone,
            channel=self._receipt.channel,
            store=self._store,
            lines=lines,
            enrolled_at=state.enrolment.enrolled_at,
            tier=state.tier_at(self._receipt.occurred_at),
            is_first=sign > 0 and not state.has_bought,
            customer=self._facts,
        )

    def _line_values(self, line: StagedLine, sign: int) -> dict[str, Any]:
        request = LineRequest(line.product, sign * line.quantity, sign * line.net, category=line.category)
        return line_values(request, self._around.products.get(line.product))

    def _post(self, state: MemberState, decided: Decided) -> None:
        assert state.enrolment is not None
        if not decided.points:
            return
        if decided.points > 0:
            self._batch.postings.append(self._earn(state.enrolment.account_id, decided.points))
        else:
            self._batch.postings.append(self._revoke(state.enrolment.account_id, -decided.points))

    def _earn(self, account_id: UUID, points: int) -> BulkEarn:
        assert self._terms is not None
        return BulkEarn(
            account_id=account_id,
            amount=points,
            key=f"purchase:{self._id}",
            occurred_at=self._receipt.occurred_at,
            expires_at=self._terms.points.expires_at(self._receipt.occurred_at, self._terms.zone),
            rule_version_id=self._terms.version_id,
            partner_id=self._partner_id,
            store_id=self._store_id,
            source_id=self._id,
        )

    def _revoke(self, account_id: UUID, points: int) -> BulkRevoke:
        origins = {sold.purchase_id for sold in self._matched.values()}
        accounts = {sold.account_id for sold in self._matched.values()}
        is_of_one = len(self._matched) == len(self._receipt.lines) and len(origins) == 1 and accounts == {account_id}
        return BulkRevoke(
            account_id=account_id,
            amount=points,
            key=f"purchase:{self._id}",
            occurred_at=self._receipt.occurred_at,
            policy=self._around.policy,
            earn_key=f"purchase:{origins.pop()}" if is_of_one else None,
            partner_id=self._partner_id,
            store_id=self._store_id,
            source_id=self._id,
        )

    @property
    def _store_id(self) -> UUID | None:
        return UUID(self._store["id"]) if self._store else None

    @property
    def _partner_id(self) -> UUID | None:
        return UUID(self._store["partner_id"]) if self._store else None

    def _write(self, state: MemberState | None, decided: Decided | None) -> None:
        receipt, around = self._receipt, self._around
        enrolment = state.enrolment if state is not None else None
        rows = [self._line_row(place, line, decided) for place, line in enumerate(receipt.lines)]
        origins = {sold.purchase_id for sold in self._matched.values()}
        self._batch.lines += [(self._id, row) for row in rows]
        self._batch.purchases.append(
            Purchase(
                purchase_id=self._id,
                kind=receipt.kind,
                source=around.mapping.source,
                receipt_number=receipt.number,
                idempotency_owner=f"import:{around.mapping.source}",
                idempotency_key=f"{receipt.kind}:{receipt.number}",
                request_hash=hashlib.sha256(repr(receipt).encode()).digest(),
                programme_id=around.programme_id,
                customer_id=state.customer_id if state is not None else None,
                enrolment_id=enrolment.id if enrolment is not None else None,
                account_id=enrolment.account_id if enrolment is not None else None,
                partner_id=self._partner_id,
                store_id=self._store_id,
                channel=receipt.channel,
                currency=around.mapping.currency,
                total=receipt.net,
                product_total=sum(row.net for row in rows if row.is_product),
                points=decided.points if decided is not None else 0,
                balance_after=None,
                rule_version_id=self._terms.version_id if decided is not None and self._terms is not None else None,
                posting_id=self._batch.postings[-1].posting_id if decided is not None and decided.points else None,
                returns_purchase_id=origins.pop() if len(origins) == 1 else None,
                occurred_at=receipt.occurred_at,
                recorded_at=around.at,
                origin="backfill",
            )
        )

    def _line_row(self, place: int, line: StagedLine, decided: Decided | None) -> LineRow:
        product = self._around.products.get(line.product, {})
        sold = self._matched.get(place)
        return LineRow(
            line_number=place + 1,
            product_id=UUID(product["id"]) if product else None,
            product_code=line.product,
            description=line.description,
            quantity=line.quantity,
            net=line.net,
            is_product=bool(product.get("is_product", True)),
            points=decided.lines[place].points if decided is not None else 0,
            returns_purchase_id=sold.purchase_id if sold is not None else None,
            returns_line_number=sold.line_number if sold is not None else None,
            unit_price=line.unit_price,
            unit_price_scale=line.unit_price_scale,
        )

    def _remember_sold(self, state: MemberState, decided: Decided | None) -> None:
        account = state.enrolment.account_id if state.enrolment is not None else None
        for place, line in enumerate(self._receipt.lines):
            if line.quantity > 0:
                points = decided.lines[place].points if decided is not None else 0
                sold = SoldLine(
                    line.quantity, line.net, self._id, place + 1, points, self._receipt.occurred_at, account
                )
                state.sold[line.product].append(sold)


DECISION_COLUMNS = (
    *("account_id", "sequence", "purchase_id", "rule_version_id", "record", "previous_hash", "hash", "occurred_at"),
    "recorded_at",
)


def decision_values(purchase_id: UUID, decided: Decided, at: datetime) -> tuple[Any, ...]:
    """Return one row of activity_decision, in the order of DECISION_COLUMNS."""
    row = decided.row
    return (
        *(row.account_id, row.sequence, purchase_id, row.rule_version_id, Jsonb(row.record), row.previous_hash),
        *(row.hash, row.occurred_at, at),
    )
