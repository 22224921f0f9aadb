"""What a backtest comes to beside what happened: points and money by rule, tier, store and month; members; baskets."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from .history import Occasion
from .results import Result

Pair = list[int]
BASKETS_SHOWN = 40
RULES_NAMED = 3
# Changes in points over the whole period, in whole points of the currency: where a band of the distribution begins.
BANDS = (-200, -50, 0, 50, 100, 200, 400)


def _pairs() -> dict[str, Pair]:
    return defaultdict(lambda: [0, 0])


@dataclass(slots=True)
class Tallies:
    """Sums of the occasions of the period: [as it was, as it is now]; `credits` by further currency of points."""

    points: Pair = field(default_factory=lambda: [0, 0])
    discount: Pair = field(default_factory=lambda: [0, 0])
    credits: dict[str, Pair] = field(default_factory=_pairs)
    by_rule: dict[str, Pair] = field(default_factory=_pairs)
    money_by_rule: dict[str, Pair] = field(default_factory=_pairs)
    by_tier: dict[str, Pair] = field(default_factory=_pairs)
    by_store: dict[str, Pair] = field(default_factory=_pairs)
    by_month: dict[str, Pair] = field(default_factory=_pairs)
    members: dict[str, Pair] = field(default_factory=_pairs)
    occasions: int = 0
    changed: int = 0
    approximate: int = 0
    _baskets: list[tuple[int, int, dict[str, Any]]] = field(default_factory=list)
    _place: Any = field(default_factory=count)

    def add(self, seen: Occasion, was: Result, now: Result) -> None:
        """Count one occasion of the period."""
        self.occasions += 1
        self.approximate += now.is_approximate
        _add(self.points, was.points, now.points)
        if was.discount or now.discount:
            _add(self.discount, was.discount, now.discount)
        if was.points or now.points:
            _add(self.by_month[seen.month], was.points, now.points)
            _add(self.by_store[seen.store_id or ""], was.points, now.points)
            _add(self.members[seen.account_id], was.points, now.points)
            self.by_tier[was.tier][0] += was.points
            self.by_tier[now.tier][1] += now.points
        if was.credits or now.credits:
            _add_each(self.credits, was.credits, now.credits)
        _add_each(self.by_rule, was.points_by_rule, now.points_by_rule)
        if was.discount_by_rule or now.discount_by_rule:
            _add_each(self.money_by_rule, was.discount_by_rule, now.discount_by_rule)
        if was.points != now.points or was.discount != now.discount or was.credits != now.credits:
            self._keep(seen, was, now)

    def _keep(self, seen: Occasion, was: Result, now: Result) -> None:
        """Keep the baskets that change most, with what changed in them."""
        self.changed += 1
        size = abs(now.points - was.points) + abs(now.discount - was.discount)
        if len(self._baskets) == BASKETS_SHOWN and size <= self._baskets[0][0]:
            return
        changes = {
            rule: [was.points_by_rule.get(rule, 0), now.points_by_rule.get(rule, 0)]
            for rule in {*was.points_by_rule, *now.points_by_rule}
            if was.points_by_rule.get(rule, 0) != now.points_by_rule.get(rule, 0)
        }
        basket = {
            "purchase_id": seen.purchase_id,
            "store_id": seen.store_id,
            "occurred_at": seen.occurred_at.isoformat(),
            "total": seen.total,
            "points": [was.points, now.points],
            "discount": [was.discount, now.discount],
            "tier": [was.tier, now.tier],
            "rules": dict(sorted(changes.items(), key=lambda each: -abs(each[1][1] - each[1][0]))[:RULES_NAMED]),
        }
        entry = (size, next(self._place), basket)
        if len(self._baskets) < BASKETS_SHOWN:
            heapq.heappush(self._baskets, entry)
        else:
            heapq.heapreplace(self._baskets, entry)

    def beside(self, other: Tallies) -> dict[str, Any]:
        """Return what this trial comes to beside another over the same history: [by the other, by this one].

        Amounts in minor units; members by their points over the whole period.
        """
        accounts = {*self.members, *other.members}
        changes = [_now(self.members, one) - _now(other.members, one) for one in accounts]
        rules = {*self.by_rule, *other.by_rule}
        months = sorted({*self.by_month, *other.by_month})
        return {
            "points": [other.points[1], self.points[1]],
            "discount": [other.discount[1], self.discount[1]],
            "by_rule": {rule: [_now(other.by_rule, rule), _now(self.by_rule, rule)] for rule in sorted(rules)},
            "by_month": {month: [_now(other.by_month, month), _now(self.by_month, month)] for month in months},
            "members": {
                "gain": sum(1 for each in changes if each > 0),
                "lose": sum(1 for each in changes if each < 0),
            },
        }

    def as_mapping(self, *, scale: int) -> dict[str, Any]:
        """Return the result as JSON holds it; points in minor units of `scale` decimals, money in minor units."""
        changes = [now - was for was, now in self.members.values()]
        return {
            "occasions": self.occasions,
            "changed": self.changed,
            "approximate": self.approximate,
            "points": self.points,
            "discount": self.discount,
            "credits": dict(sorted(self.credits.items())),
            "by_rule": dict(self.by_rule),
            "money_by_rule": dict(self.money_by_rule),
            "by_tier": dict(self.by_tier),
            "by_store": dict(self.by_store),
            "by_month": dict(sorted(self.by_month.items())),
            "members": {
                "all": len(changes),
                "gain": sum(1 for each in changes if each > 0),
                "lose": sum(1 for each in changes if each < 0),
                "bands": _bands(changes, 10**scale),
            },
            "baskets": [basket for _size, _place, basket in sorted(self._baskets, key=lambda each: -each[0])],
        }


def tier_moves(was: Mapping[str, str], now: Mapping[str, str]) -> list[list[Any]]:
    """Return [tier as it is, tier by the trial, members] of each pair that occurs."""
    counted: dict[tuple[str, str], int] = defaultdict(int)
    for enrolment_id, tier in was.items():
        counted[tier, now.get(enrolment_id, tier)] += 1
    return [[before, after, members] for (before, after), members in sorted(counted.items())]


def _bands(changes: list[int], unit: int) -> list[list[Any]]:
    """Return [from, to, members] of each band of changes that are none; an end that is None is open."""
    ends = [each * unit for each in BANDS]
    bands: list[list[Any]] = [[None if n == 0 else BANDS[n - 1], BANDS[n] if n < len(BANDS) else None, 0]
                              for n in range(len(BANDS) + 1)]  # fmt: skip
    for change in changes:
        if change:
            place = sum(1 for end in ends if change > end or (change == end and end < 0))
            bands[place][2] += 1
    return bands


def _now(pairs: Mapping[str, Pair], key: str) -> int:
    """Return the second of a pair, without making one in a mapping that makes what is missing."""
    return pairs[key][1] if key in pairs else 0


def _add(pair: Pair, was: int, now: int) -> None:
    pair[0] += was
    pair[1] += now


def _add_each(pairs: dict[str, Pair], was: Mapping[str, int], now: Mapping[str, int]) -> None:
    for rule, points in was.items():
        pairs[rule][0] += points
    for rule, points in now.items():
        pairs[rule][1] += points
