"""The budget of the portfolio: what was asked for, how much of the effect is measured, and what the division brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Final

import numpy as np
from django.utils.translation import gettext as _

from fidelia.campaigns.operations.responding import Response, response_of
from fidelia.campaigns.queries import list_watched
from fidelia.insight.fits.response import (
    TWICE,
    TWICE_LEAST,
    TWICE_MOST,
    Curve,
    Gain,
    best_division,
    gain_of,
)
from fidelia.insight.measures.portfolio import CLASSES, DEFAULT_WEIGHTS
from fidelia.insight.models import BudgetPlan, Refresh
from fidelia.insight.operations.budgeting import BACK_MAX, BUDGET_MAX, WHOLE
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import exponent_of, split_by_largest_remainder

EXAMPLE: Final = 10_000  # units of the currency, where nothing was given in the last year and nothing is planned
BACK: Final = 1.0  # assumed: what is spent comes back once as margin
LEARNT_FROM: Final = timedelta(days=730)  # older campaigns were for other people
DOUBLED: Final = 1.959963984540054  # an assumption reaches from nothing to twice itself


@dataclass(slots=True)
class Asked:
    """What an address asks for; what it says wrong is left out and told (`mistakes`, by field)."""

    budget: int | None = None
    shares: dict[str, int] | None = None  # thousandths, which sum to 1,000
    scaled_from: Decimal | None = None  # what the shares summed to, in per cent, where that was not 100
    twice: float | None = None
    back: dict[str, float] = field(default_factory=dict)
    preset: str = ""
    mistakes: dict[str, str] = field(default_factory=dict)


def read_asked(query: Mapping[str, Any], currency: str, people: Mapping[str, int]) -> Asked:
    """Read the fields of the page: budget in units of the currency, a share in per cent by class, and assumptions."""
    asked = Asked(preset=str(query.get("set", "")))
    budget = _number(query, "budget", asked, least=Decimal("0.01"), most=Decimal(BUDGET_MAX).scaleb(-4))
    if budget is not None:
        asked.budget = max(1, round(budget.scaleb(exponent_of(currency))))
    twice = _number(query, "twice", asked, least=Decimal(str(TWICE_LEAST)), most=Decimal(str(TWICE_MOST)))
    asked.twice = float(twice) if twice is not None else None
    for name in CLASSES:
        back = _number(query, f"back_{name}", asked, least=Decimal(0), most=Decimal(str(BACK_MAX)))
        if back is not None:
            asked.back[name] = float(back)
    if any(query.get(name) for name in CLASSES):
        _read_shares(query, asked, people)
    return asked


def _read_shares(query: Mapping[str, Any], asked: Asked, people: Mapping[str, int]) -> None:
    given = {name: _number(query, name, asked, least=Decimal(0), most=Decimal(1_000)) for name in CLASSES}
    wanted = {name: (share or Decimal(0)) if people.get(name) else Decimal(0) for name, share in given.items()}
    whole = sum(wanted.values(), Decimal(0))
    if any(name in asked.mistakes for name in CLASSES):
        return
    if not whole:
        asked.mistakes["stars"] = _("At least one class with people has a share above zero.")
        return
    asked.shares = divided(wanted)
    asked.scaled_from = whole if whole != 100 else None


def divided(weights: Mapping[str, Any]) -> dict[str, int]:
    """Return thousandths in proportion to weights, which sum to 1,000 exactly."""
    fine = [int(Decimal(str(weights.get(name, 0))) * 10**6) for name in CLASSES]
    return dict(zip(CLASSES, split_by_largest_remainder(WHOLE, fine), strict=True))


def _number(query: Mapping[str, Any], name: str, asked: Asked, *, least: Decimal, most: Decimal) -> Decimal | None:
    text = str(query.get(name, "")).strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if not text:
        return None
    try:
        found = Decimal(text.replace(",", "."))
    except InvalidOperation:
        asked.mistakes[name] = _("This is not a number.")
        return None
    if not found.is_finite() or not least <= found <= most:
        bounds = {"least": f"{least.normalize():f}", "most": f"{most.normalize():f}"}
        asked.mistakes[name] = _("This is a number from %(least)s to %(most)s.") % bounds
        return None
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """One class: its people, its share of the margin so far, the budget, and what that is expected to bring.

    `today` are the thousandths given to it in the last year, None where nothing was given; `cost` of one person, at
    which its effect is known, `margin` of one; both minor units. `drawn`: how far it was drawn to the others, 0 to 1.
    """

    key: str
    people: int
    value_share: float
    share: int
    today: int | None
    budget: int
    effect: Gain
    is_measured: bool
    cost: float
    margin: float
    back: float
    treated: int = 0
    control: int = 0
    drawn: float = 0.0


class Allocation:
    """A division of a budget with what it is expected to bring, on what one refresh knows."""

    def __init__(self, by: Actor, refresh: Refresh, query: Mapping[str, Any], plan: BudgetPlan | None) -> None:
        assert refresh.portfolio is not None, "only where a portfolio is known"
        self.refresh, self.currency, self.plan = refresh, refresh.currency, plan
        self.known: dict[str, Any] = refresh.portfolio
        self.people = {name: int(self.known["classes"][name]["people"]) for name in CLASSES}
        self.given = {name: int(self.known["classes"][name]["given"]) for name in CLASSES}
        self.asked = read_asked(query, self.currency, self.people)
        kept = plan.assumed if plan is not None else {}
        self.twice = self.asked.twice or float(kept.get("twice", TWICE))
        self.back = dict.fromkeys(CLASSES, BACK) | dict(kept.get("back", {})) | self.asked.back
        self.budget = self.asked.budget or (plan.budget if plan is not None else self._usual_budget)
        self.sees_campaigns = by.may_somewhere("campaign.see")
        self.response = self._response(by)
        self.has_no_best = False
        self.shares = self._shares()

    @property
    def _usual_budget(self) -> int:
        return sum(self.given.values()) or EXAMPLE * 10 ** exponent_of(self.currency)

    @property
    def gives_today(self) -> bool:
        """Whether anything was given in the last year, so that there is a division of today."""
        return sum(self.given.values()) > 0

    @cached_property
    def today(self) -> dict[str, int] | None:
        """Thousandths of what was given in the last year by class; None where nothing was."""
        return divided(self.given) if self.gives_today else None

    def _response(self, by: Actor) -> Response:
        if not self.sees_campaigns:
            return Response()
        since = self.refresh.as_of - LEARNT_FROM
        watched = [one for one in list_watched(by=by) if one.result is not None and one.result.counted_until >= since]
        return response_of(watched, currency=self.currency, rate=float(self.known["rate"]))

    def _shares(self) -> dict[str, int]:
        if self.asked.preset == "best":
            found = best_division(self.curves, self.margins, self.budget, units=WHOLE)
            self.has_no_best = found is None
            if found is not None:
                return dict(zip(CLASSES, found, strict=True))
        if self.asked.preset == "potential":
            worth = {name: max(0, int(self.known["classes"][name]["potential"])) for name in CLASSES}
            if any(worth.values()):
                return divided(worth)
        if self.asked.preset == "today" and self.today is not None:
            return self.today
        return self.asked.shares or (dict(self.plan.shares) if self.plan is not None else None) or self.start

    @property
    def start(self) -> dict[str, int]:
        """Where one begins: as today, else the proposal for who has people."""
        proposed = {name: DEFAULT_WEIGHTS[name] if self.people[name] else 0 for name in CLASSES}
        return self.today or divided(proposed if any(proposed.values()) else DEFAULT_WEIGHTS)

    @cached_property
    def assumed_cost(self) -> float:
        """What a person of a class that no campaign measured costs, at which the assumption holds: the mean of all."""
        return max(1.0, self._usual_budget / max(1, sum(self.people.values())))

    @cached_property
    def curves(self) -> list[Curve]:
        """How each class answers money, in the order of CLASSES."""
        effects = self.response.effects
        return [
            Curve(self.people[name], effects[name].cost if name in effects else self.assumed_cost, self.twice)
            for name in CLASSES
        ]

    @cached_property
    def margins(self) -> list[float]:
        """Margin that one person of each class brings more at the cost of its curve: measured, pooled, else assumed."""
        measured = dict(zip(self.response.classes, self.response.margins, strict=True))
        return [measured.get(name, self.back[name] * self.assumed_cost) for name in CLASSES]

    @cached_property
    def covariance(self) -> Any:
        """What is in doubt of these margins; an assumption reaches from nothing to twice itself, each for itself."""
        found = np.diag([(margin / DOUBLED) ** 2 for margin in self.margins])
        places = [CLASSES.index(name) for name in self.response.classes]
        if places:
            found[np.ix_(places, places)] = np.array(self.response.covariance)
        return found

    def budgets_of(self, shares: Mapping[str, int]) -> list[int]:
        """The budget of each class in minor units; they sum to the budget exactly."""
        return split_by_largest_remainder(self.budget, [shares[name] for name in CLASSES])

    def weights_of(self, shares: Mapping[str, int]) -> Any:
        """How many times the effect of one person each class brings under a division."""
        return np.array([
            curve.effects_of(budget) for curve, budget in zip(self.curves, self.budgets_of(shares), strict=True)
        ])  # fmt: skip

    @property
    def lines(self) -> list[Line]:
        weights, budgets = self.weights_of(self.shares), self.budgets_of(self.shares)
        whole = sum(max(0, int(self.known["classes"][name]["value"])) for name in CLASSES) or 1
        drawn = dict(zip(self.response.classes, self.response.drawn, strict=True))
        lines = []
        for place, name in enumerate(CLASSES):
            alone, measured = np.zeros(len(CLASSES)), self.response.effects.get(name)
            alone[place] = weights[place]
            lines.append(Line(
                name, self.people[name], max(0, int(self.known["classes"][name]["value"])) / whole, self.shares[name],
                None if self.today is None else self.today[name], budgets[place],
                gain_of(alone, self.margins, self.covariance), measured is not None, self.curves[place].cost,
                self.margins[place], self.back[name], measured.treated if measured else 0,
                measured.control if measured else 0, drawn.get(name, 0.0),
            ))  # fmt: skip
        return lines

    @property
    def total(self) -> Gain:
        """What all classes together are expected to bring."""
        return gain_of(self.weights_of(self.shares), self.margins, self.covariance)

    @property
    def against_today(self) -> Gain | None:
        """What the division brings more than the same budget divided as today; None where nothing is given today."""
        if self.today is None:
            return None
        return gain_of(self.weights_of(self.shares) - self.weights_of(self.today), self.margins, self.covariance)

    @property
    def is_all_assumed(self) -> bool:
        return not self.response.classes
