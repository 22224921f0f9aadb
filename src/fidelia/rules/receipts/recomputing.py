"""Decide a receipt once more: by the published rules for what was bought, by the sale's own receipt for what came back.

A return reads no rules: it takes back what the frozen allocation of its purchase says, so the receipts of the sale and
of what came back before must be there. What is left of a budget is nobody's own and stands in no receipt: where a
decision says that a limit was reached, so much was left of it as the decision consumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from ..decision import Decision, record_bill, record_decision
from ..frozen_points import points_of_returned
from ..paying import PAID_LIMIT
from ..pricing import Basket, FrozenBill, Returned, evaluate_basket, reverse
from ..pricing.bill import GIFT_KEY
from ..pricing.reasons import OUT_OF_STOCK
from ..pricing.reversal import PIECE
from ..rule_set import RuleSet
from ..settlement import LIMIT_REACHED, evaluate
from ..types import Type
from .basket import basket_from_json
from .published import Published
from .receipt import MalformedReceipt, Receipt

BETWEEN = "…"  # what is missing where receipts between a sale and its return were not given
# What a content that somebody made up may run into: whatever it holds, it is refused and not a fault of ours.
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError)
NO_BASKET = ""  # what is missing where a checkout was opened again: its basket is another by now


@dataclass(frozen=True, slots=True)
class Difference:
    """What a receipt says, and what it comes to; pointer into the receipt."""

    pointer: str
    told: Any
    found: Any


@dataclass(frozen=True, slots=True)
class Recomputed:
    """`differences` are empty where it comes to the same; `missing` is a purchase whose receipt would be needed."""

    differences: tuple[Difference, ...] = ()
    missing: str | None = None


@dataclass(slots=True)
class Earlier:
    """The receipts that were read before one, by purchase; what has come back of each line, in the chain's order."""

    sales: dict[str, Receipt] = field(default_factory=dict)
    bills: dict[str, Receipt] = field(default_factory=dict)
    every: dict[str, Receipt] = field(default_factory=dict)
    returned: dict[tuple[str, int], int] = field(default_factory=dict)
    given_back: dict[str, list[Returned]] = field(default_factory=dict)
    numbers: dict[str, set[int]] = field(default_factory=dict)

    def remember(self, receipt: Receipt) -> None:
        """Count a receipt for those that follow it in the chain."""
        values = receipt.decision["values"]
        if not is_return(receipt) and "taken_back" not in values:
            self.sales[receipt.purchase_id] = receipt
            if receipt.decision.get("bill") is not None:
                self.bills[receipt.purchase_id] = receipt
        for purchase_id, line, quantity in values.get("returns", ()):
            place = (str(purchase_id), int(line))
            self.returned[place] = self.returned.get(place, 0) + int(quantity)
        if receipt.sold_id and "returned" in values:
            self.given_back.setdefault(receipt.sold_id, []).extend(_returned(values))
        self.every[receipt.purchase_id] = receipt
        self.numbers.setdefault(receipt.account, set()).add(receipt.sequence)

    def is_whole_since(self, sale: Receipt, receipt: Receipt) -> bool:
        """Whether no receipt of the account between a sale and what follows it is missing."""
        first = sale.sequence if sale.account == receipt.account else 1
        return self.numbers.get(receipt.account, set()).issuperset(range(first, receipt.sequence))


def is_return(receipt: Receipt) -> bool:
    """Whether it takes back instead of giving."""
    values = receipt.decision["values"]
    return any(name in values for name in ("returns", "returned", "taken_back"))


def recompute(receipt: Receipt, published: Published, earlier: Earlier) -> Recomputed:
    """Decide a receipt once more and compare. Raises MalformedReceipt, ValueOutOfBounds, MalformedDecision."""
    values = receipt.decision["values"]
    try:
        if "taken_back" in values:
            return _taken_back(receipt, earlier)
        elif "returned" in values:
            return _reversal(receipt, earlier)
        elif "returns" in values:
            return _return(receipt, published, earlier)
        elif receipt.decision.get("bill") is not None and receipt.content.get("basket") is None:
            return Recomputed(missing=NO_BASKET)
        return Recomputed(tuple(differences(receipt.decision, _decided(receipt, published).as_mapping(), "/decision")))
    except UNREADABLE as error:
        raise MalformedReceipt(f"What this receipt says cannot be decided: {error!r}.") from None


def _decided(receipt: Receipt, published: Published) -> Decision:
    record = receipt.decision
    at = datetime.fromisoformat(record["occurred_at"])
    values = typed_values(published.rule_set, record["values"])
    version = record["rule_version"]
    if record.get("bill") is not None:
        return _decided_bill(receipt, published, values, at)
    settlement = evaluate(published.rule_set, values, at=at)
    return record_decision(published.rule_set, values, settlement, rule_version_id=version, occurred_at=at)


def _decided_bill(receipt: Receipt, published: Published, values: dict[str, Any], at: datetime) -> Decision:
    rules, record = published.rule_set, receipt.decision
    given = _with_stock(basket_from_json(receipt.content["basket"]), record)
    basket = replace(given, pays=published.pays, left=_left(rules, record))
    known = {name: value for name, value in values.items() if name != rules.lines.key}
    decided = _record(rules, basket, known, at, record)
    more = _left_by_what_was_missing(rules, record, decided, basket.left)
    if more:
        decided = _record(rules, replace(basket, left={**basket.left, **more}), known, at, record)
    return decided


def _with_stock(basket: Basket, record: Mapping[str, Any]) -> Basket:
    """Where a decision says that gifts ran out, so many pieces were left as it gave."""
    if not any(row[2] == OUT_OF_STOCK for row in record["outcomes"]):
        return basket
    pieces = dict.fromkeys(basket.products, 0)
    for row in record["bill"]["lines"]:
        code = row[0].split(":", 2)[2] if row[0].startswith(GIFT_KEY) else None
        if code in pieces:
            pieces[code] += row[1] // PIECE
    return replace(basket, products={code: replace(one, stock=pieces[code]) for code, one in basket.products.items()})


def _record(rules: RuleSet, basket: Basket, values: Mapping[str, Any], at: datetime, record: Any) -> Decision:
    bill = evaluate_basket(rules, basket, values, at=at, explain=_explains(record))
    return record_bill(rules, bill, rule_version_id=record["rule_version"], occurred_at=at)


def _explains(record: Mapping[str, Any]) -> bool:
    """A closure may have been asked not to tell what was missing."""
    return any("missing" in (row[3] if len(row) > 3 else {}) for row in record["outcomes"])


def _left(rules: RuleSet, record: Mapping[str, Any]) -> dict[str, int]:
    """Return what was left of the limits that a decision says were reached: what it consumed of them.

    Where it tells what was missing, some was left, though too little: nothing is looked at where nothing is left.
    """
    consumed = {row[0]: row[2] for row in record["bill"]["consumed"]}
    reached = {row[0] for row in record["outcomes"] if row[2] == LIMIT_REACHED or "unlimited" in _more(row)}
    short = {row[0] for row in record["outcomes"] if row[2] == LIMIT_REACHED and "missing" in _more(row)}
    some = {key for rule in short for key in _limits_of(rules, rule)}
    of_rules = {key: consumed.get(key, 0) + (key in some) for rule in reached for key in _limits_of(rules, rule)}
    return {**of_rules, PAID_LIMIT: consumed.get(PAID_LIMIT, 0)}


def _left_by_what_was_missing(
    rules: RuleSet, record: Mapping[str, Any], decided: Decision, given: Mapping[str, int]
) -> dict[str, int]:
    """Return what was left of limits that are not given in part: so much more than was `given` as was missing less."""
    needed = {each.rule_key: each.missing for each in decided.outcomes if each.reason == LIMIT_REACHED}
    left: dict[str, int] = {}
    for row in record["outcomes"]:
        told, whole = _more(row).get("missing"), needed.get(row[0])
        if row[2] == LIMIT_REACHED and told is not None and whole is not None and whole > told:
            left |= {key: given.get(key, 0) + whole - told for key in _limits_of(rules, row[0])}
    return left


def _more(row: Sequence[Any]) -> Mapping[str, Any]:
    return row[3] if len(row) > 3 else {}


def _limits_of(rules: RuleSet, rule_key: str) -> list[str]:
    rule = rules.rule_at[rule_key]
    owners = {(rule_key, False), (rule.terms.campaign, True)}
    return [limit.key for limit in rules.limits if (limit.owner, limit.is_campaign) in owners]


def _return(receipt: Receipt, published: Published, earlier: Earlier) -> Recomputed:
    """Lines whose purchase is known take back their share; the others what the rules of that day would give."""
    record = receipt.decision
    taken: list[tuple[int, int]] = []
    already = dict(earlier.returned)
    for purchase_id, line, quantity in record["values"]["returns"]:
        sale = earlier.sales.get(str(purchase_id))
        if sale is None:
            return Recomputed(missing=str(purchase_id))
        if not earlier.is_whole_since(sale, receipt):
            return Recomputed(missing=BETWEEN)
        allocation = Decision.from_mapping(sale.decision).lines
        before = already.get((str(purchase_id), line), 0)
        points = points_of_returned(allocation, line - 1, already=before, now=quantity)
        already[str(purchase_id), line] = before + quantity
        taken.append((-quantity, -points))
    alone = record["values"].get("alone")
    if alone is not None:
        taken += [(-each.quantity, -each.points) for each in _alone(published, alone, record).lines]
    # What came back before of a receipt that the file names took nothing a second time.
    taken += [(record["lines"][number - 1][0], 0) for number in record["values"].get("come_back_before", ())]
    told = sorted((line[0], line[1]) for line in record["lines"])
    found = [] if told == sorted(taken) else [Difference("/decision/lines", told, sorted(taken))]
    return Recomputed((*found, *_same_points(record, sum(points for _quantity, points in taken))))


def _alone(published: Published, read: Mapping[str, Any], record: Mapping[str, Any]) -> Decision:
    values = typed_values(published.rule_set, read)
    at = datetime.fromisoformat(record["occurred_at"])
    settlement = evaluate(published.rule_set, values, at=at)
    return record_decision(published.rule_set, values, settlement, rule_version_id="", occurred_at=at)


def _reversal(receipt: Receipt, earlier: Earlier) -> Recomputed:
    """What comes back of a checkout is read from its frozen bill."""
    sold, record = receipt.sold_id, receipt.decision
    sale = earlier.bills.get(sold)
    if sale is None or (sale.is_nobodys and not receipt.is_nobodys and earlier.sales[sold] is sale):
        return Recomputed(missing=sold)
    elif not earlier.is_whole_since(earlier.sales[sold] if not receipt.is_nobodys else sale, receipt):
        return Recomputed(missing=BETWEEN)
    bill = _as_given(FrozenBill.from_mapping(sale.decision["bill"]), receipt, sale, earlier.sales[sold])
    found = reverse(bill, _returned(record["values"]), already=earlier.given_back.get(sold, []))
    lines = [-line.points for line in found.lines]
    told = [line[1] for line in record["lines"]]
    changed = [] if lines == told else [Difference("/decision/lines", told, lines)]
    return Recomputed((*changed, *_same_points(record, -found.points)))


def _as_given(bill: FrozenBill, receipt: Receipt, sale: Receipt, counted: Receipt) -> FrozenBill:
    """What nobody bought gave no points; what a member claimed gave those of the claim."""
    if not sale.is_nobodys:
        return bill
    points = [0] * len(bill.lines) if receipt.is_nobodys else [line[1] for line in counted.decision["lines"]]
    lines = [replace(line, points=own, points_by_rule=()) for line, own in zip(bill.lines, points, strict=True)]
    return replace(bill, lines=tuple(lines), unassigned=0, tier_credit=0, credits=())


def _taken_back(receipt: Receipt, earlier: Earlier) -> Recomputed:
    """What an import brought and took back again."""
    record = receipt.decision
    was = earlier.every.get(str(record["values"]["taken_back"]))
    if was is None:
        return Recomputed(missing=str(record["values"]["taken_back"]))
    return Recomputed(tuple(_same_points(record, -was.decision["points"])))


def _same_points(record: Mapping[str, Any], points: int) -> Iterator[Difference]:
    if record["points"] != points:
        yield Difference("/decision/points", record["points"], points)


def _returned(values: Mapping[str, Any]) -> list[Returned]:
    return [Returned(line, quantity, amount) for line, quantity, amount in values["returned"]]


def typed_values(rule_set: RuleSet, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record as rules read them: days and moments are texts in JSON."""
    catalogue = rule_set.catalogue
    typed = dict(stored)
    for path in rule_set.fields_read:
        found = catalogue.field_of(path)
        if found is not None and found.key in typed:
            typed[found.key] = _typed(found.type, typed[found.key])
    return typed


def _typed(kind: Type, value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(kind, each) for each in value]
    elif isinstance(value, str) and kind is Type.DATE:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if isinstance(value, str) and kind is Type.TIMESTAMP else value


def differences(told: Any, found: Any, pointer: str) -> Iterator[Difference]:
    """Yield where two pieces of JSON differ; a member that one of them lacks is told as None."""
    if isinstance(told, Mapping) and isinstance(found, Mapping):
        for name in sorted({*told, *found}):
            yield from differences(told.get(name), found.get(name), f"{pointer}/{name}")
    elif isinstance(told, list | tuple) and isinstance(found, list | tuple) and len(told) == len(found):
        for place, (one, other) in enumerate(zip(told, found, strict=True)):
            yield from differences(one, other, f"{pointer}/{place}")
    elif told != found or isinstance(told, bool) is not isinstance(found, bool):
        yield Difference(pointer, told, found)
