"""From a basket to its bill, in one pure call.

    check → prices (catalog → item → order → shipping) → taxes → tenders → points → what is issued → the bill

The same function serves a till that asks and a checkout that closes; neither writes, reads a clock, or keeps anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fidelia.kernel.money import exponent_of

from ..rule_set import RuleSet
from ..settlement import Outcome, Settlement
from .basket import Basket, Line
from .bill import Bill, BilledLine, Discount, Shares, Tender
from .billing import billed_line, consumed_by, coupon_answers, effects_of, paid_with
from .checking import check_basket
from .earning import earn_base, earn_points
from .issuing import issue
from .plan import plan_of
from .stacking import Settling, settle_prices
from .state import Part, Running
from .taxes import Taxed, tax_lines
from .tenders import Payable, pay, round_cash


def evaluate_basket(
    rule_set: RuleSet, basket: Basket, values: Mapping[str, Any], *, at: datetime, explain: bool = True
) -> Bill:
    """Return what a basket comes to at the moment `at`.

    `values` has an entry for each of `rule_set.fields_read` that the engine does not compute itself (see `fields`), the
    lines left out: theirs are in `Line.facts`. Without `explain`, no rule says how much is missing; the rest is the
    same. Raises InvalidBasket, ValueOutOfBounds.
    """
    plan, catalogue = plan_of(rule_set), rule_set.catalogue
    check_basket(basket, exponent=exponent_of(catalogue.currency), unit=10**catalogue.quantity_scale)
    facts = [line.facts for line in basket.lines]
    catalogue.check_values({**values, rule_set.lines.key: facts}, plan.asked)
    settling = settle_prices(rule_set, basket, values, at=at, explain=explain)
    running = settling.running
    taxed, shipping = _tax(running)
    _tell_final_values(running, taxed, shipping)
    payables = [
        *[Payable(each.total, line.tenders) for each, line in zip(taxed, running.lines, strict=True)],
        *[Payable(each.total, line.tenders) for each, line in zip(shipping, basket.shipping, strict=True)],
    ]
    tenders = pay(payables, basket, rule_set.checkout.tender_order, running.points_left)
    running.points_left -= sum([tender.points for tender in tenders])
    bases = _earn_bases(running, [*taxed, *shipping], payables)
    settlement = earn_points(running, plan, bases, at=at, explain=explain)
    issued = issue(running, plan, at=at, explain=explain)
    outcomes = _outcomes(rule_set, settling, settlement, issued)
    return _bill(settling, ([*taxed, *shipping], payables, bases), tenders, settlement, outcomes)


def _tax(running: Running) -> tuple[list[Taxed], list[Taxed]]:
    """Return the taxes of the lines and gifts, and those of shipping, rounded together."""
    lines = [_taxed(running, place, line, running.amount_of(place)) for place, line in enumerate(running.lines)]
    shipping_parts = _shipping_parts(running)
    shipping = [
        _taxed(running, -1 - place, line, sum([part.amount for part in shipping_parts[place]]))
        for place, line in enumerate(running.basket.shipping)
    ]
    tax_lines([*lines, *shipping], running.basket.arithmetic, running.unit)
    return lines, shipping


def _taxed(running: Running, place: int, line: Line, amount: int) -> Taxed:
    shift = running.shift.get(place, 0)
    if shift:
        parts = running.parts[place] if place >= 0 else [part for part in running.shipping if part.line == place]
        # Where everything is discounted away, there is no cent left to hold to anything.
        shift = shift if amount > sum([part.floor for part in parts]) else 0
    untouched = running.untouched_tax.get(place, 0)
    taken = 0
    if running.basket.arithmetic.tax_rounding == "discount_apart":
        parts = running.parts[place] if place >= 0 else [part for part in running.shipping if part.line == place]
        taken = sum([part.listed for part in parts]) - amount - untouched
    return Taxed(running.factors_at(place), line.fixed_taxes, line.quantity, amount, shift, untouched, taken)


def _shipping_parts(running: Running) -> list[list[Part]]:
    found: list[list[Part]] = [[] for _ in running.basket.shipping]
    for part in running.shipping:
        found[-1 - part.line].append(part)
    return found


def _tell_final_values(running: Running, taxed: Sequence[Taxed], shipping: Sequence[Taxed]) -> None:
    """Let the rules that follow read what is really paid, cents of rounding and fixed taxes included."""
    fields, line_fields = running.plan.fields, running.plan.line_fields
    listed = [sum([part.listed for part in parts]) for parts in running.parts]
    for n, (row, line) in enumerate(zip(running.rows, taxed, strict=True)):
        told = {"net": line.total, "untaxed": line.untaxed, "listed": listed[n], "discount": listed[n] - line.amount}
        for name, amount in told.items():
            if name in line_fields:
                row[line_fields[name]] = amount
    sums = {
        "purchase.total": sum([line.total for line in taxed]),
        "purchase.untaxed": sum([line.untaxed for line in taxed]),
        "purchase.shipping": sum([line.total for line in shipping]),
        "purchase.listed": sum(listed),
        "purchase.discount": sum(listed) - sum([line.amount for line in taxed]),
        "purchase.units": sum([line.quantity for line in running.basket.lines]),
    }
    running.values.update({fields[path]: amount for path, amount in sums.items() if path in fields})


def _earn_bases(running: Running, taxed: Sequence[Taxed], payables: Sequence[Payable]) -> list[int]:
    """Return the money on which each line earns; shipping last, and only where it does."""
    earning = running.rule_set.checkout.earning
    count = len(running.lines) + (len(running.basket.shipping) if earning.shipping else 0)
    if earning.is_plain:
        return [line.total for line in taxed[:count]]
    shipping = _shipping_parts(running)
    bases = []
    for n in range(count):
        place = n if n < len(running.lines) else len(running.lines) - n - 1
        parts = running.parts[n] if place >= 0 else shipping[-1 - place]
        listed = running.paid(place, sum([part.listed for part in parts]))
        bases.append(earn_base(earning, taxed[n], payables[n], listed, taxed[n].total))
    return bases


def _outcomes(
    rule_set: RuleSet, settling: Settling, settlement: Settlement, issued: Mapping[str, Outcome]
) -> tuple[Outcome, ...]:
    of_points = {outcome.rule_key: outcome for outcome in settlement.outcomes}
    found = {**settling.outcomes, **of_points, **issued}
    return tuple([found[rule.key] for rule in rule_set.rules])


def _bill(
    settling: Settling,
    lines: tuple[Sequence[Taxed], Sequence[Payable], Sequence[int]],
    tenders: tuple[Tender, ...],
    settlement: Settlement,
    outcomes: tuple[Outcome, ...],
) -> Bill:
    running = settling.running
    every = _billed_lines(running, lines, settlement)
    count = len(running.lines)
    total = sum([line.total for line in every])
    left = total - sum([tender.amount for tender in tenders])
    rounding = round_cash(left, running.basket)
    listed, amount = sum([line.listed for line in every]), sum([line.amount for line in every])
    untaxed = sum([line.untaxed for line in every])
    effects = effects_of(settling, every, outcomes)
    has_others = running.effects or running.plan.costing
    return Bill(
        currency=running.rule_set.catalogue.currency,
        lines=tuple(every[:count]),
        shipping=tuple(every[count:]),
        taxes=_tax_sums(lines[0]),
        listed=listed,
        discount=listed - amount,
        amount=amount,
        untaxed=untaxed,
        tax=total - untaxed,
        total=total,
        due=left + rounding,
        points=settlement,
        outcomes=outcomes,
        tenders=tenders,
        rounding=rounding,
        effects=effects,
        others=tuple([each for each in effects if type(each) is not Discount]) if has_others else (),
        consumed=consumed_by(running, outcomes) + paid_with(running.basket, tenders),
        coupons=coupon_answers(running, outcomes),
        rounds=settling.rounds,
        values=running.values,
        rewards_back=running.rule_set.checkout.rewards_back,
        refunds=running.rule_set.checkout.refunds,
        earned_back=running.rule_set.checkout.earned_back,
        gifts_for=tuple(running.gifts_for),
        gift_prices=_gift_prices(running.basket) if running.basket.products else (),
    )


def _billed_lines(
    running: Running, lines: tuple[Sequence[Taxed], Sequence[Payable], Sequence[int]], settlement: Settlement
) -> list[BilledLine]:
    """Write each line, gifts after those of the basket, shipping last."""
    taxed, payables, bases = lines
    places = [*range(len(running.lines)), *[-1 - n for n in range(len(running.basket.shipping))]]
    shipping = _shipping_parts(running)
    every: list[BilledLine] = []
    for n, place in enumerate(places):
        parts = running.parts[place] if place >= 0 else shipping[-1 - place]
        line = running.lines[place] if place >= 0 else running.basket.shipping[-1 - place]
        points = settlement.lines[n] if n < len(settlement.lines) else None
        base = bases[n] if n < len(bases) else 0
        every.append(billed_line(line, parts, taxed[n], payables[n], (points, base, _gift_of(running, place))))
    return every


def _gift_of(running: Running, place: int) -> str:
    """Return the product of a line that a rule added, empty for a line of the basket."""
    count = len(running.basket.lines)
    return running.lines[place].key.split(":", 2)[2] if place >= count else ""


def _gift_prices(basket: Basket) -> Shares:
    """Return what products are sold for that may be added, to the minor unit: a replay is told the same."""
    return tuple(
        sorted(
            [
                (code, product.unit_price)
                for code, product in basket.products.items()
                if product.unit_price and product.price_scale is None
            ]
        )
    )


def _tax_sums(lines: Sequence[Taxed]) -> tuple[tuple[str, int, int], ...]:
    sums: dict[str, tuple[int, int]] = {}
    for line in lines:
        for key, amount in line.fixed_taxes:
            sums[key] = (0, sums.get(key, (0, 0))[1] + amount)
        for key, amount in line.taxes:
            base, whole = sums.get(key, (0, 0))
            sums[key] = (base + line.untaxed, whole + amount)
    return tuple([(key, base, amount) for key, (base, amount) in sums.items()])
