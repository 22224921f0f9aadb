"""Comparing what a case expects with what the engine answers; only what the case names is compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fidelia.kernel.money import parse_scaled

from ..pricing import Bill, FrozenBill, Returned, Reversal, everything_left, reverse, spread_amount
from ..pricing.bill import BilledLine
from .reading import MalformedCase, Reading


class Comparison:
    """Compares a bill with what a case expects; only what the case names is compared."""

    def __init__(self, reading: Reading, bill: Bill) -> None:
        self.reading = reading
        self.bill = bill
        self.outcome = {each.rule_key: each for each in bill.outcomes}

    def differences(self, wanted: Mapping[str, Any]) -> list[str]:
        found = []
        for name, expected in wanted.items():
            compare = getattr(self, f"of_{name}", None)
            if compare is None:
                raise MalformedCase(f"“{name}” cannot be expected.")
            want, have = compare(expected)
            if want != have:
                found.append(f"{name}: {have!r}, not {want!r}")
        return found

    def of_amounts(self, name: str, expected: object) -> tuple[int, int]:
        return self.reading.money(expected), getattr(self.bill, name)

    def of_total(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("total", expected)

    def of_untaxed(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("untaxed", expected)

    def of_tax(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("tax", expected)

    def of_due(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("due", expected)

    def of_rounding(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("rounding", expected)

    def of_discount(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("discount", expected)

    def of_listed(self, expected: object) -> tuple[Any, Any]:
        return self.of_amounts("listed", expected)

    def of_rounds(self, expected: object) -> tuple[Any, Any]:
        return expected, self.bill.rounds

    def of_points(self, expected: object) -> tuple[Any, Any]:
        return self.reading.points(expected), self.bill.points.points

    def of_points_spent(self, expected: object) -> tuple[Any, Any]:
        return self.reading.points(expected), self.bill.points_spent

    def of_shipping(self, expected: object) -> tuple[Any, Any]:
        return self.reading.money(expected), sum([line.total for line in self.bill.shipping])

    def of_taxes(self, expected: Mapping[str, object]) -> tuple[Any, Any]:
        found = {key: amount for key, _, amount in self.bill.taxes}
        return {key: self.reading.money(amount) for key, amount in expected.items()}, found

    def of_tenders(self, expected: Mapping[str, object]) -> tuple[Any, Any]:
        found = {each.key: each.amount for each in self.bill.tenders}
        return {key: self.reading.money(amount) for key, amount in expected.items()}, found

    def of_lines(self, expected: Sequence[Any]) -> tuple[Any, Any]:
        """Compare lines in their order, gifts last: a plain amount is the total of the line."""
        want, have = [], []
        for written, line in zip(expected, self.bill.lines, strict=False):
            members = written if isinstance(written, Mapping) else {"total": written}
            pairs = {name: self.of_line(name, value, line) for name, value in members.items()}
            want.append({name: pair[0] for name, pair in pairs.items()})
            have.append({name: pair[1] for name, pair in pairs.items()})
        return (len(expected), want), (len(self.bill.lines), have)

    def of_line(self, name: str, value: Any, line: BilledLine) -> tuple[Any, Any]:
        money = self.reading.money
        if name in ("points", "points_paid"):
            return self.reading.points(value), getattr(line, name)
        elif name in ("discounts", "taxes", "paid"):
            return {key: money(amount) for key, amount in value.items()}, dict(getattr(line, name))
        elif name in ("product", "key"):
            return value, getattr(line, name)
        elif name == "quantity":
            return self.reading.quantity(value), line.quantity
        sums = {"discount": line.listed - line.amount, "tax": line.total - line.untaxed}
        return money(value), sums[name] if name in sums else getattr(line, name)

    def of_discounts(self, expected: Mapping[str, object]) -> tuple[Any, Any]:
        found = {key: self.outcome[key].discount or 0 for key in expected}
        return {key: self.reading.money(amount) for key, amount in expected.items()}, found

    def of_by_rule(self, expected: Mapping[str, object]) -> tuple[Any, Any]:
        found = {key: self.outcome[key].points for key in expected}
        return {key: self.reading.points(amount) for key, amount in expected.items()}, found

    def of_outcomes(self, expected: Mapping[str, str]) -> tuple[Any, Any]:
        return dict(expected), {key: self.outcome[key].reason for key in expected}

    def of_by(self, expected: Mapping[str, str]) -> tuple[Any, Any]:
        return dict(expected), {key: self.outcome[key].by for key in expected}

    def of_missing(self, expected: Mapping[str, object]) -> tuple[Any, Any]:
        want, have = {}, {}
        for key, amount in expected.items():
            outcome = self.outcome[key]
            scale = 0 if outcome.missing_type is None else self.reading.catalogue.scale_of(outcome.missing_type)
            want[key] = None if amount is None else parse_scaled(str(amount), scale)
            have[key] = outcome.missing
        return want, have

    def of_coupons(self, expected: Mapping[str, str]) -> tuple[Any, Any]:
        return dict(expected), {each.code: each.reason for each in self.bill.coupons}

    def of_consumed(self, expected: Mapping[str, object]) -> tuple[Any, Any]:
        found = {each.limit: each for each in self.bill.consumed}
        want = {}
        for key, amount in expected.items():
            of = found[key].of if key in found else "uses"
            read = self.reading.money if of == "money" else self.reading.points
            want[key] = int(str(amount)) if of == "uses" else read(amount)
        return want, {key: each.amount for key, each in found.items()}

    def of_effects(self, expected: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
        """Each expected effect must be there: its kind and the members that the case names."""
        missing = [
            wanted for wanted in expected if not any(_is_effect(wanted, each, self) for each in self.bill.effects)
        ]
        return [], missing


def _is_effect(wanted: Mapping[str, Any], effect: Any, comparison: Comparison) -> bool:
    reading = comparison.reading
    if type(effect).__name__.lower() != str(wanted["effect"]).replace("_", ""):
        return False
    return all(_fits(reading, effect, name, value) for name, value in wanted.items() if name != "effect")


def _fits(reading: Reading, effect: Any, name: str, value: Any) -> bool:
    have = getattr(effect, "rule_key" if name == "rule" else name)
    if name in ("amount", "value"):
        return bool(have == reading.money(value))
    elif name == "quantity":
        return bool(have == reading.quantity(value))
    elif name == "points":
        return bool(have == reading.points(value))
    return bool(have == value)


def compare_returns(reading: Reading, frozen: FrozenBill, returns: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return goods or money one after the other, and compare what each return gives back."""
    already: list[Returned] = []
    found = []
    for place, written in enumerate(returns):
        now = _returned(reading, frozen, written, already)
        reversal = reverse(frozen, now, already=already)
        already += now
        for name, expected in written.get("expect", {}).items():
            want, have = _of_reversal(reading, reversal, name, expected)
            if want != have:
                found.append(f"return {place + 1}, {name}: {have!r}, not {want!r}")
    return found


def _returned(
    reading: Reading, frozen: FrozenBill, written: Mapping[str, Any], already: Sequence[Returned]
) -> list[Returned]:
    if written.get("rest"):
        return list(everything_left(frozen, already))
    elif "line" not in written:
        return list(spread_amount(frozen, reading.money(written["amount"]), already))
    elif "quantity" in written:
        return [Returned(written["line"], quantity=reading.quantity(written["quantity"]))]
    return [Returned(written["line"], amount=reading.money(written["amount"]))]


def _of_reversal(reading: Reading, reversal: Reversal, name: str, expected: Any) -> tuple[Any, Any]:
    if name in ("points", "points_paid", "tier_credit"):
        return reading.points(expected), getattr(reversal, name)
    elif name in ("total", "money", "rounding"):
        return reading.money(expected), getattr(reversal, name)
    elif name in ("gift_cards", "taxes", "discounts"):
        return {key: reading.money(amount) for key, amount in expected.items()}, dict(getattr(reversal, name))
    raise MalformedCase(f"“{name}” of a return cannot be expected.")
