"""Rules that do not go together: which sets of them do, so that the best for the customer can be found.

Each set is one settling of the basket, so no more than SETS_MAX are tried. Where a version's rules make more, the rules
that this basket cannot get leave the question first; what is still too much is tried from the rules on that take most
off by themselves, and the decision says that not all was tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

SETS_MAX = 64
# A search that finds few sets among many rules ends too: each step takes a rule in, or leaves it out.
STEPS_MAX = 20_000


class Conflicting(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def not_with(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Combinations:
    """Largest sets of rules that go together, of the rules `asked`: those with conflicts.

    are_all  there are no other such sets
    """

    sets: tuple[frozenset[str], ...] = ()
    asked: frozenset[str] = frozenset()
    are_all: bool = True


NONE = Combinations()


def combinations_of(rules: Sequence[Conflicting]) -> Combinations:
    """Return the largest sets of those rules that go together, those with the first rules first, at most SETS_MAX.

    Rules without a conflict among these are in none of them; without conflicts there are no sets.
    """
    keys = {each.key for each in rules}
    conflicts = {each.key: each.not_with & keys for each in rules if each.not_with & keys}
    if not conflicts:
        return NONE
    asked = frozenset(conflicts)
    found: list[frozenset[str]] = []
    for step, chosen in enumerate(_search(frozenset(), list(conflicts), conflicts)):
        if chosen is not None and len(found) == SETS_MAX:
            return Combinations(tuple(found), asked, are_all=False)
        elif chosen is not None:
            found.append(chosen)
        elif step >= STEPS_MAX:
            return Combinations(tuple(found), asked, are_all=False)
    return Combinations(tuple(found), asked)


def _search(
    chosen: frozenset[str], left: Sequence[str], conflicts: dict[str, frozenset[str]]
) -> Iterator[frozenset[str] | None]:
    """Yield each largest set, and None for each step between: the first rule is taken in, then left out."""
    yield None
    if not left:
        if all(key in chosen or not chosen.isdisjoint(against) for key, against in conflicts.items()):
            yield chosen
        return
    key, rest = left[0], left[1:]
    yield from _search(chosen | {key}, [each for each in rest if each not in conflicts[key]], conflicts)
    # Left out for nothing, it would be missed: some rule still to come must stand in its way.
    if any(each in conflicts[key] for each in rest):
        yield from _search(chosen, rest, conflicts)
