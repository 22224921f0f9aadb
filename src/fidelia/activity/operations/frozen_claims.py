"""What a claim of a closed checkout reads: its money, lines and codes as they were frozen, never as they are today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fidelia.programme.queries import Terms
from fidelia.rules.pricing import FrozenBill, Returned, reverse
from fidelia.rules.settlement import GRANTED

from ..models import DecisionRecord, Purchase
from .deciding import ReturnedPart

LINES = "lines"
# What a checkout computes of a basket: of these, a claim believes what the closure read.
_MONEY = ("total", "untaxed", "shipping", "listed", "discount", "units")


@dataclass(frozen=True, slots=True)
class FrozenSale:
    """A closed checkout of nobody: its bill, what its rules read, and the points rules whose codes were good then."""

    bill: FrozenBill
    values: Mapping[str, Any]
    outcomes: Mapping[str, str]
    rule_version_id: str

    def values_over(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return these values with the money and the lines of the closure: shipping is no line, and the base of each
        line is the one that the terms declare."""
        read = self.values.get(LINES, [])
        lines = [{**own, **row} for own, row in zip(values[LINES], read, strict=False)]
        goods = [line.total for line in self.bill.lines if not line.is_shipping]
        kept = {f"purchase.{name}": self.values.get(f"purchase.{name}") for name in _MONEY}
        money = {"purchase.total": sum(goods), **{name: amount for name, amount in kept.items() if amount is not None}}
        return {**values, **money, LINES: lines}

    def granted_by(self, terms: Terms) -> frozenset[str]:
        """Return the rules of points that asked for a code alone, which was presented; what is counted for a member
        was counted for nobody."""
        if self.rule_version_id != str(terms.version_id):
            return frozenset()
        rules = terms.rule_set
        return frozenset(
            rule.key
            for rule in rules.rules
            if rule.terms.coupon is not None and not (rule.lowers_prices or rule.issues)
            and not (rule.terms.costs_points or rule.terms.is_claimed or rule.key in rules.limits_of)
            and self.outcomes.get(rule.key) == GRANTED
        )  # fmt: skip

    def with_points(self, line_points: Sequence[int]) -> FrozenBill:
        """Return the bill with the points that a claim gave to its lines."""
        lines = [
            replace(line, points=own, points_by_rule=()) for line, own in zip(self.bill.lines, line_points, strict=True)
        ]
        return replace(self.bill, lines=tuple(lines), unassigned=0, tier_credit=0, credits=())


def find_frozen(sale: Purchase) -> FrozenSale | None:
    """Return what a closed checkout froze; None of a purchase that a till priced."""
    if sale.checkout_id is None:
        return None
    records = DecisionRecord.objects.filter(purchase_id=sale.purchase_id).values_list("record", flat=True)
    record = next(record for record in records if "bill" in record)
    outcomes = {row[0]: row[2] for row in record["outcomes"]}
    bill = FrozenBill.from_mapping(record["bill"])
    return FrozenSale(bill, record["values"], outcomes, record["rule_version"])


def parts_given_back(bill: FrozenBill, back: Purchase, already: list[Returned]) -> list[ReturnedPart]:
    """Return what a return of a checkout gave back of each line, by quantity or by amount, and add it to `already`."""
    assert back.returns_purchase_id is not None, "it returns the sale"
    records = DecisionRecord.objects.filter(purchase_id=back.purchase_id).values_list("record", flat=True)
    record = next((record for record in records if "returned" in record["values"]), None)
    if record is not None:
        now = [Returned(line, quantity, amount) for line, quantity, amount in record["values"]["returned"]]
    else:
        now = _given_back_by_file(back)
    reversal = reverse(bill, now, already=already)
    quantities = {each.line: each.quantity or 0 for each in now}
    already += now
    return [
        ReturnedPart(back.returns_purchase_id, line.line + 1, quantities[line.line], line.points)
        for line in reversal.lines
    ]


def _given_back_by_file(back: Purchase) -> list[Returned]:
    """A file's return of nobody was decided by nothing: its lines say how much of each came back."""
    quantities: dict[int, int] = {}
    for line in back.lines.all():
        if line.returns_line_number is not None:
            place = line.returns_line_number - 1
            quantities[place] = quantities.get(place, 0) - line.quantity
    return [Returned(place, quantity, None) for place, quantity in sorted(quantities.items())]
