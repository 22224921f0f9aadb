"""What tiers are measured by, as a replay goes on: points from when they count, money spent, purchases made.

Points that wait come to life when the terms that gave them say, and a return before that day cancels them, as in the
ledger; where they wait for an event, it came when it really did. A purchase of which nothing is left is one no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fidelia.programme.queries import Terms
from fidelia.rules.terms import PointsPolicy

from .history import Occasion
from .members import MAIN, Earned, Members
from .results import Result


@dataclass(slots=True)
class _Sold:
    """A sale as returns of it need it: when, how much of its money is left, and what it earned by currency."""

    at: datetime
    money: int
    earned: dict[str, Earned] = field(default_factory=dict)


class Growth:
    """Counts every occasion for the tiers of its member; only as far as a tier of some terms is measured by it."""

    def __init__(self, members: Members, terms: Iterable[Terms]) -> None:
        sets = [one for each in terms if each.tiers is not None for one in each.tiers.measures]
        self.members = members
        self._counts_points = {each.currency or MAIN for each in sets if each.metric not in ("spent", "purchases")}
        self._counts_money = any(each.metric in ("spent", "purchases") for each in sets)
        self._sold: dict[str, _Sold] = {}

    def count(self, seen: Occasion, terms: Terms, was: Result, now: Result, *, comes_back: bool) -> None:
        """Count what an occasion of a member came to. `comes_back`: something of it will be given back."""
        account = self.members.accounts[seen.account_id]
        account.was += was.points
        account.now += now.points
        differs = was.points != now.points or was.credits != now.credits
        differs = differs or (seen.kind == "sale" and was.tier_credit != now.tier_credit)
        account.is_other = account.is_other or differs
        if comes_back:
            self._sold[seen.purchase_id] = _Sold(seen.occurred_at, seen.total)
        if MAIN in self._counts_points:
            self._earn(seen, MAIN, now.points, policy=terms.points)
            if now.tier_credit:
                self._earn(seen, MAIN, now.tier_credit, policy=None, kept_as="tier")
        for code in self._counts_points & now.credits.keys():
            self._earn(seen, code, now.credits[code], policy=terms.points_of(code))
        if self._counts_money and seen.enrolment_id is not None:
            self._buy(seen)

    def _earn(self, seen: Occasion, code: str, amount: int, *, policy: PointsPolicy | None, kept_as: str = "") -> None:
        if not amount:
            return
        account = self.members.accounts[seen.account_id]
        sold = self._sold.get(seen.returns_id or seen.purchase_id)
        if seen.kind == "sale":
            at = self._begins(seen, policy)
            if at is None:
                return
            entry = Earned(at, amount)
            account.waits = account.waits or at != seen.occurred_at
            if sold is not None:
                sold.earned[code + kept_as] = entry
        else:
            given = sold.earned.get(code + kept_as) if sold is not None else None
            if given is not None and seen.occurred_at < given.at:
                given.amount += amount
                return
            of = given.at if given is not None else sold.at if sold is not None else None
            entry = Earned(seen.occurred_at, amount, of)
        account.earned[code].append(entry)

    def _begins(self, seen: Occasion, policy: PointsPolicy | None) -> datetime | None:
        """Return from when points count; None where they wait for what never came."""
        if policy is None or policy.pending is None:
            return seen.occurred_at
        elif policy.pending.event:
            awoken: Mapping[str, datetime | None] = self.members.known.awoken
            return awoken.get(seen.purchase_id, seen.occurred_at)
        return policy.activates_at(seen.occurred_at, self.members.known.zone)

    def _buy(self, seen: Occasion) -> None:
        assert seen.enrolment_id is not None, "asked before"
        bought, sold = self.members.bought[seen.enrolment_id], self._sold.get(seen.returns_id or "")
        undone = sold.at if sold is not None else None
        if seen.total:
            bought.spent.append((seen.occurred_at, seen.total, undone) if undone else (seen.occurred_at, seen.total))
        if seen.kind == "sale":
            bought.purchases.append((seen.occurred_at, 1))
        elif sold is not None:
            had, sold.money = sold.money, sold.money + seen.total
            if had > 0 >= sold.money:
                bought.purchases.append((seen.occurred_at, -1, sold.at))
