"""Part of a history: what is counted of a replay. All of it is replayed, since budgets and tiers know no part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .history import History, Occasion
from .results import Result

NO_TIER: Final = "-"  # who held none; an empty text asks for every tier
_PEOPLE = """
select distinct e.account_id from segment_memberships m join enrolments e using (customer_id)
where m.segment = $segment and m.valid_from <= $at and (m.valid_until is null or m.valid_until > $at)
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What is asked for: purchases of a store, under a tier held then, in a local month (“2026-03”), of the people who
    are in a segment now. Empty: all.
    """

    store_id: str = ""
    tier: str = ""
    month: str = ""
    segment: str = ""

    def as_mapping(self) -> dict[str, str]:
        """Return what is asked for, without what is not."""
        asked = {"store_id": self.store_id, "tier": self.tier, "month": self.month, "segment": self.segment}
        return {name: value for name, value in asked.items() if value}

    @classmethod
    def of(cls, mapping: Mapping[str, str]) -> Part:
        """Read what `as_mapping` wrote; other names are left alone."""
        return cls(*(str(mapping.get(name) or "") for name in ("store_id", "tier", "month", "segment")))


ALL: Final = Part()


@dataclass(slots=True)
class Sieve:
    """Tells which occasions of a history are of a part; `accounts` are those of which there was one."""

    part: Part
    people: frozenset[str] = frozenset()
    accounts: set[str] = field(default_factory=set)

    def holds(self, seen: Occasion, was: Result) -> bool:
        """Whether an occasion is of the part, by what it came to when it happened."""
        part = self.part
        if part.store_id and seen.store_id != part.store_id:
            return False
        if part.month and seen.month != part.month:
            return False
        if part.tier and (not seen.is_member or was.tier != part.tier.replace(NO_TIER, "")):
            return False
        if part.segment and seen.account_id not in self.people:
            return False
        self.accounts.add(seen.account_id)
        return True


def sieve_of(part: Part, history: History, at: object) -> Sieve:
    """Return what sifts a history; the people of a segment are those in it at an instant."""
    if not part.segment:
        return Sieve(part)
    history.view("segment_memberships")
    rows = history.rows(_PEOPLE, segment=part.segment, at=at)
    return Sieve(part, frozenset(row[0] for row in rows))
