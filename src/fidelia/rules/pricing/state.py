"""A basket on its way to the bill: prices as they run, in parts that were treated alike, and what is left of limits.

A line begins as one part. An effect on some of its units cuts it: of five pieces, two for half. What a rule takes is
gathered in a grant first, changes nothing, and can still be set aside; `commit` makes it true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fidelia.kernel.money import exponent_of

from ..rounding import ROUNDINGS, round_half_up
from ..rule_set import QUANTITY, RuleSet
from ..rule_terms import Meaning
from ..types import Type
from .basket import Basket, Line
from .bill import Effect
from .checking import InvalidBasket
from .listing import list_together
from .plan import Plan, PlannedRule
from .sharing import sharer_of
from .taxes import Factors, are_gross, factors_of, undiscounted

# [part, whole units or None for the whole part, what they carry, what is taken off]: a list, because caps lower it
Take = list[Any]


class Part:
    """Units of a line that were treated alike.

    aside  what no rule counts or touches: fixed taxes, or all of it where the line is not to be discounted
    floor  below which no rule brings it: what is aside, or the lowest price where that is more
    given  what each rule took: [rule key, amount]
    pools  the pools whose rules used these units
    """

    __slots__ = ("amount", "aside", "floor", "given", "line", "listed", "pools", "quantity")

    def __init__(self, line: int, quantity: int, listed: int, aside: int) -> None:
        self.line = line
        self.quantity = quantity
        self.listed = listed
        self.amount = listed
        self.aside = aside
        self.floor = aside
        self.given: list[tuple[str, int]] = []
        self.pools: frozenset[str] = frozenset()


class Grant:
    """What a rule would take: `uses` are units that it needs without lowering them.

    each_off  what one unit of a product that is added loses of its price; brought_by: the lines that earned it
    is_meant  amounts of takes are as the rule means them (with tax, or without), not yet as prices are stated
    """

    __slots__ = (
        "base", "brought_by", "coupons", "each_off", "gifts", "is_meant", "missing", "missing_type", "products",
        "reason", "shifts", "takes", "times", "uncapped", "uses",
    )  # fmt: skip

    def __init__(self, reason: str | None = None, missing: int | None = None, kind: Type | None = None) -> None:
        self.takes: list[Take] = []
        self.uses: list[tuple[Part, int, int]] = []
        self.products: list[tuple[str, int]] = []
        self.gifts: list[Effect] = []
        self.coupons: tuple[str, ...] = ()
        self.reason = reason
        self.missing = missing
        self.missing_type = kind
        self.base: int | None = None
        self.uncapped: int | None = None
        self.times = 1
        self.each_off = 0
        self.brought_by: tuple[int, ...] = ()
        self.is_meant = False
        self.shifts: dict[int, int] = {}

    @property
    def total(self) -> int:
        return sum([take[3] for take in self.takes])


class Running:
    """The state of one settling of a basket."""

    def __init__(self, rule_set: RuleSet, plan: Plan, basket: Basket, values: Mapping[str, Any]) -> None:
        self.rule_set = rule_set
        self.plan = plan
        self.basket = basket
        self.unit: int = 10**rule_set.catalogue.quantity_scale
        self.exponent = exponent_of(rule_set.catalogue.currency)
        self.rounding = basket.arithmetic.rounding
        self.share_out = sharer_of(basket.arithmetic.sharing)
        self.lines = list(basket.lines)
        self.gift_rules: list[str] = []
        self.gifts_for: list[tuple[int, ...]] = []
        self.factors = [factors_of(line.rates, basket.arithmetic.tax_included) for line in self.lines]
        self.shipping_factors = [factors_of(line.rates, basket.arithmetic.tax_included) for line in basket.shipping]
        by_total = basket.arithmetic.price_rounding == "total"
        self.listed = list_together(self.lines, self.exponent, self.unit, self.rounding) if by_total else None
        self.parts = [[self.part_of(place, line)] for place, line in enumerate(self.lines)]
        self.of_basket: list[Part] | None = None  # all parts of the lines that were sent, until one is cut
        self.shipping = [self.part_of(-1 - place, line) for place, line in enumerate(basket.shipping)]
        self.shift: dict[int, int] = {}
        self.closed: set[int] = set()
        self.untouched_tax: dict[int, int] = {}
        self.left: dict[str, int] = {limit.key: basket.left.get(limit.key, limit.at_most) for limit in rule_set.limits}
        self.uses_counted: set[str] = set()
        self.points_left = basket.points_balance
        self.coupons_used: dict[str, list[str]] = {}
        self.worth_of = {coupon.code: coupon.value or 0 for coupon in basket.coupons}
        self.voucher_used: dict[str, int] = {}
        self.stock = {code: product.stock for code, product in basket.products.items()}
        self.effects: dict[str, list[Effect]] = {}
        self.values = dict(values)
        self.rows: list[dict[str, Any]] = [{**line.facts, **self.still(line)} for line in self.lines]
        self.values[rule_set.lines.key] = self.rows
        self.is_gross = are_gross(self.factors)
        self.indexes: dict[str, dict[Any, list[int]]] = {}
        # The keys of the rules of `plan.looking` for which a line has what they look for.
        looking = plan.looking.items()
        self.finding = {rule for key, told in looking for value in self.index_of(key) for rule in told.get(value, ())}
        self.tell_coupons()
        self.refresh_lines(range(len(self.lines)))

    # Prices

    def part_of(self, place: int, line: Line) -> Part:
        if self.listed is None or not 0 <= place < len(self.listed):
            listed = self.price_of(line, line.quantity)
        else:
            listed = self.listed[place]
        factors = self.factors[place] if place >= 0 else self.shipping_factors[-1 - place]
        if not line.discountable:
            aside = listed
        elif line.fixed_taxes:
            aside = undiscounted(line.fixed_taxes, factors, line.quantity, self.unit)
            if aside > listed:
                raise InvalidBasket(f"The fixed taxes of the line “{line.key}” are more than its price.")
        else:
            aside = 0
        part = Part(place, line.quantity, listed, aside)
        if line.lowest:
            part.floor = max(aside, min(listed, round_half_up(line.lowest * line.quantity, self.unit)))
        return part

    def price_of(self, line: Line, quantity: int) -> int:
        """Return price × quantity in minor units, rounded once."""
        finer = 0 if line.price_scale is None else line.price_scale - self.exponent
        product, divisor = line.unit_price * quantity, self.unit
        if finer > 0:
            if self.basket.arithmetic.price_rounding == "unit":
                product = ROUNDINGS[self.rounding](line.unit_price, 10**finer) * quantity
            else:
                divisor *= 10**finer
        elif finer < 0:
            product *= 10**-finer
        return ROUNDINGS[self.rounding](product, divisor)

    def factors_at(self, place: int) -> Factors:
        return self.factors[place] if place >= 0 else self.shipping_factors[-1 - place]

    def units_of(self, part: Part) -> int:
        """Return the whole units of a part; weighed goods are no units."""
        units, rest = divmod(part.quantity, self.unit)
        return 0 if rest else units

    def paid(self, place: int, amount: int) -> int:
        """Return what a stated amount of a line costs with its taxes."""
        factors = self.factors_at(place)
        if factors.whole == factors.inside:
            return amount
        return round_half_up(amount * factors.whole, factors.inside)

    def meant(self, meaning: Meaning, place: int, amount: int) -> int:
        """Return a stated amount of a line as a rule means amounts."""
        if meaning == "stated":
            return amount
        elif meaning == "with_tax":
            return self.paid(place, amount)
        factors = self.factors_at(place)
        return amount if factors.one == factors.inside else round_half_up(amount * factors.one, factors.inside)

    def stated(self, meaning: Meaning, place: int, amount: int) -> int:
        """Return the stated amount nearest to one that a rule means with tax, or without."""
        factors = self.factors_at(place)
        if meaning == "with_tax":
            return round_half_up(amount * factors.inside, factors.whole)
        elif meaning == "without_tax":
            return round_half_up(amount * factors.inside, factors.one)
        return amount

    def parts_at(self, place: int) -> list[Part]:
        """Return the parts of a line, or of a shipping cost (−1 − its place)."""
        return self.parts[place] if place >= 0 else [part for part in self.shipping if part.line == place]

    def amount_of(self, place: int) -> int:
        parts = self.parts[place]
        return parts[0].amount if len(parts) == 1 else sum([part.amount for part in parts])

    def open_of(self, planned: PlannedRule, places: Sequence[int]) -> Sequence[int]:
        """Return those of the lines that a rule may still lower: a rule that came before may have closed some."""
        if not self.closed or planned.rule.terms.always:
            return places
        return [place for place in places if place not in self.closed]

    def paid_for(self, place: int) -> int:
        """Return what a line costs with its taxes as it runs; what leaves the tax alone is taken off after it."""
        untouched = self.untouched_tax.get(place, 0)
        return self.paid(place, self.amount_of(place) + untouched) - untouched

    def untaxed_of(self, place: int) -> int:
        factors, untouched = self.factors[place], self.untouched_tax.get(place, 0)
        return round_half_up((self.amount_of(place) + untouched) * factors.one, factors.inside) - untouched

    # What rules read

    def still(self, line: Line) -> dict[str, Any]:
        """Return the computed values of a line that never change."""
        fields = self.plan.line_fields
        values: dict[str, Any] = {fields[QUANTITY]: line.quantity}
        if "unit_price" in fields:
            values[fields["unit_price"]] = self.price_of(line, self.unit)
        if "is_gift" in fields:
            values[fields["is_gift"]] = False
        return values

    def tell_coupons(self) -> None:
        if "purchase.coupons" in self.plan.fields:
            series = {coupon.series for coupon in self.basket.coupons if coupon.state == "valid"}
            self.values[self.plan.fields["purchase.coupons"]] = sorted(series)

    def refresh_lines(self, places: Iterable[int]) -> None:
        """Bring the computed values up to date that price rules read."""
        fields, names = self.plan.line_fields, self.plan.live_lines
        if names:
            for place in places:
                row = self.rows[place]
                if "net" in names:
                    row[fields["net"]] = self.paid_for(place)
                if "listed" in names:
                    row[fields["listed"]] = sum([part.listed for part in self.parts[place]])
                if "discount" in names:
                    row[fields["discount"]] = sum([part.listed - part.amount for part in self.parts[place]])
                if "untaxed" in names:
                    row[fields["untaxed"]] = self.untaxed_of(place)
        for name in self.plan.live_sums:
            self.values[self.plan.fields[name]] = self.sum_of(name)

    def lower_sums(self, off: int) -> None:
        """Bring the sums up to date when so much was taken off lines whose prices hold their taxes."""
        values, fields = self.values, self.plan.fields
        for name in self.plan.live_sums:
            if name == "purchase.total":
                values[fields[name]] -= off
            elif name == "purchase.discount":
                values[fields[name]] += off

    def sum_of(self, name: str) -> int:
        places = range(len(self.lines))
        if name == "purchase.total":
            return sum([self.paid_for(place) for place in places])
        elif name == "purchase.shipping":
            return sum([self.paid(part.line, part.amount) for part in self.shipping])
        elif name == "purchase.units":
            return sum([line.quantity for line in self.basket.lines])
        elif name == "purchase.listed":
            return sum([part.listed for parts in self.parts for part in parts])
        elif name == "purchase.discount":
            return sum([part.listed - part.amount for parts in self.parts for part in parts])
        return sum([self.untaxed_of(place) for place in places])

    def index_of(self, key: str) -> dict[Any, list[int]]:
        """Return the places of the basket's lines by the values of one field."""
        index = self.indexes.get(key)
        if index is None:
            index = self.indexes[key] = {}
            for place, row in enumerate(self.rows[: len(self.basket.lines)]):
                index.setdefault(row[key], []).append(place)
        return index

    def positions(self, key: str, values: Iterable[Any]) -> list[int]:
        """Return the places of the basket's lines whose field has one of the values, in their order."""
        index = self.index_of(key)
        found = [places for value in values if (places := index.get(value))]
        if len(found) < 2:
            return found[0] if found else []
        return sorted([place for places in found for place in places])

    # Making grants true

    def commit(self, planned: PlannedRule, grant: Grant) -> None:
        """Take what the grant says off the prices, and use up its units."""
        pool, key, plan, off = planned.rule.terms.pool, planned.key, self.plan, 0
        is_leaving_tax = key in plan.leaving_tax
        follows, touched = self.is_gross and plan.has_plain_sums, list[int]()
        for part, units, carried, amount in grant.takes:
            piece = part if units is None else self.cut(part, units, carried)
            if amount:
                piece.amount -= amount
                piece.given.append((key, amount))
                place = piece.line
                if place >= 0:
                    off += amount
                    if not follows:
                        touched.append(place)
                if is_leaving_tax:
                    self.untouched_tax[place] = self.untouched_tax.get(place, 0) + amount
            if pool is not None:
                piece.pools |= {pool}
        if pool is not None:
            for part, units, carried in grant.uses:
                self.cut(part, units, carried).pools |= {pool}
        self.shift.update(grant.shifts)
        if planned.limits or grant.coupons or planned.rule.terms.costs_points:
            self.count(planned, grant)
        if follows:
            self.lower_sums(off)
        elif plan.live_sums or plan.live_lines:
            self.refresh_lines(set(touched))

    def count(self, planned: PlannedRule, grant: Grant) -> None:
        """Lower what is left of the rule's limits, and mark its coupons."""
        for limit in planned.limits:
            if limit.of == "money":
                self.left[limit.key] -= grant.total
            elif limit.of == "uses":
                self.uses_counted.add(limit.key)
        if grant.coupons:
            for code in grant.coupons:
                self.coupons_used.setdefault(code, []).append(planned.key)
            self.use_vouchers(grant.coupons, grant.total)
        if planned.rule.terms.costs_points:
            self.points_left -= planned.rule.terms.costs_points * grant.times

    def use_vouchers(self, codes: Iterable[str], amount: int) -> None:
        """Take an amount off what vouchers are worth, the first of them first."""
        for code in codes:
            part = min(amount, self.worth_of.get(code, 0))
            self.voucher_used[code] = self.voucher_used.get(code, 0) + part
            amount -= part

    def cut(self, part: Part, units: int, carried: int) -> Part:
        """Cut so many whole units off a part, which carry so much of its amount; the rest stays in `part`."""
        whole = self.units_of(part)
        if units == whole:
            return part
        piece = Part(part.line, units * self.unit, 0, 0)
        piece.amount = carried
        piece.floor = min(carried, first_units(part.floor, whole, units))
        piece.aside = min(piece.floor, first_units(part.aside, whole, units))
        piece.given = [(key, first_units(amount, whole, units)) for key, amount in part.given]
        piece.listed = piece.amount + sum([amount for _, amount in piece.given])
        piece.pools = part.pools
        part.quantity -= piece.quantity
        part.amount -= piece.amount
        part.floor = min(part.amount, max(0, part.floor - piece.floor))
        part.aside = min(part.floor, max(0, part.aside - piece.aside))
        part.listed -= piece.listed
        part.given = [(key, amount - less) for (key, amount), (_, less) in zip(part.given, piece.given, strict=True)]
        if part.line >= 0:
            self.parts[part.line].append(piece)
            self.of_basket = None
        return piece

    def add_line(self, rule_key: str, line: Line, row: Mapping[str, Any], places: tuple[int, ...]) -> Part:
        """Add a gift as a line of its own: the lines at `places` brought it. Its price is taken off by its grant."""
        self.lines.append(line)
        self.gift_rules.append(rule_key)
        self.gifts_for.append(places)
        self.factors.append(factors_of(line.rates, self.basket.arithmetic.tax_included))
        self.is_gross = are_gross(self.factors)
        part = self.part_of(len(self.lines) - 1, line)
        self.parts.append([part])
        self.rows.append({**row, **line.facts, **self.still(line)})
        if "is_gift" in self.plan.line_fields:
            self.rows[-1][self.plan.line_fields["is_gift"]] = True
        self.refresh_lines([len(self.lines) - 1])
        return part


def first_units(amount: int, whole: int, units: int) -> int:
    """Return what the first `units` of `whole` units carry of an amount: a cent more each, until the rest is dealt."""
    each, rest = divmod(amount, whole)
    return each * units + min(rest, units)


def choose_parts(running: Running, places: Sequence[int], pool: str | None) -> list[Part]:
    """Return the parts of lines, without those whose units a rule of the pool used."""
    parts = running.parts
    if pool is None:
        if isinstance(places, range):  # of the whole basket
            running.of_basket = running.of_basket or [part for place in places for part in parts[place]]
            return running.of_basket
        return [part for place in places for part in parts[place]]
    return [part for place in places for part in parts[place] if pool not in part.pools]
