"""The tier of each member while history is replayed by other terms.

As long as nothing of a member's is other than it was, and tiers are what they were, what was read then holds. From the
first difference on the tier is derived from what the replay gave, and from what was earned otherwise, at its own dates:
points from the day on which they come to life, on every account that was the membership's by then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from fidelia.programme.queries import Terms
from fidelia.rules.tier_deriving import derive_tiers, feed
from fidelia.rules.tiers import NO_TIER, Earning, HeldTier, TierSet, TierTracker
from fidelia.rules.tiers_together import held_together_at

MAIN = ""  # the points of the programme, with what counts for its tiers beside them


@dataclass(slots=True)
class Earned:
    """Points of one occasion: from when they count, how many, and of which moment a return takes them."""

    at: datetime
    amount: int
    of: datetime | None = None

    def fact(self) -> Earning:
        return (self.at, self.amount) if self.of is None else (self.at, self.amount, self.of)


@dataclass(slots=True)
class Account:
    """What an account came to: points as they were and as they are now, and what it earned, by currency of points."""

    was: int = 0
    now: int = 0
    is_other: bool = False
    earned: dict[str, list[Earned]] = field(default_factory=lambda: defaultdict(list))
    waits: bool = False  # some points came to life later than they were earned: the facts are not in order


@dataclass(slots=True)
class Bought:
    """What a membership spent, and how many purchases it made."""

    spent: list[Earning] = field(default_factory=list)
    purchases: list[Earning] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of memberships beside purchases: when each began, grants of tiers, points earned otherwise by
    account and currency, what came to a balance otherwise, which accounts and memberships became one's own when,
    when points of a purchase came to life that had waited (None: they never did), and purchases that no rule decided.
    """

    zone: ZoneInfo
    joined: Mapping[str, datetime]
    grants: Mapping[str, list[HeldTier]]
    earned: Mapping[tuple[str, str], list[Earning]]
    moved: Mapping[tuple[str, str], list[Earning]] = field(default_factory=dict)
    accounts: Mapping[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    followed: Mapping[str, list[tuple[str, datetime]]] = field(default_factory=dict)
    awoken: Mapping[str, datetime | None] = field(default_factory=dict)
    bought: Mapping[str, Bought] = field(default_factory=dict)


class Members:
    """All accounts of a replay, and the tiers of their memberships."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.accounts: dict[str, Account] = defaultdict(Account)
        self.bought: dict[str, Bought] = defaultdict(Bought)
        self._trackers: dict[str, _Followed] = {}

    def is_other(self, account_id: str, enrolment_id: str, at: datetime) -> bool:
        """Whether anything on the accounts of a membership is other by an instant than it was."""
        return any(self.accounts[one].is_other for one in self._accounts_of(account_id, enrolment_id, at))

    def tier_at(self, account_id: str, enrolment_id: str, terms: Terms, at: datetime) -> str:
        """Return the main tier that the terms give by all that is known so far."""
        if terms.tiers is None:
            return NO_TIER
        if terms.tiers.also or terms.tiers.together:
            return self._by_any_measure(account_id, enrolment_id, terms, at)
        facts, is_whole = self._facts(account_id, enrolment_id, terms.tiers, at)
        kept = self._trackers.get(enrolment_id)
        if not is_whole or kept is None or not kept.goes_on(terms, facts, at):
            kept = _Followed(terms, self._tracker(enrolment_id, terms))
        later = [fact for fact in facts[kept.done :] if fact[0] > at]
        feed(kept.tracker, [fact for fact in facts[kept.done :] if fact[0] <= at])
        tier = kept.tracker.tier_at(at)
        if later or not is_whole:  # what comes later in time is not counted yet: next time it is derived anew
            self._trackers.pop(enrolment_id, None)
        else:
            kept.done, kept.asked_at = len(facts), at
            self._trackers[enrolment_id] = kept
        return tier

    def _by_any_measure(self, account_id: str, enrolment_id: str, terms: Terms, at: datetime) -> str:
        """Return the tier where further measures give it too, or are asked for besides, each derived anew: see
        `programme.queries.tier_facts`.
        """
        assert terms.tiers is not None, "asked before"
        grants = [*self.known.grants.get(enrolment_id, ())]
        joined = self.known.joined.get(enrolment_id)
        for other in terms.tiers.also:
            facts, _is_whole = self._facts(account_id, enrolment_id, other, at)
            by_then = [fact for fact in facts if fact[0] <= at]
            grants += [held for held in derive_tiers(other, terms.zone, by_then, (), joined) if held.tier]
        facts, _is_whole = self._facts(account_id, enrolment_id, terms.tiers, at)
        tracker = TierTracker(terms.tiers, terms.zone, grants, joined)
        feed(tracker, [fact for fact in facts if fact[0] <= at])
        tier = tracker.tier_at(at)
        return self._together(tier, account_id, enrolment_id, terms, at) if terms.tiers.together else tier

    def _together(self, tier: str, account_id: str, enrolment_id: str, terms: Terms, at: datetime) -> str:
        """Return the tier of those up to one that all further measures which name it give as well."""
        assert terms.tiers is not None, "asked before"
        joined, needed = self.known.joined.get(enrolment_id), []
        for other in terms.tiers.together:
            facts, _is_whole = self._facts(account_id, enrolment_id, other, at)
            tracker = TierTracker(other, terms.zone, (), joined)
            feed(tracker, [fact for fact in facts if fact[0] <= at])
            needed.append(tracker.tier_at(at))
        return held_together_at(terms.tiers, tier, needed, self.known.grants.get(enrolment_id, ()), at)

    def _tracker(self, enrolment_id: str, terms: Terms) -> TierTracker:
        assert terms.tiers is not None, "asked before"
        grants = self.known.grants.get(enrolment_id, ())
        return TierTracker(terms.tiers, terms.zone, grants, self.known.joined.get(enrolment_id))

    def _facts(
        self, account_id: str, enrolment_id: str, tiers: TierSet, at: datetime
    ) -> tuple[Sequence[Earning], bool]:
        """Return what a tier is measured by, and whether it only ever grows at its end: then it is followed on."""
        if tiers.metric in ("spent", "purchases"):
            return self._bought_by(enrolment_id, tiers.metric, at)
        code, known = tiers.currency or MAIN, self.known
        otherwise = known.moved if tiers.metric == "balance" else known.earned
        accounts = self._accounts_of(account_id, enrolment_id, at)
        is_whole = len(accounts) == 1 and not self.accounts[account_id].waits
        facts: list[Earning] = []
        for one in accounts:
            facts += otherwise.get((one, code), ())
            facts += [each.fact() for each in self.accounts[one].earned[code] if each.amount]
        return facts, is_whole

    def _bought_by(self, enrolment_id: str, metric: str, at: datetime) -> tuple[Sequence[Earning], bool]:
        own = [enrolment_id, *(one for one, since in self.known.followed.get(enrolment_id, ()) if since <= at)]
        told = [each for one in own if (each := self.known.bought.get(one)) is not None]
        told += [self.bought[one] for one in own]
        facts = [each.spent if metric == "spent" else each.purchases for each in told]
        return (facts[0], True) if len(facts) == 1 else ([fact for each in facts for fact in each], False)

    def _accounts_of(self, account_id: str, enrolment_id: str, at: datetime) -> Sequence[str]:
        more = self.known.accounts.get(enrolment_id)
        if not more:
            return (account_id,)
        return tuple(dict.fromkeys([account_id, *_since(more, at)]))


def _since(accounts: Sequence[tuple[str, datetime]], at: datetime) -> Iterator[str]:
    return (account for account, since in accounts if since <= at)


@dataclass(slots=True)
class _Followed:
    """A tracker, how many facts it has counted, and for when it was asked last."""

    terms: Terms
    tracker: TierTracker
    done: int = 0
    asked_at: datetime | None = None

    def goes_on(self, terms: Terms, facts: Sequence[Earning], at: datetime) -> bool:
        """Whether the facts not yet counted come after all that was; a late one asks for a new beginning."""
        if self.terms is not terms or self.done > len(facts) or self.asked_at is None or at < self.asked_at:
            return False
        return all(fact[0] >= self.asked_at for fact in facts[self.done :])
