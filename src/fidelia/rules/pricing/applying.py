"""What an effect would take off the parts of chosen lines: shares, amounts, prices, tables, steps.

Each function returns a grant and changes nothing. What it takes never passes what a part has left above its floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..effects import Advantage, AmountOff, FixedPrice, PercentOff, PriceTable, Split, Step, Volume
from ..rounding import ROUNDINGS, round_half_up
from ..types import Type
from .gating import is_good
from .plan import PlannedRule
from .reasons import AMOUNT_SHORT, COUPON_MISSING, TOO_FEW_UNITS
from .state import Grant, Part, Running


def apply_percent(running: Running, planned: PlannedRule, effect: PercentOff, parts: Sequence[Part]) -> Grant:
    grant = Grant()
    grant.is_meant = planned.meaning != "stated"
    bases, room = _bases(running, planned, parts), _room(running, planned, parts)
    grant.base = sum(bases)
    if effect.per == "all":
        whole = take_share(grant.base, effect.ratio, running.rounding)
        if effect.passes_on:
            offs = _split(running, "by_price", min(whole, sum(room)), room, bases)
        else:
            offs = running.share_out(whole, bases) if parts else []
    elif effect.per == "line":
        offs = _by_line(running, effect.ratio, parts, bases)
    else:
        offs = [_by_unit(running, effect.ratio, part, base) for part, base in zip(parts, bases, strict=True)]
    grant.takes = [[part, None, part.amount, min(off, most)] for part, off, most in zip(parts, offs, room, strict=True)]
    return grant


def take_share(amount: int, ratio: Fraction, rounding: str) -> int:
    return ROUNDINGS[rounding](amount * ratio.numerator, ratio.denominator)


def _by_line(running: Running, ratio: Fraction, parts: Sequence[Part], bases: Sequence[int]) -> list[int]:
    sums: dict[int, list[int]] = {}
    for n, part in enumerate(parts):
        sums.setdefault(part.line, []).append(n)
    offs = [0] * len(parts)
    for places in sums.values():
        whole = take_share(sum([bases[n] for n in places]), ratio, running.rounding)
        for n, off in zip(places, running.share_out(whole, [bases[n] for n in places]), strict=True):
            offs[n] = off
    return offs


def _by_unit(running: Running, ratio: Fraction, part: Part, base: int) -> int:
    units = running.units_of(part)
    if not units:
        return take_share(base, ratio, running.rounding)
    each, dearer = divmod(base, units)
    return take_share(each + 1, ratio, running.rounding) * dearer + take_share(each, ratio, running.rounding) * (
        units - dearer
    )


def apply_amount(running: Running, planned: PlannedRule, effect: AmountOff, parts: Sequence[Part]) -> Grant:
    grant = Grant()
    grant.is_meant = planned.meaning != "stated"
    room = _room(running, planned, parts)
    amount = effect.amount
    if effect.is_voucher:
        amount, grant.coupons = _worth_of_vouchers(running, planned, sum(room))
        if not grant.coupons:
            return Grant(COUPON_MISSING)
    elif effect.program is not None:
        amount = max(0, effect.program.run(running.values))
    if effect.for_amount:
        reached = sum(_bases(running, planned, parts))
        if reached < effect.for_amount:
            return Grant(AMOUNT_SHORT, effect.for_amount - reached, Type.MONEY)
        full = reached // effect.for_amount
        amount *= full if effect.times is None else min(full, effect.times)
    amount *= running.basket.claims.get(planned.key, 1) if planned.rule.terms.is_claimed else 1
    if effect.each == "once" and effect.split == "proportional":
        offs = running.share_out(min(amount, sum(room)), room) if room else []
    elif effect.each == "once":
        weights = _weights(effect.split, parts, _meant(running, planned, parts, [part.amount for part in parts]))
        offs = _split(running, effect.split, min(amount, sum(room)), room, weights)
    elif effect.each == "line":
        offs = _per_line(amount, parts, room)
    else:
        offs = [
            min(most, round_half_up(amount * part.quantity, running.unit))
            for part, most in zip(parts, room, strict=True)
        ]
    grant.takes = [[part, None, part.amount, off] for part, off in zip(parts, offs, strict=True)]
    return grant


def _worth_of_vouchers(running: Running, planned: PlannedRule, wanted: int) -> tuple[int, tuple[str, ...]]:
    """Return what the presented vouchers of a series are worth: as many as are needed, in their order."""
    worth, codes = 0, []
    for coupon in running.basket.coupons:
        is_usable = coupon.series == planned.rule.terms.coupon and is_good(running, coupon)
        if is_usable and coupon.code not in running.coupons_used and worth < wanted:
            worth += coupon.value or 0
            codes.append(coupon.code)
    return worth, tuple(codes)


def _split(running: Running, split: Split, amount: int, room: Sequence[int], weights: Sequence[int]) -> list[int]:
    """Split an amount that fits into all the room: what a part cannot hold goes on to the others."""
    if not room:
        return []
    if split == "proportional":
        return running.share_out(amount, room)
    offs = [0] * len(room)
    left, open_places = amount, [n for n, most in enumerate(room) if most]
    while left and open_places:
        if split == "first":
            shares = [left, *[0] * (len(open_places) - 1)]
        else:
            shares = running.share_out(left, [weights[n] for n in open_places])
        for n, share in zip(open_places, shares, strict=True):
            given = min(share, room[n] - offs[n])
            offs[n] += given
            left -= given
        open_places = [n for n in open_places if offs[n] < room[n]]
    return offs


def _weights(split: Split, parts: Sequence[Part], prices: Sequence[int]) -> Sequence[int]:
    if split == "by_price":
        return prices
    return [1 if split == "evenly" else part.quantity for part in parts]


def _per_line(amount: int, parts: Sequence[Part], room: Sequence[int]) -> list[int]:
    offs = [0] * len(parts)
    left: dict[int, int] = {}
    for n, part in enumerate(parts):
        here = left.setdefault(part.line, amount)
        offs[n] = min(here, room[n])
        left[part.line] = here - offs[n]
    return offs


def apply_price(running: Running, planned: PlannedRule, effect: FixedPrice, parts: Sequence[Part]) -> Grant:
    grant = Grant()
    grant.is_meant = planned.meaning != "stated"
    room = _room(running, planned, parts)
    amounts = _prices(running, planned, parts)
    if effect.each == "unit":
        offs = [
            min(most, _above_price(running, part, amount, effect.price))
            for part, amount, most in zip(parts, amounts, room, strict=True)
        ]
    elif effect.each == "line":
        wanted: dict[int, int] = {}
        for part, amount in zip(parts, amounts, strict=True):
            wanted[part.line] = wanted.get(part.line, -effect.price) + amount
        offs = []
        for part, most in zip(parts, room, strict=True):
            offs.append(min(most, max(0, wanted[part.line])))
            wanted[part.line] -= offs[-1]
    else:
        whole = max(0, sum(amounts) - effect.price)
        offs = running.share_out(min(whole, sum(room)), room) if parts else []
    grant.takes = [[part, None, part.amount, off] for part, off in zip(parts, offs, strict=True)]
    return grant


def apply_table(running: Running, planned: PlannedRule, effect: PriceTable, parts: Sequence[Part]) -> Grant:
    grant = Grant()
    grant.is_meant = planned.meaning != "stated"
    key = running.rule_set.lines.by_name[effect.field_key].key
    room = _room(running, planned, parts)
    amounts = _prices(running, planned, parts)
    for part, amount, most in zip(parts, amounts, room, strict=True):
        price = effect.prices.get(str(running.rows[part.line][key]))
        if price is not None:
            off = min(most, _above_price(running, part, amount, price))
            grant.takes.append([part, None, part.amount, off])
    return grant


def _above_price(running: Running, part: Part, amount: int, price: int) -> int:
    """Return by how much an amount of all units of a part is above so much each."""
    wanted: int = round_half_up(price * part.quantity, running.unit)
    return max(0, amount - wanted)


def apply_volume(running: Running, planned: PlannedRule, effect: Volume, parts: Sequence[Part]) -> Grant:
    grant = Grant()
    closest: int | None = None
    for group in _alike(running, effect, parts):
        if effect.measure == "units":
            reached = sum([part.quantity for part in group])
        else:
            is_initial = planned.rule.terms.base == "initial"
            amounts = [part.listed if is_initial else part.amount for part in group]
            reached = sum(_meant(running, planned, group, amounts))
        step = _step_at(effect.steps, reached)
        if step is None:
            missing = effect.steps[0].begins - reached
            closest = missing if closest is None else min(closest, missing)
        elif effect.how == "all":
            grant.takes += _all_at(running, planned, step.advantage, group, effect.measure)
        else:
            grant.takes += _marginal(running, planned, effect.steps, group)
    if not grant.takes and closest is not None:
        if effect.measure == "units":
            return Grant(TOO_FEW_UNITS, closest, Type.QUANTITY)
        return Grant(AMOUNT_SHORT, closest, Type.MONEY)
    return grant


def _alike(running: Running, effect: Volume, parts: Sequence[Part]) -> list[list[Part]]:
    if effect.same is None:
        return [list(parts)] if parts else []
    key = running.rule_set.lines.by_name[effect.same].key
    groups: dict[object, list[Part]] = {}
    for part in parts:
        groups.setdefault(running.rows[part.line][key], []).append(part)
    return list(groups.values())


def _step_at(steps: Sequence[Step], reached: int) -> Step | None:
    found = [step for step in steps if step.begins <= reached]
    return found[-1] if found else None


def _all_at(
    running: Running, planned: PlannedRule, advantage: Advantage, parts: Sequence[Part], measure: str
) -> list[list[object]]:
    room = [part.amount - part.floor for part in parts]
    if advantage.kind == "percent":
        bases = [part.amount - part.aside for part in parts]
        wanted = running.share_out(take_share(sum(bases), advantage.ratio, running.rounding), bases)
        offs = [min(off, most) for off, most in zip(wanted, room, strict=True)]
    elif advantage.kind == "amount" and measure == "amount":
        meant = sum(_meant(running, planned, parts, room))
        off = min(advantage.amount, meant)
        offs = running.share_out(off if meant == sum(room) else round_half_up(off * sum(room), meant), room)
    else:
        offs = [
            min(most, _off_units(running, part, advantage.kind, amount))
            for part, most, amount in zip(parts, room, _stated(running, planned, advantage, parts), strict=True)
        ]
    return [[part, None, part.amount, off] for part, off in zip(parts, offs, strict=True)]


def _stated(running: Running, planned: PlannedRule, advantage: Advantage, parts: Sequence[Part]) -> list[int]:
    """Return the amount of an advantage as the prices of each part are stated."""
    return [running.stated(planned.meaning, part.line, advantage.amount) for part in parts]


def _off_units(running: Running, part: Part, kind: str, amount: int) -> int:
    """Return what an amount off each unit, or a price of each, takes off a part."""
    if kind == "amount":
        return round_half_up(amount * part.quantity, running.unit)
    return _above_price(running, part, part.amount, amount)


def _marginal(
    running: Running, planned: PlannedRule, steps: Sequence[Step], parts: Sequence[Part]
) -> list[list[object]]:
    """Give each unit the step in which it lies, counted as the lines stand."""
    takes: list[list[object]] = []
    begins = 0
    for part in parts:
        off = 0
        for step, following in zip(steps, [*steps[1:], None], strict=True):
            amount = running.stated(planned.meaning, part.line, step.advantage.amount)
            stretch = _overlap(running, step, following, (begins, part.quantity))
            off += _on_stretch(running, step.advantage, amount, part, stretch)
        takes.append([part, None, part.amount, min(off, part.amount - part.floor)])
        begins += part.quantity
    return takes


def _overlap(running: Running, step: Step, following: Step | None, stretch: tuple[int, int]) -> int:
    # A step from 10 on holds the tenth unit: what lies above nine.
    begins, ends = stretch[0], sum(stretch)
    low = max(begins, step.begins - running.unit)
    high = ends if following is None else min(ends, following.begins - running.unit)
    return max(0, high - low)


def _on_stretch(running: Running, advantage: Advantage, amount: int, part: Part, quantity: int) -> int:
    if not quantity:
        return 0
    carried: int = round_half_up(part.amount * quantity, part.quantity)
    if advantage.kind == "percent":
        base = carried - round_half_up(part.aside * quantity, part.quantity)
        return take_share(max(0, base), advantage.ratio, running.rounding)
    asked = round_half_up(amount * quantity, running.unit)
    return min(carried, asked) if advantage.kind == "amount" else max(0, carried - asked)


def _bases(running: Running, planned: PlannedRule, parts: Sequence[Part]) -> list[int]:
    """Return the money that a share is counted on: as listed or as it runs, without what stands aside."""
    if planned.rule.terms.base == "initial":
        bases = [part.listed - part.aside for part in parts]
    else:
        bases = [part.amount - part.aside for part in parts]
    return _meant(running, planned, parts, bases)


def _prices(running: Running, planned: PlannedRule, parts: Sequence[Part]) -> list[int]:
    """Return what a price is compared with: the money as it runs, or as listed, of which it takes what it saves."""
    is_initial = planned.rule.terms.base == "initial"
    return _meant(running, planned, parts, [part.listed if is_initial else part.amount for part in parts])


def _room(running: Running, planned: PlannedRule, parts: Sequence[Part]) -> list[int]:
    room = [part.amount - part.floor for part in parts]
    return _meant(running, planned, parts, room)


def _meant(running: Running, planned: PlannedRule, parts: Sequence[Part], amounts: list[int]) -> list[int]:
    """Return stated amounts as the rule means amounts; with tax, with cents left beside a line."""
    if planned.meaning == "stated":
        return amounts
    elif planned.meaning == "without_tax":
        return [running.meant("without_tax", part.line, each) for part, each in zip(parts, amounts, strict=True)]
    return [
        running.paid(part.line, amount) + (running.shift.get(part.line, 0) if amount == part.amount and amount else 0)
        for part, amount in zip(parts, amounts, strict=True)
    ]
