"""Stage two: settle every occasion once more, with the same Python as a till, in the order in which they were decided.

What an account has come to, the counters of limits and the frozen bills are carried from occasion to occasion. A return
takes back what the replayed purchase gave; a budget is used up by whoever came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import msgspec

from fidelia.activity.operations.checkouts.replaying import ClosedBasket
from fidelia.activity.operations.checkouts.settling import limits_of_terms, periods_of_member
from fidelia.activity.operations.values import values_of_final, values_of_final_line
from fidelia.programme.queries import Terms
from fidelia.rules import Candidate, LineAllocation, Rule, Type, points_of_returned
from fidelia.rules.pricing import (
    FrozenBill,
    MoreThanBought,
    Returned,
    TierCredit,
    credits_of,
    everything_left,
    freeze,
    reverse,
)
from fidelia.rules.settlement import find_candidate, settle

from .candidates import SetCandidates
from .columns import ENTITLEMENTS, TIER
from .counters import Counters
from .credits import Credited, whole_of
from .growth import Growth
from .history import Occasion
from .members import Members
from .results import Result, Sale


class Record(msgspec.Struct):
    """What a decision record holds, as far as a replay reads it."""

    values: dict[str, Any]
    points: int
    outcomes: list[list[Any]]
    lines: list[list[Any]]
    unassigned: int = 0
    bill: dict[str, Any] | None = None


_decode = msgspec.json.Decoder(Record).decode
_decode_more = msgspec.json.Decoder(dict[str, Any]).decode


class Replay:
    """One pass over history. `terms_of` gives the terms of a version; `tried` those of the trial, None for none."""

    def __init__(
        self,
        *,
        versions: Mapping[str, Terms],
        tried: Terms | None,
        members: Members,
        baskets: Mapping[str, ClosedBasket],
        returned_sales: frozenset[str],
        back_lines: Mapping[str, Sequence[tuple[Any, ...]]],
        scales: Mapping[str, int],
    ) -> None:
        self.versions, self.tried, self.members = versions, tried, members
        self.baskets, self.returned_sales, self.back_lines = baskets, returned_sales, back_lines
        zone = next(iter([*versions.values(), *([tried] if tried else [])])).zone
        self.counters = Counters(zone)
        self.scales = scales
        self.sales: dict[str, Sale] = {}
        self._plans: dict[tuple[int, int], tuple[tuple[Rule, bool], ...]] = {}
        self._dates: dict[int, tuple[str, ...]] = {}
        self._same_tiers: dict[str, bool] = {}
        self.growth = Growth(members, [*versions.values(), *([tried] if tried else [])])

    def judge(self, seen: Occasion) -> tuple[Result, Result]:
        """Return what an occasion came to, and what it comes to by the terms of the replay."""
        record = _decode(seen.record)
        is_member = seen.is_member
        was = _as_it_was(record, seen, is_member=is_member)
        terms = self.tried if seen.is_tried and self.tried is not None else self.versions.get(seen.version_id)
        if terms is None:
            return was, replace(was, is_approximate=True)
        if is_member and record.bill is not None:
            was.credits = self._credited(record.bill.get("credits", ()))
        if seen.kind == "return":
            now = self._return(seen, record, terms, was, is_member=is_member)
        elif record.bill is not None:
            now = self._checkout(seen, record, terms, was, is_member=is_member)
        else:
            now = self._purchase(seen, record, terms)
        if is_member:
            self.growth.count(seen, terms, was, now, comes_back=seen.purchase_id in self.sales)
        return was, now

    def _credited(self, credits: Iterable[Sequence[Any]]) -> dict[str, int]:
        """Return what parts of further points come to in minor units, as a closure credits them."""
        return {code: amount for code, parts in credits if (amount := whole_of(parts, self.scales[code]))}

    def tier_of(self, seen: Occasion, terms: Terms, read: str | None) -> str:
        """Return the tier that rules read: the one of then, unless something of the member's is other by now.

        What no rule read then is derived: as it is known now, a tier begins with the very purchase that reached it.
        """
        if seen.enrolment_id is None or not seen.is_member:
            return ""
        if read is not None and self._is_as_it_was(seen, terms):
            return read
        return self.members.tier_at(seen.account_id, seen.enrolment_id, terms, seen.occurred_at)

    def _is_as_it_was(self, seen: Occasion, terms: Terms) -> bool:
        assert seen.enrolment_id is not None, "a member has one"
        is_other = self.members.is_other(seen.account_id, seen.enrolment_id, seen.occurred_at)
        return not is_other and self._has_same_tiers(seen.version_id, terms)

    def _has_same_tiers(self, version_id: str, terms: Terms) -> bool:
        if terms is not self.tried:
            return True
        known = self._same_tiers.get(version_id)
        if known is None:
            known = self._same_tiers[version_id] = measures_of(self.versions[version_id]) == measures_of(terms)
        return known

    def _values(self, seen: Occasion, record: Record, terms: Terms) -> dict[str, Any]:
        """Return what rules read: the record's own values, what it lacks, and the tier of the replay."""
        values, given = record.values, ()
        if seen.more is not None:
            more = _decode_more(seen.more)
            given, lines = more.pop("given", None) or (), more.pop("lines", None)
            values = {**more, **values}
            if lines is not None and "lines" in values:
                values["lines"] = [{**known, **own} for known, own in zip(lines, values["lines"], strict=False)]
        for path in self._date_paths(terms):
            if isinstance(values.get(path), str):
                values[path] = date.fromisoformat(values[path])
        if not _OF_TIERS.isdisjoint(terms.rule_set.fields_read):
            read = record.values.get(ENTITLEMENTS)
            tier = self.tier_of(seen, terms, record.values.get(TIER))
            values[TIER] = tier
            if read is None or not seen.is_member or not self._is_as_it_was(seen, terms):
                values[ENTITLEMENTS] = self.entitlements_of(seen, terms, tier, given)
        return values

    def entitlements_of(self, seen: Occasion, terms: Terms, tier: str, given: Iterable[Sequence[str]]) -> list[str]:
        """Return what a tier entitles to, and after it the plans held: as the terms that are tried say of a plan that
        they have too, else as its period was sold with.
        """
        found = dict.fromkeys(terms.entitlements_of(tier))
        for plan, sold_with in given:
            own = terms.plan(plan) if seen.is_tried else None
            found |= dict.fromkeys(own.entitlements if own is not None else filter(None, sold_with.split(",")))
        return list(found)

    def _date_paths(self, terms: Terms) -> tuple[str, ...]:
        known = self._dates.get(id(terms))
        if known is None:
            catalogue = terms.rule_set.catalogue
            fields = [(path, catalogue.field_of(path)) for path in terms.rule_set.fields_read]
            known = self._dates[id(terms)] = tuple([path for path, one in fields if one and one.type is Type.DATE])
        return known

    def _purchase(self, seen: Occasion, record: Record, terms: Terms) -> Result:
        """Settle a purchase whose prices were final."""
        values = self._values(seen, record, terms)
        result, allocation, _unassigned = self._settle(terms, values, seen)
        if seen.purchase_id in self.returned_sales:
            self._keep(seen, record, Sale(allocation), result)
        return result

    def _keep(self, seen: Occasion, record: Record, sale: Sale, result: Result) -> None:
        sale.occurred_at, sale.points, sale.was = seen.occurred_at, result.points, record.points
        known = self.sales.get(seen.purchase_id)
        if known is not None and known.bill is not None and sale.bill is None:  # a closure that a member claimed
            lines = [
                replace(line, points=own.points, points_by_rule=())
                for line, own in zip(known.bill.lines, sale.allocation, strict=False)
            ]
            sale.bill = replace(known.bill, lines=tuple(lines), unassigned=0, tier_credit=0)
        self.sales[seen.purchase_id] = sale

    def _settle(
        self, terms: Terms, values: dict[str, Any], seen: Occasion
    ) -> tuple[Result, tuple[LineAllocation, ...], int]:
        rules, count = terms.rule_set, len(values["lines"])
        candidates = []
        for rule, is_met in self._plan(terms, seen.mask):
            if is_met and rule.choose_lines is not None:
                chosen = tuple(rule.choose_lines(values))
                if chosen:
                    candidates.append(Candidate(rule.key, True, lines=chosen))
            elif is_met:
                candidates += [_of_every_line(rule.key, count)] if count else []
            else:
                found = find_candidate(rule, values, count, seen.occurred_at, explain=False)
                if found.applies:
                    candidates.append(found)
        settlement = settle(rules, candidates, values, allocates=seen.purchase_id in self.returned_sales)
        given = {each.rule_key: each.points for each in settlement.outcomes if each.points}
        result = Result(settlement.points, 0, given, tier=values.get(TIER, seen.tier))
        return result, settlement.lines, settlement.unassigned

    def _plan(self, terms: Terms, mask: int) -> tuple[tuple[Rule, bool], ...]:
        """Return the rules to settle, in declared order: those whose condition is met, and those to be asked yet."""
        key = (id(terms), mask)
        plan = self._plans.get(key)
        if plan is None:
            asked = SetCandidates.of(terms.rule_set)
            running = frozenset(asked.running)
            plan = self._plans[key] = tuple(
                [
                    (rule, place not in running)
                    for place, rule in enumerate(terms.rule_set.rules)
                    if place in running or (place in asked.conditions and mask >> place & 1)
                ]
            )
        return plan

    def _checkout(self, seen: Occasion, record: Record, terms: Terms, was: Result, *, is_member: bool) -> Result:
        """Settle a basket that the engine priced; one that is not kept any more (it was opened again) is as it was."""
        basket = self.baskets.get(seen.purchase_id)
        if basket is None:
            return replace(was, is_approximate=True)
        values = self._values(seen, record, terms)
        who = (_uuid(seen.customer_id) if is_member else None, _uuid(seen.store_id))
        known = {name: value for name, value in values.items() if name != "lines" and not name.startswith("purchase.")}
        known |= {name: values[name] for name in _OF_THE_OCCASION if name in values}
        tier = self.tier_of(seen, terms, record.values.get(TIER))
        limits, of = limits_of_terms(terms), periods_of_member(basket.found)
        settled = basket.settle(
            terms,
            known=known,
            lines=values.get("lines", ()),
            counted=self.counters.told(limits, *who, seen.occurred_at, of=of),
            tier=tier,
            gift_prices=(record.bill or {}).get("gift_prices", ()),
        )
        bill = settled.bill
        self.counters.take(seen.purchase_id, limits, bill.consumed, who, seen.occurred_at, of=of)
        result = Result(
            bill.points.points if is_member else 0,
            bill.discount,
            {each.rule_key: each.points for each in bill.outcomes if each.points} if is_member else {},
            {each.rule_key: each.discount for each in bill.outcomes if each.discount},
            tier,
        )
        sale = Sale(bill.points.lines, freeze(bill))
        if is_member:
            result.credits = self._credited(credits_of(bill))
            result.tier_credit = sum([each.points for each in bill.others if isinstance(each, TierCredit)])
            assert record.bill is not None, "a checkout has a bill"
            was.tier_credit = record.bill.get("tier_credit", 0)
            sale.was_credited = Credited(FrozenBill.from_mapping(record.bill) if record.bill.get("credits") else None)
            sale.credited = Credited(sale.bill if result.credits else None)
        self._keep(seen, record, sale, result)
        return result

    def _return(self, seen: Occasion, record: Record, terms: Terms, was: Result, *, is_member: bool) -> Result:
        result = Result(tier=seen.tier)
        sale = self.sales.get(seen.returns_id) if seen.returns_id is not None else None
        if "returned" in record.values:
            return self._reversal(seen, record, sale, was, result, is_member=is_member)
        if any(one not in self.sales for *_line, one, _number in self.back_lines.get(seen.purchase_id, ()) if one):
            return replace(was, is_approximate=True)  # a hole: see `holes`; what it took back then is all that is known
        alone = []
        for quantity, net, product, sold_id, sold_line in self.back_lines.get(seen.purchase_id, ()):
            if sold_id is None:
                alone.append({"quantity": -quantity, "net": -net, **product})
            else:
                result.points -= self._taken_back(sold_id, sold_line, -quantity)
        if alone:
            result.points -= self._lone(seen, terms, record.values.get("alone"), alone)
        if result.points:
            result.points_by_rule[RETURNS] = result.points
        return result

    def _taken_back(self, sold_id: str, line: int, quantity: int) -> int:
        sale = self.sales.get(sold_id)
        if sale is None or not sale.allocation:
            return 0
        already = sale.returned.get(line, 0)
        sale.returned[line] = already + quantity
        return points_of_returned(sale.allocation, line - 1, already=already, now=quantity)

    def _lone(self, seen: Occasion, terms: Terms, read: dict[str, Any] | None, lines: list[dict[str, Any]]) -> int:
        """What lines without their purchase would give: as if bought, never as a first purchase."""
        values = _decode_more(seen.more) if seen.more is not None else {}
        lines = [{**values_of_final_line(line["net"], line["quantity"]), **line} for line in lines]
        values |= {**values_of_final(lines), "lines": lines, "purchase.is_first": False}
        if read is not None:  # what the rules of then read is kept
            own = [{**known, **kept} for known, kept in zip(lines, read["lines"], strict=True)]
            values |= {**read, "lines": own}
            lines = own
        tier = self.tier_of(seen, terms, (read or {}).get(TIER))
        values |= {TIER: tier, ENTITLEMENTS: self.entitlements_of(seen, terms, tier, values.pop("given", None) or ())}
        for path in terms.rule_set.fields_read_of_final:
            values.setdefault(path, None)
        for path in self._date_paths(terms):
            if isinstance(values[path], str):
                values[path] = date.fromisoformat(values[path])
        candidates = [
            find_candidate(rule, values, len(lines), seen.occurred_at, explain=False) for rule in terms.rule_set.rules
        ]
        return settle(terms.rule_set, [each for each in candidates if each.applies], values).points

    def _reversal(
        self, seen: Occasion, record: Record, sale: Sale | None, was: Result, result: Result, *, is_member: bool
    ) -> Result:
        """Reverse a replayed bill: what came back of each line, by the bill as it is now."""
        if sale is None or sale.bill is None:
            return replace(was, is_approximate=True)
        if not is_member:  # to nobody it gave none: so it takes none back, and budgets of points stay used
            lines = tuple([replace(line, points=0, points_by_rule=()) for line in sale.bill.lines])
            sale.bill = replace(sale.bill, lines=lines, unassigned=0, tier_credit=0)
        now = [Returned(line, quantity, amount) for line, quantity, amount in record.values["returned"]]
        was.credits = sale.was_credited.take_back(now, self.scales) if is_member else {}
        try:
            reversal = reverse(sale.bill, now, already=sale.given_back)
        except (MoreThanBought, IndexError):  # a gift or a price that is another by now: give back what is left
            now, result.is_approximate = list(everything_left(sale.bill, sale.given_back)), True
            reversal = reverse(sale.bill, now, already=sale.given_back)
        sale.given_back += now
        result.credits = sale.credited.taken_back(reversal.credits, self.scales) if is_member else {}
        undone = record.values.get("undone", False)
        self.counters.give_back(str(seen.returns_id), None if undone else reversal.consumed)
        result.points = -reversal.points if is_member else 0
        result.tier_credit = -reversal.tier_credit if is_member else 0
        result.discount = -sum([amount for _rule, amount in reversal.discounts])
        result.discount_by_rule = {rule: -amount for rule, amount in reversal.discounts if amount}
        if result.points:
            result.points_by_rule = {RETURNS: result.points}
        return result


_OF_TIERS = frozenset({TIER, ENTITLEMENTS})
RETURNS = ""  # the name under which points are counted that returns took back
_OF_THE_OCCASION = frozenset(
    {
        *("purchase.channel", "purchase.store", "purchase.banner", "purchase.weekday", "purchase.hour"),
        *("purchase.month", "purchase.on", "purchase.is_first", "purchase.is_birthday", "purchase.is_anniversary"),
    }
)


def measures_of(terms: Terms) -> tuple[Any, ...]:
    """Return what says which tier is held: the tiers, and from when points count for them."""
    return terms.tiers, terms.points.pending, {code: policy.pending for code, policy in terms.currencies.items()}


@lru_cache(maxsize=10_000)
def _of_every_line(rule_key: str, count: int) -> Candidate:
    return Candidate(rule_key, True, lines=tuple(range(count)))


def _as_it_was(record: Record, seen: Occasion, *, is_member: bool) -> Result:
    points: dict[str, int] = {}
    discounts: dict[str, int] = {}
    for outcome in record.outcomes:
        if outcome[1] and is_member:
            points[outcome[0]] = outcome[1]
        if len(outcome) > 3 and outcome[3].get("discount"):
            discounts[outcome[0]] = outcome[3]["discount"]
    total = record.points if is_member else 0
    if seen.kind == "return" and total:
        points = {RETURNS: total}
    return Result(total, seen.discount, points, discounts, record.values.get(TIER, seen.tier))


def _uuid(text: str | None) -> UUID | None:
    return UUID(text) if text is not None else None
