"""Decide: what the terms in force give for a purchase, what a return takes back, and the record of it in the chain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fidelia.customers.fields import trait_of_path
from fidelia.programme.queries import Terms
from fidelia.rules import Decision, LineAllocation, Settlement, canonical_text, chain_text, evaluate, record_decision

from .writing import DecisionRow


@dataclass(frozen=True, slots=True)
class ChainHead:
    """The last decision of an account: its place and its hash."""

    account_id: UUID
    sequence: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Decided:
    """The points of a purchase (negative: taken back) and of each of its lines, and the row of the decision record."""

    points: int
    lines: tuple[LineAllocation, ...]
    row: DecisionRow

    @property
    def head(self) -> ChainHead:
        """The head of the account's chain once this decision is written."""
        return ChainHead(self.row.account_id, self.row.sequence, self.row.hash)


@dataclass(frozen=True, slots=True)
class ReturnedPart:
    """So much of a line of an earlier purchase given back, with the points that its frozen allocation says."""

    purchase_id: UUID
    line_number: int
    quantity: int
    points: int


def settle_purchase(
    terms: Terms, values: dict[str, Any], occurred_at: datetime, granted: Collection[str] = frozenset()
) -> tuple[Settlement, dict[str, Any]]:
    """Evaluate the rules; return the settlement, and the values with each trait the rules read (None: has none)."""
    traits = (path for path in terms.rule_set.fields_read if trait_of_path(path) is not None)
    known = {**dict.fromkeys(traits), **values}
    return evaluate(terms.rule_set, known, at=occurred_at, granted=granted), known


def decide(
    terms: Terms,
    values: dict[str, Any],
    occurred_at: datetime,
    head: ChainHead,
    *,
    granted: Collection[str] = frozenset(),
) -> Decided:
    """Decide a purchase and chain the decision after the account's last one; `granted` as in `rules.evaluate`."""
    settlement, known = settle_purchase(terms, values, occurred_at, granted)
    decision = record_decision(
        terms.rule_set, known, settlement, rule_version_id=str(terms.version_id), occurred_at=occurred_at
    )
    return chained(decision, terms.version_id, head)


def decide_return(
    parts: Sequence[ReturnedPart], *, rule_version_id: UUID | None, occurred_at: datetime, head: ChainHead
) -> Decided:
    """Decide a return of lines whose purchases are known: each takes back what its frozen allocation says."""
    lines = tuple(LineAllocation(-part.quantity, -part.points) for part in parts)
    decision = Decision(
        rule_version_id=str(rule_version_id or ""),
        occurred_at=occurred_at,
        values={"returns": [[str(part.purchase_id), part.line_number, part.quantity] for part in parts]},
        points=sum(line.points for line in lines),
        outcomes=(),
        lines=lines,
    )
    return chained(decision, rule_version_id, head)


def chained(decision: Decision, rule_version_id: UUID | None, head: ChainHead) -> Decided:
    """Return the decision as the next row of its account's chain."""
    record = decision.as_mapping()
    text = canonical_text(record)
    row = DecisionRow(
        account_id=head.account_id,
        sequence=head.sequence + 1,
        rule_version_id=rule_version_id,
        record=record,
        text=text,
        previous_hash=head.hash,
        hash=chain_text(head.hash, text),
        occurred_at=decision.occurred_at,
    )
    return Decided(decision.points, decision.lines, row)


def allocation_of(record: Mapping[str, Any]) -> tuple[LineAllocation, ...]:
    """Return the frozen allocation of a stored decision."""
    return Decision.from_mapping(record).lines
