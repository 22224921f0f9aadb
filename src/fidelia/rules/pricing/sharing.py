"""How an amount is shared over lines, and who gets the cents that no share makes whole: the policy of the shop.

Whatever the policy, shares are in proportion to weights, sum to the amount, and none passes its weight where all of
them together can hold it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fidelia.kernel.money import split_by_largest_remainder

from ..rounding import round_half_up
from .basket import Sharing

Sharer = Callable[[int, Sequence[int]], list[int]]
_Shares = Callable[[int, Sequence[int], int], list[int]]


def sharer_of(sharing: Sharing) -> Sharer:
    """Return what shares amounts by a policy; see `Arithmetic.sharing`."""
    if sharing == "largest_remainder":
        return split_by_largest_remainder
    return lambda amount, weights: _share_out(_SHARES[sharing], amount, weights)


def _share_out(shares: _Shares, amount: int, weights: Sequence[int]) -> list[int]:
    whole = sum(weights)
    if len(weights) < 2 or not whole or not amount:
        return split_by_largest_remainder(amount, weights)
    parts = shares(amount, weights, whole)
    return _held_to(weights, parts) if amount <= whole else parts


def _held_to(weights: Sequence[int], parts: list[int]) -> list[int]:
    """Let no share pass its weight or fall below nothing: what one cannot hold, the others do, the last first."""
    over = 0
    for n, weight in enumerate(weights):
        fitting = min(max(parts[n], 0), weight)
        over += parts[n] - fitting
        parts[n] = fitting
    for n in reversed(range(len(parts))):
        step = max(-parts[n], min(over, weights[n] - parts[n]))
        parts[n] += step
        over -= step
    return parts


def _first(amount: int, weights: Sequence[int], whole: int) -> list[int]:
    parts = [amount * weight // whole for weight in weights]
    return _corrected(amount, parts)


def _nearest_first(amount: int, weights: Sequence[int], whole: int) -> list[int]:
    return _corrected(amount, [round_half_up(amount * weight, whole) for weight in weights])


def _corrected(amount: int, parts: list[int]) -> list[int]:
    """Set right what rounding left over or took too much, a cent for each from the first on."""
    left = amount - sum(parts)
    for n in range(abs(left)):
        parts[n % len(parts)] += 1 if left > 0 else -1
    return parts


def _last(amount: int, weights: Sequence[int], whole: int) -> list[int]:
    parts = [round_half_up(amount * weight, whole) for weight in weights[:-1]]
    return [*parts, amount - sum(parts)]


def _last_down(amount: int, weights: Sequence[int], whole: int) -> list[int]:
    parts = [amount * weight // whole for weight in weights[:-1]]
    return [*parts, amount - sum(parts)]


def _carried(amount: int, weights: Sequence[int], whole: int) -> list[int]:
    parts, seen, given = [], 0, 0
    for weight in weights:
        seen += weight
        parts.append(round_half_up(amount * seen, whole) - given)
        given += parts[-1]
    return parts


_SHARES: dict[str, _Shares] = {
    "first": _first,
    "nearest_first": _nearest_first,
    "last": _last,
    "last_down": _last_down,
    "carried": _carried,
}
