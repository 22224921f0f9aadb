"""Effects on units: of every three one free, buy two get one, bundles. A unit serves one rule of a pool only.

Units of a part whose amount does not divide evenly differ by a cent; they are dealt with as runs of units of one price.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..effects import Advantage, Bundle, BundlePart, BuyGet, Sets
from ..rounding import round_half_up
from ..types import Type
from .applying import take_share
from .plan import PlannedRule
from .reasons import AMOUNT_SHORT, TOO_FEW_UNITS
from .state import Grant, Part, Running, choose_parts

_OF_SETS = ("set_price", "set_amount")  # advantages of a set as a whole


class Run:
    """`left` units of one part that carry `price` each, and `meant` as the rule means amounts.

    `off` is what the advantage takes off each, `room` what may be taken off, `base` the price without what stands
    aside; `place` is where they stand.
    """

    __slots__ = ("base", "left", "meant", "off", "part", "place", "price", "room")

    def __init__(self, part: Part, price: int, units: int, count: int, place: int) -> None:
        self.part = part
        self.price = price
        self.meant = price
        self.base = max(0, price - -(-part.aside // units))
        self.room = max(0, price - -(-part.floor // units))
        self.off = 0
        self.left = count
        self.place = place


class Taken:
    """What was done to units of a part: gathered by part and amount, so that ten free units are one take."""

    def __init__(self, running: Running) -> None:
        self.share_out = running.share_out
        self.takes: dict[tuple[int, int], list[object]] = {}
        self.uses: dict[int, list[object]] = {}

    def take(self, run: Run, units: int, off: int) -> None:
        take = self.takes.setdefault((id(run.part), off), [run.part, 0, 0, 0])
        take[1] += units  # type: ignore[operator]
        take[2] += run.price * units  # type: ignore[operator]
        take[3] += off * units  # type: ignore[operator]

    def use(self, run: Run, units: int) -> None:
        use = self.uses.setdefault(id(run.part), [run.part, 0, 0])
        use[1] += units  # type: ignore[operator]
        use[2] += run.price * units  # type: ignore[operator]

    def grant(self) -> Grant:
        grant = Grant()
        grant.takes = list(self.takes.values())
        grant.uses = [tuple(use) for use in self.uses.values()]  # type: ignore[misc]
        return grant


def runs_of(running: Running, planned: PlannedRule, parts: Sequence[Part], advantage: Advantage) -> list[Run]:
    """Cut parts into runs of units of one price, as they stand in the basket. Weighed goods have no units."""
    runs: list[Run] = []
    for part in parts:
        units = running.units_of(part)
        if units:
            each, dearer = divmod(part.amount, units)
            if dearer:
                runs.append(Run(part, each + 1, units, dearer, len(runs)))
            runs.append(Run(part, each, units, units - dearer, len(runs)))
    for run in runs:
        amount = advantage.amount
        if planned.meaning != "stated":
            run.meant = running.meant(planned.meaning, run.part.line, run.price)
            amount = running.stated(planned.meaning, run.part.line, amount)
        run.off = _off_each(advantage, run, amount, running.rounding)
    return runs


def _off_each(advantage: Advantage, run: Run, amount: int, rounding: str) -> int:
    if advantage.kind == "percent":
        return min(run.room, take_share(run.base, advantage.ratio, rounding))
    elif advantage.kind == "amount":
        return min(run.room, amount)
    return min(run.room, max(0, run.price - amount))


def apply_sets(running: Running, planned: PlannedRule, effect: Sets, parts: Sequence[Part]) -> Grant:
    taken = Taken(running)
    missing: int | None = None
    for runs in _groups(running, effect.same, runs_of(running, planned, parts, effect.advantage)):
        if effect.distinct is not None:
            short = _distinct_sets(running, effect, runs, taken)
        else:
            short = _plain_sets(running, effect, runs, taken)
        if short is not None:
            missing = short if missing is None else min(missing, short)
    if not taken.takes:
        short_units = effect.size if missing is None else missing
        return Grant(TOO_FEW_UNITS, short_units * running.unit, Type.QUANTITY)
    return taken.grant()


def _groups(running: Running, same: str | None, runs: list[Run]) -> list[list[Run]]:
    if same is None:
        return [runs]
    key = running.rule_set.lines.by_name[same].key
    groups: dict[object, list[Run]] = {}
    for run in runs:
        groups.setdefault(running.rows[run.part.line][key], []).append(run)
    return list(groups.values())


def _plain_sets(running: Running, effect: Sets, runs: list[Run], taken: Taken) -> int | None:
    """Make sets; return the units missing for a first one."""
    units = sum([run.left for run in runs])
    sets = units // effect.size if effect.times is None else min(effect.times, units // effect.size)
    if sets == 0:
        return effect.size - units
    if effect.made == "cheapest":
        ordered = sorted(runs, key=lambda run: (run.price, run.place))
    else:
        ordered = runs if effect.pick == "last" else sorted(runs, key=lambda run: (-run.price, run.place))
    if effect.among == "all":
        _among_all(running, effect, ordered, sets, taken)
    else:
        _among_each(running, effect, ordered, sets, taken)
    return None


def _among_all(running: Running, effect: Sets, ordered: list[Run], sets: int, taken: Taken) -> None:
    if effect.pick != "dearest":
        ordered = ordered[::-1]
    passed = list(draw(ordered, sets * effect.skip))
    picked = list(draw(ordered, sets * effect.take))
    rest = list(draw(ordered, sets * (effect.size - effect.take - effect.skip)))
    _give(effect, picked, [*passed, *rest], taken)


def _among_each(running: Running, effect: Sets, ordered: list[Run], sets: int, taken: Taken) -> None:
    while sets:
        # Sets that lie within one run are alike, and are made all at once.
        run = next(each for each in ordered if each.left)
        alike = max(1, min(sets, run.left // effect.size))
        drawn = list(draw(ordered, effect.size * alike))
        if effect.made == "cheapest":
            drawn.reverse()
        if effect.advantage.kind in _OF_SETS:
            _take_off_set(effect.advantage, drawn, alike, taken)
        else:
            _pick_from(effect, drawn, effect.take * alike, taken, effect.skip * alike)
        sets -= alike


def _pick_from(effect: Sets | Bundle, drawn: list[tuple[Run, int]], take: int, taken: Taken, skip: int = 0) -> None:
    if effect.pick != "dearest":  # the cheapest stand last in a set, as the last do
        drawn = drawn[::-1]
    picked: list[tuple[Run, int]] = []
    others: list[tuple[Run, int]] = []
    for run, units in drawn:
        passed = min(skip, units)
        chosen = min(take, units - passed)
        if chosen:
            picked.append((run, chosen))
        if units > chosen:
            others.append((run, units - chosen))
        skip -= passed
        take -= chosen
    _give(effect, picked, others, taken)


def _give(
    effect: Sets | Bundle | BuyGet, picked: list[tuple[Run, int]], others: list[tuple[Run, int]], taken: Taken
) -> None:
    """Give the advantage to the units that were picked, or share it over all units of their set."""
    if effect.shared:
        _spread([*picked, *others], sum([run.off * units for run, units in picked]), taken)
        return
    for run, units in picked:
        taken.take(run, units, run.off)
    for run, units in others:
        taken.use(run, units)


def _distinct_sets(running: Running, effect: Sets, runs: list[Run], taken: Taken) -> int | None:
    """Make sets whose units all differ in a field: from the values with most units left, the dearest units first."""
    key = running.rule_set.lines.by_name[str(effect.distinct)].key
    classes: dict[object, list[Run]] = {}
    upward = 1 if effect.made == "cheapest" else -1
    for run in sorted(runs, key=lambda run: (upward * run.price, run.place)):
        classes.setdefault(running.rows[run.part.line][key], []).append(run)
    sets = 0
    while effect.times is None or sets < effect.times:
        full = [each for each in classes.values() if any(run.left for run in each)]
        if len(full) < effect.size:
            break
        full.sort(key=lambda each: -sum([run.left for run in each]))
        drawn = [pair for each in full[: effect.size] for pair in draw(each, 1)]
        drawn.sort(key=lambda pair: (-pair[0].price, pair[0].place))
        if effect.advantage.kind in _OF_SETS:
            _take_off_set(effect.advantage, drawn, 1, taken)
        else:
            _pick_from(effect, drawn, effect.take, taken, effect.skip)
        sets += 1
    return None if sets else effect.size - len(classes)


def _take_off_set(advantage: Advantage, drawn: list[tuple[Run, int]], sets: int, taken: Taken) -> None:
    """Give so many sets together their price, or take so much off each of them."""
    if advantage.kind == "set_price":
        _price_set(drawn, advantage.amount * sets, taken)
    else:
        _spread(drawn, _as_stated(drawn, advantage.amount * sets), taken)


def _price_set(drawn: list[tuple[Run, int]], price: int, taken: Taken) -> None:
    meant = sum([run.meant * units for run, units in drawn])
    _spread(drawn, _as_stated(drawn, max(0, meant - price)), taken)


def _as_stated(drawn: list[tuple[Run, int]], off: int) -> int:
    """Return an amount off units together, meant as the rule means amounts, as prices are stated."""
    whole = sum([run.price * units for run, units in drawn])
    meant = sum([run.meant * units for run, units in drawn])
    return off if whole == meant else round_half_up(off * whole, meant)


def _spread(drawn: list[tuple[Run, int]], off: int, taken: Taken) -> None:
    """Take an amount off units together, in proportion to what may be taken off each; cents fall as lines stand."""
    drawn = sorted(drawn, key=lambda pair: pair[0].place)
    room = [run.room * units for run, units in drawn]
    for (run, units), part in zip(drawn, taken.share_out(min(off, sum(room)), room), strict=True):
        each, dearer = divmod(part, units)
        if dearer:
            taken.take(run, dearer, each + 1)
        if units > dearer:
            taken.take(run, units - dearer, each)


def draw(runs: Sequence[Run], units: int) -> Iterator[tuple[Run, int]]:
    """Draw so many units from runs, in their order; they are gone from the runs then."""
    for run in runs:
        if units and run.left:
            drawn = min(units, run.left)
            run.left -= drawn
            units -= drawn
            yield run, drawn


def apply_buy_get(
    running: Running, planned: PlannedRule, effect: BuyGet, parts: Sequence[Part], places: Sequence[int]
) -> Grant:
    pool = planned.rule.terms.pool
    got_places = list(effect.get(running.values)) if effect.get is not None else list(places)
    got_places = [place for place in running.open_of(planned, got_places) if place < len(running.basket.lines)]
    others = choose_parts(running, [place for place in got_places if place not in set(places)], pool)
    runs = runs_of(running, planned, [*parts, *others], effect.advantage)
    bought_lines, got_lines = set(places), set(got_places)
    bought = [run for run in runs if run.part.line in bought_lines]
    # What can only be bought is bought first; of the rest the dearest, unless those are what is given away.
    bought.sort(key=lambda run: (run.part.line in got_lines, run.price if effect.pick == "dearest" else -run.price))
    got = [run for run in runs if run.part.line in got_lines]
    if effect.pick != "last":
        got.sort(key=lambda run: (run.price if effect.pick == "cheapest" else -run.price, run.place))
    else:
        got.reverse()
    return _buy_and_get(running, effect, bought, got)


def _buy_and_get(running: Running, effect: BuyGet, bought: list[Run], got: list[Run]) -> Grant:
    taken = Taken(running)
    times = 0
    while effect.times is None or times < effect.times:
        chosen, short = _buy(effect, bought, got)
        if short is not None:
            if times == 0:
                return short if effect.buy_amount else _in_units(running, short)
            break
        most = min([run.price for run, _ in chosen]) if effect.no_dearer else None
        fitting = [run for run in got if most is None or run.price <= most]
        wanted = effect.get_units if effect.get_units is not None else sum([run.left for run in fitting])
        picked = list(draw(fitting, wanted))
        if picked:
            _give(effect, picked, chosen, taken)
        times += 1
        if effect.get_units is None:
            break
    return taken.grant()


def _in_units(running: Running, short: Grant) -> Grant:
    return Grant(short.reason, (short.missing or 0) * running.unit, Type.QUANTITY)


def _buy(effect: BuyGet, bought: list[Run], got: list[Run]) -> tuple[list[tuple[Run, int]], Grant | None]:
    """Draw what one purchase needs, or tell what it is short of and draw nothing."""
    if effect.buy_amount:
        chosen = _enough_for(effect.buy_amount, bought)
        if chosen is None:
            have = sum([run.meant * run.left for run in bought])
            return [], Grant(AMOUNT_SHORT, effect.buy_amount - have, Type.MONEY)
    else:
        units = sum([run.left for run in bought])
        if units < effect.buy_units:
            return [], Grant(TOO_FEW_UNITS, effect.buy_units - units)
        chosen = list(draw(bought, effect.buy_units))
    if not any(run.left for run in got):
        for run, units in chosen:
            run.left += units
        return [], Grant(TOO_FEW_UNITS, effect.get_units or 1)
    return chosen, None


def _enough_for(amount: int, bought: list[Run]) -> list[tuple[Run, int]] | None:
    if sum([run.meant * run.left for run in bought]) < amount:
        return None
    chosen: list[tuple[Run, int]] = []
    for run in bought:
        if amount > 0 and run.left and run.meant:
            units = min(run.left, -(-amount // run.meant))
            run.left -= units
            amount -= run.meant * units
            chosen.append((run, units))
    return chosen


def apply_bundle(running: Running, planned: PlannedRule, effect: Bundle) -> Grant:
    pool, count = planned.rule.terms.pool, len(running.basket.lines)
    found = [running.open_of(planned, part.choose(running.values)) for part in effect.parts]
    places = [[place for place in each if place < count] for each in found]
    every = sorted({place for each in places for place in each})
    runs = runs_of(running, planned, choose_parts(running, every, pool), effect.advantage)
    runs.sort(key=lambda run: (-run.price, run.place))
    wanted = [
        _in_turn(effect, part, [run for run in runs if run.part.line in set(each)])
        for part, each in zip(effect.parts, places, strict=True)
    ]
    taken = Taken(running)
    times = 0
    while effect.times is None or times < effect.times:
        by_part, short = _draw_bundle(effect, wanted)
        if short:
            if times == 0:
                return Grant(TOO_FEW_UNITS, short * running.unit, Type.QUANTITY)
            break
        drawn = [pair for each in by_part for pair in each]
        if effect.some_get:
            got = [pair for part, each in zip(effect.parts, by_part, strict=True) if part.gets for pair in each]
            _give(effect, got, [pair for pair in drawn if pair not in got], taken)
        elif effect.take:
            drawn.sort(key=lambda pair: (-pair[0].price, pair[0].place))
            _pick_from(effect, drawn, effect.take, taken)
        else:
            _price_bundle(running, effect.advantage, drawn, taken)
        times += 1
    return taken.grant()


def _in_turn(effect: Bundle, part: BundlePart, runs: list[Run]) -> list[Run]:
    """Put the units of a part in the order in which they are drawn: the dearest first, but what gets as `pick` says."""
    if not part.gets or effect.pick == "dearest":
        return runs
    elif effect.pick == "cheapest":
        return runs[::-1]
    return sorted(runs, key=lambda run: -run.place)


def _draw_bundle(effect: Bundle, wanted: list[list[Run]]) -> tuple[list[list[tuple[Run, int]]], int]:
    """Draw one bundle, part by part; or give everything back and tell how many units are missing."""
    drawn: list[list[tuple[Run, int]]] = []
    short = 0
    for part, runs in zip(effect.parts, wanted, strict=True):
        drawn.append(list(draw(runs, part.units)))
        short += part.units - sum([units for _, units in drawn[-1]])
    if short:
        for run, units in [pair for each in drawn for pair in each]:
            run.left += units
        return [], short
    return drawn, 0


def _price_bundle(running: Running, advantage: Advantage, drawn: list[tuple[Run, int]], taken: Taken) -> None:
    if advantage.kind == "percent":
        base = sum([run.base * units for run, units in drawn])
        _spread(drawn, take_share(base, advantage.ratio, running.rounding), taken)
    elif advantage.kind == "amount":
        _spread(drawn, _as_stated(drawn, advantage.amount), taken)
    else:
        _price_set(drawn, advantage.amount, taken)
