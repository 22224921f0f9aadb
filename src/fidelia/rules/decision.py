"""The decision record: what an evaluation saw, what each rule came to, what each line earned, and a chain of hashes.

It is written once, append-only, beside the purchase. With the rule set of its version it tells a member why twelve
points; alone it lets a return take back exactly what was given, and an auditor see that no record was changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from fidelia.kernel.errors import Invalid

from .pricing.bill import Bill
from .pricing.frozen import FrozenBill, freeze
from .rule_set import RuleSet
from .settlement import LineAllocation, Outcome, Settlement, Values
from .types import Type

FORMAT = 1
GENESIS = bytes(32)  # stands before the first decision of an account
_PLAIN: frozenset[type] = frozenset({str, int, bool, type(None)})  # values that JSON holds as they are
_MISSING = 3  # the places of an outcome's row that are always there: key, points, reason


class MalformedDecision(Invalid):
    """A stored decision cannot be read."""

    default_code = "malformed_decision"


@dataclass(frozen=True, slots=True)
class Decision:
    """One committed evaluation.

    values    what was read, by the keys of the values mapping, as JSON holds it: dates and moments as ISO text
    outcomes  what each rule came to, in declared order, with reason codes
    lines     the frozen allocation, by position of the line
    bill      of a checkout: its frozen bill; None where the prices were final before
    """

    rule_version_id: str
    occurred_at: datetime
    values: Mapping[str, Any]
    points: int
    outcomes: tuple[Outcome, ...]
    lines: tuple[LineAllocation, ...]
    unassigned: int = 0
    bill: FrozenBill | None = None

    def as_mapping(self) -> dict[str, Any]:
        """Return the compact JSON form; `from_mapping` reads it back."""
        # A record without a bill has the bytes, and the hash, that it had before there were bills.
        more = {} if self.bill is None else {"bill": self.bill.as_mapping()}
        return {
            **more,
            "format": FORMAT,
            "rule_version": self.rule_version_id,
            "occurred_at": self.occurred_at.astimezone(UTC).isoformat(),
            "values": dict(self.values),
            "points": self.points,
            "outcomes": [_outcome_row(each) for each in self.outcomes],
            "lines": [[each.quantity, each.points, dict(each.by_rule)] for each in self.lines],
            "unassigned": self.unassigned,
        }

    @classmethod
    def from_mapping(cls, stored: Mapping[str, Any]) -> Decision:
        """Read the compact JSON form. Raises MalformedDecision."""
        try:
            if stored["format"] != FORMAT:
                raise MalformedDecision(f"This decision has format {stored['format']}; {FORMAT} is read here.")
            outcomes = tuple(map(_read_outcome, stored["outcomes"]))
            order = {outcome.rule_key: place for place, outcome in enumerate(outcomes)}
            return cls(
                rule_version_id=stored["rule_version"],
                occurred_at=datetime.fromisoformat(stored["occurred_at"]),
                values=stored["values"],
                points=stored["points"],
                outcomes=outcomes,
                lines=tuple(_read_line(row, order) for row in stored["lines"]),
                unassigned=stored["unassigned"],
                bill=FrozenBill.from_mapping(stored["bill"]) if "bill" in stored else None,
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise MalformedDecision("This is not a decision record.") from error

    def canonical_bytes(self) -> bytes:
        """Return the same bytes whatever wrote the record: JSON in UTF-8, keys sorted, no spaces, no floats."""
        return canonical_text(self.as_mapping()).encode()


def record_decision(
    rule_set: RuleSet, values: Values, settlement: Settlement, *, rule_version_id: str, occurred_at: datetime
) -> Decision:
    """Return the record of a settlement, with the values of the fields that its rules may have read."""
    return Decision(
        rule_version_id=rule_version_id,
        occurred_at=occurred_at,
        values=values_read(rule_set, values, rule_set.fields_read_of_final),
        points=settlement.points,
        outcomes=settlement.outcomes,
        lines=settlement.lines,
        unassigned=settlement.unassigned,
    )


def record_bill(rule_set: RuleSet, bill: Bill, *, rule_version_id: str, occurred_at: datetime) -> Decision:
    """Return the record of a checkout: its bill as closed, and what its rules read, computed values included."""
    return Decision(
        rule_version_id=rule_version_id,
        occurred_at=occurred_at,
        values=values_read(rule_set, bill.values, rule_set.fields_read),
        points=bill.points.points,
        outcomes=bill.outcomes,
        lines=bill.points.lines,
        unassigned=bill.points.unassigned,
        bill=freeze(bill),
    )


def chain(previous_hash: bytes, decision: Decision) -> bytes:
    """Return the hash of a decision and of all before it: SHA-256 of the previous hash and the canonical bytes.

    The first of an account follows GENESIS.
    """
    return chain_text(previous_hash, canonical_text(decision.as_mapping()))


def canonical_text(record: Mapping[str, Any]) -> str:
    """Return the one text of a decision's compact JSON form, whose bytes the chain covers."""
    return msgspec.json.encode(record, order="sorted").decode()


def chain_text(previous_hash: bytes, text: str) -> bytes:
    """Return `chain` of the decision whose canonical text this is: who writes many need not make it twice."""
    assert len(previous_hash) == len(GENESIS), "a hash has 32 bytes"
    return hashlib.sha256(previous_hash + text.encode()).digest()


def find_break(decisions: Sequence[Decision], hashes: Sequence[bytes], *, start: bytes = GENESIS) -> int | None:
    """Return the position of the first decision that its hash does not fit, None when the chain is whole."""
    previous = start
    for place, (decision, kept) in enumerate(zip(decisions, hashes, strict=True)):
        if chain(previous, decision) != kept:
            return place
        previous = kept
    return None


def values_read(rule_set: RuleSet, values: Values, paths: Sequence[str]) -> dict[str, Any]:
    """Return the values at these paths by their keys, as JSON holds them."""
    catalogue = rule_set.catalogue
    read: dict[str, Any] = {}
    of_records: dict[str, list[str]] = {}
    for path in paths:
        field = catalogue.field_of(path)
        if field is not None:
            read[field.key] = _as_json(values[field.key])
        elif path in catalogue.records_at:
            of_records.setdefault(path, [])
        else:
            owner, _, name = path.rpartition(".")
            of_records.setdefault(owner, []).append(catalogue.records_at[owner].by_name[name].key)
    for path, keys in of_records.items():
        key = catalogue.records_at[path].key
        read[key] = [{name: _as_json(row[name]) for name in keys} for row in values[key]]
    return read


def _as_json(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    elif isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    elif isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, list | tuple | set | frozenset) else value


def _outcome_row(outcome: Outcome) -> list[Any]:
    row: list[Any] = [outcome.rule_key, outcome.points, outcome.reason]
    if outcome.discount is None and outcome.missing is None and outcome.base is None and outcome == Outcome(*row):
        return row  # most say no more
    more = {
        "missing": outcome.missing,
        "missing_type": outcome.missing_type,
        "base": outcome.base,
        "unlimited": outcome.unlimited,
        "discount": outcome.discount,
        "quantity": outcome.quantity,
        "by": outcome.by,
    }
    known = {name: value for name, value in more.items() if value is not None}
    return [*row, known] if known else row


def _read_outcome(row: Sequence[Any]) -> Outcome:
    more = dict(row[_MISSING]) if len(row) > _MISSING else {}
    if "missing_type" in more:
        more["missing_type"] = Type(more["missing_type"])
    return Outcome(row[0], row[1], row[2], **more)


def _read_line(row: Sequence[Any], order: Mapping[str, int]) -> LineAllocation:
    # jsonb does not keep the order of keys; the order of the outcomes is the declared one.
    shares = sorted(row[2].items(), key=lambda share: order[share[0]])
    return LineAllocation(row[0], row[1], tuple(shares))
