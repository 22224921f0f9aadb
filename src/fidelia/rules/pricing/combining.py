"""Rules that do not go together: which sets of them do, so that the best for the customer can be found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

# Ten rules have at most 36 such sets, and each set is one settling of the basket.
CONFLICTING_MAX = 10


class Conflicting(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def not_with(self) -> frozenset[str]: ...


def combinations_of(rules: Sequence[Conflicting]) -> tuple[frozenset[str], ...]:
    """Return each largest set of the rules with conflicts that go together, those with the first rules first.

    Without conflicts there is none. Beyond CONFLICTING_MAX such rules it gives up, and the first counts.
    """
    conflicts = {each.key: each.not_with for each in rules if each.not_with}
    if not conflicts or len(conflicts) > CONFLICTING_MAX:
        return ()
    found: list[frozenset[str]] = []
    _extend(frozenset(), list(conflicts), conflicts, found)
    return tuple([each for each in found if not any(each < other for other in found)])


def _extend(
    chosen: frozenset[str], left: Sequence[str], conflicts: dict[str, frozenset[str]], found: list[frozenset[str]]
) -> None:
    if not left:
        found.append(chosen)
        return
    key, rest = left[0], left[1:]
    _extend(chosen | {key}, [each for each in rest if each not in conflicts[key]], conflicts, found)
    if any(each in conflicts[key] for each in rest):
        _extend(chosen, rest, conflicts, found)
