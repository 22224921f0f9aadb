"""Taxes of lines: included in the price or on top of it, compound, fixed, and rounded by one of several policies.

Each tax is a factor of the untaxed amount (20 % is 1/5; a compound tax is multiplied by what comes before it). With
included factors I and factors on top E, a stated amount a holds the untaxed a ÷ (1 + I) and costs a × (1 + I + E) ÷
(1 + I). All factors of a line are whole numbers over one denominator, so that every amount is rounded once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import lcm

import msgspec

from fidelia.kernel.money import split_by_largest_remainder

from ..rounding import ROUNDINGS, round_half_up
from .basket import Arithmetic, FixedTax, TaxRate


@dataclass(frozen=True, slots=True)
class Factors:
    """The taxes of a line, in the order in which they are counted: `factors` ÷ `one` of its untaxed amount.

    inside   one + what is included;  whole  inside + what comes on top: a stated amount costs amount × whole ÷ inside
    """

    keys: tuple[str, ...]
    factors: tuple[int, ...]
    are_included: tuple[bool, ...]
    one: int
    inside: int
    whole: int


@lru_cache(maxsize=4096)
def factors_of(rates: tuple[TaxRate, ...], tax_included: bool) -> Factors:
    """Return the factors of a line's rates; `tax_included` is the basket's policy where a rate does not say."""
    factors: list[Fraction] = []
    for rate in rates:
        ratio = Fraction(rate.numerator, rate.denominator)
        factors.append(ratio * (1 + sum(factors, Fraction(0))) if rate.compound else ratio)
    one = lcm(*[each.denominator for each in factors])
    whole_numbers = tuple([int(each * one) for each in factors])
    are_included = tuple([tax_included if rate.included is None else rate.included for rate in rates])
    inside = one + sum([each for each, is_in in zip(whole_numbers, are_included, strict=True) if is_in])
    keys = tuple([rate.key for rate in rates])
    return Factors(keys, whole_numbers, are_included, one, inside, one + sum(whole_numbers))


def fixed_amount(tax: FixedTax, quantity: int, unit: int) -> int:
    """Return a fixed tax on a quantity: so much for each whole unit, and a share of it for a part of one."""
    return round_half_up(tax.amount * quantity, unit)


def undiscounted(fixed: Sequence[FixedTax], factors: Factors, quantity: int, unit: int) -> int:
    """Return how much of a stated amount is fixed tax, with the taxes on it: no discount ever touches that."""
    plain = sum([fixed_amount(tax, quantity, unit) for tax in fixed if tax.included and not tax.taxed])
    taxed = sum([fixed_amount(tax, quantity, unit) for tax in fixed if tax.included and tax.taxed])
    return plain + round_half_up(taxed * factors.inside, factors.one)


class Taxed(msgspec.Struct):
    """A line on its way through the taxes: `amount` as stated after discounts; the rest is filled in.

    shift        cents by which its total is held to a discount that was meant with tax
    untouched    what rules took that leave the tax alone: taxes are counted as if it had not been taken
    taken        what rules took, where the tax of that is rounded by itself: as on a receipt with a line for it
    goods        what the rates are counted on, as stated;  base  the same without tax, × factors.inside
    taxed_fixed  fixed taxes within `goods`;  added_fixed  fixed taxes on top that the rates are counted on too
    """

    factors: Factors
    fixed: tuple[FixedTax, ...]
    quantity: int
    amount: int
    shift: int = 0
    untouched: int = 0
    taken: int = 0
    untaxed: int = 0
    taxes: list[tuple[str, int]] = []
    fixed_taxes: list[tuple[str, int]] = []
    goods: int = 0
    base: int = 0
    taxed_fixed: int = 0
    added_fixed: int = 0
    all_taxes: tuple[tuple[str, int], ...] = ()
    total: int = 0


def are_gross(factors: Sequence[Factors]) -> bool:
    """Tell whether all prices hold their taxes, so that what is taken off one is taken off what is paid."""
    return all(each.whole == each.inside for each in factors)


def tax_lines(lines: Sequence[Taxed], arithmetic: Arithmetic, unit: int) -> None:
    """Fill in the taxes of all lines by the basket's policy."""
    by_unit = arithmetic.tax_rounding == "unit"
    for line in lines:
        line.goods = line.amount + line.untouched
        if line.fixed:
            _separate_fixed(line, unit)
        _tax_line(line, arithmetic.rounding, _units(line, unit) if by_unit else 1)
    if arithmetic.tax_rounding not in ("line", "unit", "discount_apart"):
        groups: dict[Factors, list[Taxed]] = {}
        for line in lines:
            if line.factors.keys and line.base > 0:
                groups.setdefault(line.factors, []).append(line)
        for factors, group in groups.items():
            _tax_group(factors, group, arithmetic)
    for line in lines:
        if line.untaxed < 0 and line.taxes:
            # A cent of rounding between goods and a fixed tax within them: the last tax bears it, never the goods.
            key, amount = line.taxes[-1]
            line.taxes[-1] = (key, max(0, amount + line.untaxed))
            line.untaxed = 0
        if line.untouched:
            _take_untouched(line)
        line.all_taxes = (*line.fixed_taxes, *line.taxes)
        line.total = line.untaxed + sum([amount for _, amount in line.all_taxes])


def _take_untouched(line: Taxed) -> None:
    """Take off what left the tax alone; where prices hold their taxes, those are never more than what is paid."""
    line.untaxed -= line.untouched
    for place in reversed(range(len(line.taxes))):
        key, amount = line.taxes[place]
        less = min(amount, max(0, -line.untaxed))
        line.taxes[place] = (key, amount - less)
        line.untaxed += less
    line.untaxed = max(0, line.untaxed)  # rounding rate by rate may have left a cent less than was taken


def _separate_fixed(line: Taxed, unit: int) -> None:
    for tax in line.fixed:
        amount = fixed_amount(tax, line.quantity, unit)
        line.fixed_taxes.append((tax.key, amount))
        if tax.included and not tax.taxed:
            line.goods -= amount
        elif tax.included:
            line.taxed_fixed += amount
        elif tax.taxed:
            line.added_fixed += amount


def _units(line: Taxed, unit: int) -> int:
    units, rest = divmod(line.quantity, unit)
    return 1 if rest else units


def _tax_line(line: Taxed, rounding: str, units: int) -> None:
    factors, held = line.factors, line.goods
    if not factors.keys:
        line.untaxed = held - line.taxed_fixed
        return
    rounds = ROUNDINGS[rounding]
    line.base = line.goods * factors.one + line.added_fixed * factors.inside
    for key, factor, is_included in zip(factors.keys, factors.factors, factors.are_included, strict=True):
        amount = _of_units(rounds, line.base * factor, factors.one * factors.inside, units)
        if line.taken:
            apart = line.taken * factors.one * factor
            amount = rounds(line.base * factor + apart, factors.one * factors.inside)
            amount -= rounds(apart, factors.one * factors.inside)
        if is_included and not line.added_fixed:
            held -= amount
        elif is_included:
            held -= _of_units(rounds, line.goods * factor, factors.inside, units)
        line.taxes.append((key, amount))
    line.untaxed = held - line.taxed_fixed
    if line.shift or line.taxed_fixed or line.untaxed < 0:
        _settle_cents(line)


def _of_units(rounds: Callable[[int, int], int], numerator: int, denominator: int, units: int) -> int:
    """Round a tax for each of `units` that carry the same, and sum them."""
    if units == 1:
        return rounds(numerator, denominator)
    return rounds(numerator, denominator * units) * units


def _settle_cents(line: Taxed) -> None:
    """Where everything but the fixed taxes is discounted away no cent of goods is left: the last tax takes it."""
    is_free = line.taxed_fixed > 0 and line.goods == round_half_up(
        line.taxed_fixed * line.factors.inside, line.factors.one
    )
    cents = line.shift
    if is_free or line.untaxed < 0:
        cents += line.untaxed
        line.untaxed = 0
    for place in reversed(range(len(line.taxes))):
        # No tax falls below nothing: taxes rounded each by itself may hold fewer cents than the total was thought to.
        key, amount = line.taxes[place]
        step = max(-amount, cents)
        line.taxes[place] = (key, amount + step)
        cents -= step
    line.untaxed = max(0, line.untaxed + cents)


def _tax_group(factors: Factors, lines: Sequence[Taxed], arithmetic: Arithmetic) -> None:
    """Round the taxes of lines with the same rates together, and hand the cents to the lines by largest remainder."""
    rounds = ROUNDINGS[arithmetic.rounding]
    exact = sum([line.base for line in lines])
    if arithmetic.tax_rounding == "rate_by_gross":
        taxes = [rounds(exact * factor, factors.inside * factors.one) for factor in factors.factors]
        _hand_out(lines, factors, taxes)
        for line in lines:
            line.untaxed = line.goods - _inside(line) - line.taxed_fixed
    elif arithmetic.tax_rounding == "keep_gross" and factors.whole == factors.inside:
        net = rounds(exact, factors.inside)
        taxes = [rounds(net * factor, factors.one) for factor in factors.factors]
        _hand_out(lines, factors, taxes)
        _spread_untaxed(lines, net + sum(taxes))
    else:
        for line in lines:
            line.untaxed = rounds(line.goods * factors.one, factors.inside) - line.taxed_fixed
        net = sum([line.untaxed + line.taxed_fixed + line.added_fixed for line in lines])
        _hand_out(lines, factors, [rounds(net * factor, factors.one) for factor in factors.factors])


def _hand_out(lines: Sequence[Taxed], factors: Factors, taxes: Sequence[int]) -> None:
    weights = [line.base for line in lines]
    for line in lines:
        line.taxes = []
    for key, whole in zip(factors.keys, taxes, strict=True):
        for line, part in zip(lines, split_by_largest_remainder(whole, weights), strict=True):
            line.taxes.append((key, part))


def _inside(line: Taxed) -> int:
    pairs = zip(line.taxes, line.factors.are_included, strict=True)
    return sum([amount for (_, amount), is_included in pairs if is_included])


def _spread_untaxed(lines: Sequence[Taxed], total: int) -> None:
    """Keep what each line costs if the sum can be kept; else move the lines by the fewest cents."""
    totals = [line.goods for line in lines]
    if total != sum(totals):
        totals = split_by_largest_remainder(total, totals)
    for line, whole in zip(lines, totals, strict=True):
        line.untaxed = whole - sum([amount for _, amount in line.taxes]) - line.taxed_fixed
