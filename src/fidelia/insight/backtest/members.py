"""The tier of each member while history is replayed by other terms.

As long as nothing of a member's is other than it was, and tiers are what they were, what was read then holds. From the
first difference on the tier is derived from what the replay gave, and from what was earned otherwise, at its own dates.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from fidelia.programme.queries import Terms
from fidelia.rules.tiers import NO_TIER, Earning, HeldTier, TierTracker, feed


@dataclass(slots=True)
class Account:
    """What an account came to: points as they were and as they are now, and the facts that tiers are measured by."""

    was: int = 0
    now: int = 0
    is_other: bool = False
    earned: list[Earning] = field(default_factory=list)
    spent: list[Earning] = field(default_factory=list)
    bought: list[Earning] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of memberships beside purchases: when each began, grants of tiers, points earned otherwise."""

    joined: Mapping[str, datetime]
    grants: Mapping[str, list[HeldTier]]
    earned: Mapping[str, list[Earning]]


class Members:
    """All accounts of a replay, and the tiers of their memberships."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.accounts: dict[str, Account] = defaultdict(Account)
        self._trackers: dict[str, _Followed] = {}

    def tier_at(self, account_id: str, enrolment_id: str, terms: Terms, at: datetime) -> str:
        """Return the main tier that the terms give by all that is known so far."""
        if terms.tiers is None:
            return NO_TIER
        facts = self._facts(account_id, terms)
        kept = self._trackers.get(enrolment_id)
        if kept is None or not kept.goes_on(terms, facts, at):
            kept = _Followed(terms, self._tracker(enrolment_id, terms))
        later = [fact for fact in facts[kept.done :] if fact[0] > at]
        feed(kept.tracker, [fact for fact in facts[kept.done :] if fact[0] <= at])
        tier = kept.tracker.tier_at(at)
        if later:  # what comes later in time is not counted yet: next time it is derived anew
            self._trackers.pop(enrolment_id, None)
        else:
            kept.done, kept.asked_at = len(facts), at
            self._trackers[enrolment_id] = kept
        return tier

    def _tracker(self, enrolment_id: str, terms: Terms) -> TierTracker:
        assert terms.tiers is not None, "asked before"
        grants = self.known.grants.get(enrolment_id, ())
        return TierTracker(terms.tiers, terms.zone, grants, self.known.joined.get(enrolment_id))

    def _facts(self, account_id: str, terms: Terms) -> list[Earning]:
        assert terms.tiers is not None, "asked before"
        account = self.accounts[account_id]
        if terms.tiers.metric == "spent":
            return account.spent
        elif terms.tiers.metric == "purchases":
            return account.bought
        other = self.known.earned.get(account_id)
        return [*other, *account.earned] if other else account.earned


@dataclass(slots=True)
class _Followed:
    """A tracker, how many facts it has counted, and for when it was asked last."""

    terms: Terms
    tracker: TierTracker
    done: int = 0
    asked_at: datetime | None = None

    def goes_on(self, terms: Terms, facts: list[Earning], at: datetime) -> bool:
        """Whether the facts not yet counted come after all that was; a late one asks for a new beginning."""
        if self.terms is not terms or self.done > len(facts) or self.asked_at is None or at < self.asked_at:
            return False
        return all(fact[0] >= self.asked_at for fact in facts[self.done :])
