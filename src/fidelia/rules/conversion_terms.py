"""Points of one currency exchanged for those of another: points into a cagnotte, miles into points.

    conversions:
      - {from: "", to: EURC, points: "100", gives: "1", minimum: "500", step: "100", fee: "50", rounding: down,
         bonus: {each: "60000", gives: "5000"}}

`from` and `to` name points currencies of the programme, "" the main one. See docs/reference/terms.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .reading import MalformedTerms, read_amount, read_choice, read_object
from .rounding import ROUNDINGS

CONVERSIONS_MAX = 20
MEMBERS = {"from", "to", "points", "gives", "minimum", "maximum", "step", "fee", "rounding", "bonus"}


@dataclass(frozen=True, slots=True)
class ConversionPolicy:
    """`points` minor units of `source` give `gives` minor units of `target` ("" is the main currency).

    One exchanges `minimum` at least and `maximum` at most (None: any) at a time, in whole `step`s; `fee` of them is
    kept, whatever the amount; what a ratio leaves over is rounded by name. For each full `bonus_each` of what is taken
    at once, the fee left out, `bonus` of the target come on top (0: none).
    """

    source: str
    target: str
    points: int
    gives: int
    minimum: int = 1
    maximum: int | None = None
    step: int = 1
    fee: int = 0
    rounding: str = "down"
    bonus_each: int = 0
    bonus: int = 0

    def given_for(self, points: int) -> int:
        """Return what so many points give, the fee kept; nothing for what is no more than the fee."""
        taken = max(points - self.fee, 0)
        more = taken // self.bonus_each * self.bonus if self.bonus_each else 0
        return ROUNDINGS[self.rounding](taken * self.gives, self.points) + more

    def refusal_of(self, points: int) -> str | None:
        """Return why so many may not be exchanged: "below_minimum", "above_maximum", "not_a_step", "gives_nothing"."""
        if points < self.minimum:
            return "below_minimum"
        elif self.maximum is not None and points > self.maximum:
            return "above_maximum"
        elif points % self.step:
            return "not_a_step"
        return None if self.given_for(points) > 0 else "gives_nothing"

    def most_of(self, available: int) -> int:
        """Return the most of a balance that may be exchanged, 0 for none."""
        most = available if self.maximum is None else min(available, self.maximum)
        most = max(most, 0) // self.step * self.step
        return most if self.refusal_of(most) is None else 0


def parse_conversions(document: Any, scales: Mapping[str, int]) -> tuple[ConversionPolicy, ...]:
    """Read the conversions of a version; `scales` are those of the programme's points currencies, "" for the main one.

    Raises MalformedTerms.
    """
    if document is None:
        return ()
    if not isinstance(document, list) or len(document) > CONVERSIONS_MAX:
        message = f"Write a list of up to {CONVERSIONS_MAX} ways to exchange points."
        raise MalformedTerms(message, pointer="/conversions")
    read = tuple(_conversion(each, f"/conversions/{n}", scales) for n, each in enumerate(document))
    ways = [(each.source, each.target) for each in read]
    for n, way in enumerate(ways):
        if way in ways[:n]:
            raise MalformedTerms("These points are exchanged for those already.", pointer=f"/conversions/{n}/to")
    return read


def _conversion(document: Any, pointer: str, scales: Mapping[str, int]) -> ConversionPolicy:
    known = read_object(document, pointer, MEMBERS)
    source, target = known.get("from", ""), known.get("to", "")
    for name, code in (("from", source), ("to", target)):
        if code not in scales:
            raise MalformedTerms("Name a points currency of the programme.", pointer=f"{pointer}/{name}")
    if source == target:
        raise MalformedTerms("Points are exchanged for others than themselves.", pointer=f"{pointer}/to")
    taken = scales[source]
    bonus = _bonus(known.get("bonus"), f"{pointer}/bonus", taken, scales[target])
    maximum = known.get("maximum")
    policy = ConversionPolicy(
        source=source,
        target=target,
        points=read_amount(known.get("points"), f"{pointer}/points", taken),
        gives=read_amount(known.get("gives"), f"{pointer}/gives", scales[target]),
        minimum=read_amount(known["minimum"], f"{pointer}/minimum", taken) if "minimum" in known else 1,
        maximum=None if maximum is None else read_amount(maximum, f"{pointer}/maximum", taken),
        step=read_amount(known["step"], f"{pointer}/step", taken) if "step" in known else 1,
        fee=read_amount(known.get("fee", 0), f"{pointer}/fee", taken, least=0),
        rounding=read_choice(known.get("rounding", "down"), f"{pointer}/rounding", sorted(ROUNDINGS)),
        bonus_each=bonus[0],
        bonus=bonus[1],
    )
    if policy.maximum is not None and policy.maximum < policy.minimum:
        raise MalformedTerms("The most is not below the least.", pointer=f"{pointer}/maximum")
    return policy


def _bonus(document: Any, pointer: str, taken: int, given: int) -> tuple[int, int]:
    """Read {"each", "gives"}: for each full so many, so many on top; nothing where there is none."""
    if document is None:
        return 0, 0
    known = read_object(document, pointer, {"each", "gives"})
    each = read_amount(known.get("each"), f"{pointer}/each", taken)
    return each, read_amount(known.get("gives"), f"{pointer}/gives", given)
