"""What the law says of promotions, as policies that a shop keeps by country and date; checked here, pure.

Two kinds. *Promotion ceiling*: the advantages on a product, immediate and deferred (points, cagnotte, coupons)
together, stay within a share of its price (in France 34 % for food and 40 % for other consumer goods: law ASAP of 7
December 2020, article 125, as changed in 2023 and 2025), and what is sold under promotion within a share of the volume
(25 %). *Prior price*: a price cut that is announced is counted from the lowest price of the 30 days
before it (Code de la consommation, article L112-1-1, after directive 2019/2161). Which products, which share, how many
days and what follows are the policy's; nothing here knows a country.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal

from .effects import Advantage, BuyGet, PercentOff, Sets
from .effects import Volume as VolumePrices
from .rule_set import Rule, RuleSet

CEILING, PRIOR_PRICE = "promotion_ceiling", "prior_price"
KINDS = (CEILING, PRIOR_PRICE)
Code = Literal["above_ceiling", "may_pass_ceiling", "above_prior_price"]
EVERY_CATEGORY = "*"
PATHS_KEPT = 4_096  # categories, under the policies of a country


@dataclass(frozen=True, slots=True)
class Ceiling:
    """At most `numerator` ÷ `denominator` of the price of products in `categories` and beneath them ("*": all).

    `shares` are those of categories that have one of their own; of two paths the longer counts. `volume` is the most of
    what is sold of a category that may be sold under promotion in a year; None where the policy says none.
    """

    numerator: int
    denominator: int
    categories: tuple[str, ...]
    counts_deferred: bool = True
    shares: Mapping[str, Fraction] = field(default_factory=dict)
    volume: Fraction | None = None

    @classmethod
    def of(cls, terms: Mapping[str, Any]) -> Ceiling:
        """Read the terms of a policy: {"share": [34, 100], "categories": ["Food", "Hygiene"], "counts_deferred": true,
        "shares": {"Hygiene": [40, 100]}, "volume": [25, 100]}; the last two may be left out.
        """
        numerator, denominator = terms["share"]
        return cls(
            numerator, denominator, tuple(terms["categories"]), bool(terms.get("counts_deferred", True)),
            {name: Fraction(*own) for name, own in terms.get("shares", {}).items()},
            Fraction(*terms["volume"]) if terms.get("volume") else None,
        )  # fmt: skip

    @property
    def share(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    @property
    def greatest(self) -> Fraction:
        """The most that any category allows: beyond it, a rule breaks the law wherever it gives."""
        return max([self.shares.get(one, self.share) for one in self.categories], default=self.share)

    def concerns(self, category: str) -> bool:
        return self.share_of(category) is not None

    def share_of(self, category: str) -> Fraction | None:
        """Return the share that a category allows, by the longest path that it lies beneath; None: not concerned."""
        path = self.path_of(category)
        return None if path is None else self.shares.get(path, self.share)

    def path_of(self, category: str) -> str | None:
        """Return the longest of the policy's paths that a category lies beneath."""
        return _path_above(self.categories, category)


@lru_cache(maxsize=PATHS_KEPT)
def _path_above(paths: tuple[str, ...], category: str) -> str | None:
    above = [one for one in paths if one in (EVERY_CATEGORY, category) or category.startswith(f"{one}/")]
    return max(above, key=lambda one: 0 if one == EVERY_CATEGORY else len(one), default=None)


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line as the law looks at it; money in minor units.

    listed     its price before any promotion;  unit_listed: of one unit
    immediate  what promotions take off now;  deferred: what its points and coupons are worth later
    lowest     the lowest price of one unit in the days before; None where no price is known
    announced  the cut is announced to everybody (an offer of the loyalty programme alone stands outside)
    """

    key: str
    category: str
    listed: int
    unit_listed: int
    immediate: int = 0
    deferred: int = 0
    lowest: int | None = None
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What would not be lawful: of which policy, where (key of a line or rule), what was found and what is allowed.

    Of a line in minor units; of a rule in ten-thousandths of the price.
    """

    kind: str
    code: Code
    where: str
    found: int
    allowed: int

    @property
    def percent_found(self) -> str:
        return _percent(self.found)

    @property
    def percent_allowed(self) -> str:
        return _percent(self.allowed)


def _percent(ten_thousandths: int) -> str:
    whole, part = divmod(ten_thousandths, 100)
    return f"{whole} %" if part == 0 else f"{whole},{part:02} %"


def check_ceiling(ceiling: Ceiling, lines: Iterable[PricedLine]) -> tuple[Finding, ...]:
    """Return the lines whose advantages together pass the ceiling; to the unit; a part of one is not allowed."""
    found = []
    for line in lines:
        share = ceiling.share_of(line.category)
        if share is None:
            continue
        advantage = line.immediate + (line.deferred if ceiling.counts_deferred else 0)
        allowed = line.listed * share.numerator // share.denominator
        if advantage > allowed:
            found.append(Finding(CEILING, "above_ceiling", line.key, advantage, allowed))
    return tuple(found)


def check_prior_price(lines: Iterable[PricedLine]) -> tuple[Finding, ...]:
    """Return the lines whose announced cut is counted from a price above the lowest of the days before."""
    return tuple(
        Finding(PRIOR_PRICE, "above_prior_price", line.key, line.unit_listed, line.lowest)
        for line in lines
        if line.announced and line.immediate > 0 and line.lowest is not None and line.unit_listed > line.lowest
    )


@dataclass(frozen=True, slots=True)
class Volume:
    """What was sold of a category of the policy, in thousandths of a unit, and what of it under promotion."""

    category: str
    units: int
    promoted: int
    allowed: Fraction

    @property
    def share(self) -> float:
        return self.promoted / self.units if self.units > 0 else 0.0

    @property
    def is_above(self) -> bool:
        return self.promoted > self.units * self.allowed


def check_volume(ceiling: Ceiling, sold: Iterable[tuple[str, int, int]]) -> tuple[Volume, ...]:
    """Return what each category of the policy sold, and sold under promotion: `sold` are (category, units, promoted).

    Nothing where the policy says nothing of volume. Of what suppliers agreed with the shop nothing is known here: these
    are the shop's own sales.
    """
    if ceiling.volume is None:
        return ()
    sums: dict[str, tuple[int, int]] = {}
    for category, units, promoted in sold:
        path = ceiling.path_of(category)
        if path is not None:
            known = sums.get(path, (0, 0))
            sums[path] = (known[0] + units, known[1] + promoted)
    return tuple(Volume(path, *sums[path], ceiling.volume) for path in ceiling.categories if path in sums)


def check_rules(ceiling: Ceiling, rules: RuleSet | Sequence[Rule]) -> tuple[Finding, ...]:
    """Return the rules that alone may take more off a product than the ceiling allows of any category.

    Only shares are known beforehand; amounts, prices and points are judged on each basket. Where the policy concerns no
    product there is nothing to find.
    """
    if not ceiling.categories:
        return ()
    each = rules.rules if isinstance(rules, RuleSet) else rules
    return tuple(
        Finding(CEILING, "may_pass_ceiling", rule.key, int(share * 10_000), int(ceiling.greatest * 10_000))
        for rule in each
        for share in (max(_shares_of(rule.effect), default=Fraction(0)),)
        if share > ceiling.greatest
    )


def _shares_of(effect: object) -> Iterator[Fraction]:
    match effect:
        case PercentOff(ratio=ratio, target="lines" | "order" | "all"):
            yield ratio
        case Sets(size=size, take=take, advantage=advantage):
            yield from (share * take / size for share in _share(advantage))
        case BuyGet(advantage=advantage, buy_units=bought, get_units=got, get=None) if bought and got:
            yield from (share * got / (bought + got) for share in _share(advantage))
        case BuyGet(advantage=advantage):
            yield from _share(advantage)
        case VolumePrices(steps=steps):
            for step in steps:
                yield from _share(step.advantage)
        case _:
            return


def _share(advantage: Advantage) -> Iterator[Fraction]:
    if advantage.kind == "percent":
        yield advantage.ratio
