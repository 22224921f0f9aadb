"""What several rules take together, held to caps of groups and of the checkout once all have had their turn.

Who gives way is the cap's policy. A rule of which nothing would be left is withdrawn, so that its code stays good and
what it had excluded comes back; everything is settled again then. The others are lowered where they stand. Gifts that
rules added are given whole, and stand outside.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from fidelia.kernel.money import split_by_largest_remainder

from ..rule_terms import JointCap
from .reasons import CAP_OF
from .state import Part, Running

if TYPE_CHECKING:
    from .stacking import Settling


@dataclass(slots=True)
class _Share:
    """What one rule took off one part: `left` of `taken`; `turn` is when the rule came, `cap` what lowered it."""

    turn: int
    key: str
    part: Part
    taken: int
    left: int
    cap: str = ""


def hold_together(settling: Settling, caps: Sequence[JointCap]) -> Mapping[str, str]:
    """Lower what rules took to the caps that they share.

    Returns the rules of which nothing would be left, each with the key of its cap; nothing is lowered then.
    """
    shares = _shares(settling)
    for cap in caps:
        bound = _rules_of(settling, cap)
        running = settling.running
        chosen = [share for share in shares if share.key in bound and _is_reached(running, cap, share.part)]
        for group in _groups(cap, chosen):
            _hold(cap, group, _most(running, cap, group))
    left: dict[str, int] = {}
    for share in shares:
        left[share.key] = left.get(share.key, 0) + share.left
    gone = {share.key: share.cap for share in shares if share.cap and not left[share.key]}
    if not gone:
        _lower(settling, [share for share in shares if share.left < share.taken])
    return gone


def _shares(settling: Settling) -> list[_Share]:
    turn = {planned.key: place for place, planned in enumerate(settling.plan.rules)}
    return [
        _Share(turn[key], key, part, amount, amount)
        for part in _all_parts(settling.running)
        for key, amount in part.given
        if amount
    ]


def _all_parts(running: Running) -> Iterable[Part]:
    return [*[part for parts in running.parts for part in parts], *running.shipping]


def _rules_of(settling: Settling, cap: JointCap) -> Collection[str]:
    rules = settling.plan.rules
    if cap.group is not None:
        return {each.key for each in rules if each.rule.group == cap.group}
    return {each.key for each in rules} if cap.rules is None else cap.rules


def _is_reached(running: Running, cap: JointCap, part: Part) -> bool:
    return cap.shipping if part.line < 0 else part.line < len(running.basket.lines)


def _groups(cap: JointCap, shares: Sequence[_Share]) -> list[list[_Share]]:
    if cap.most.per == "checkout":
        return [list(shares)] if shares else []
    found: dict[int, list[_Share]] = {}
    for share in shares:
        found.setdefault(share.part.line if cap.most.per == "line" else id(share.part), []).append(share)
    return list(found.values())


def _most(running: Running, cap: JointCap, group: Sequence[_Share]) -> int:
    """Return the most that may be taken; shares count on listed prices, without what no rule touches."""
    most, part = cap.most, group[0].part
    if most.per == "unit":
        return most.for_quantity(part.quantity, running.unit).of(part.listed - part.aside)
    if most.per == "line":
        parts = running.parts_at(part.line)
    else:
        count = len(running.basket.lines)
        parts = [each for each in _all_parts(running) if (cap.shipping if each.line < 0 else each.line < count)]
    return most.of(sum([each.listed - each.aside for each in parts]))


def _hold(cap: JointCap, group: Sequence[_Share], most: int) -> None:
    by_rule: dict[str, list[_Share]] = {}
    for share in sorted(group, key=lambda share: share.turn):
        by_rule.setdefault(share.key, []).append(share)
    sums = {key: sum([share.left for share in shares]) for key, shares in by_rule.items()}
    if sum(sums.values()) <= most:
        return
    for key, kept in _kept(cap, sums, most).items():
        if kept < sums[key]:
            parts = split_by_largest_remainder(kept, [share.left for share in by_rule[key]])
            for share, left in zip(by_rule[key], parts, strict=True):
                share.left, share.cap = left, cap.key


def _kept(cap: JointCap, sums: Mapping[str, int], most: int) -> dict[str, int]:
    """Return what each rule keeps of its sum; `sums` are in the order of the rules' turns."""
    if cap.gives_way == "in_proportion":
        return dict(zip(sums, split_by_largest_remainder(most, list(sums.values())), strict=True))
    keys = list(sums)
    # Who keeps comes first; of equal amounts the later rule gives way.
    if cap.gives_way == "first":
        keys.reverse()
    elif cap.gives_way == "smallest":
        keys.sort(key=lambda key: -sums[key])
    elif cap.gives_way == "largest":
        keys.sort(key=lambda key: sums[key])
    kept = {}
    for key in keys:
        kept[key] = min(sums[key], most)
        most -= kept[key]
    return kept


def _lower(settling: Settling, shares: Sequence[_Share]) -> None:
    running = settling.running
    lost: dict[str, int] = {}
    caps: dict[str, str] = {}
    for share in shares:
        part, less = share.part, share.taken - share.left
        part.given = [(key, share.left if key == share.key else amount) for key, amount in part.given]
        part.given = [(key, amount) for key, amount in part.given if amount]
        part.amount += less
        if share.key in running.plan.leaving_tax:
            running.untouched_tax[part.line] -= less
        # A cent that held a total to a discount meant with tax has lost its reason.
        running.shift.pop(part.line, None)
        lost[share.key] = lost.get(share.key, 0) + less
        caps[share.key] = share.cap
    for planned, _ in settling.granted:
        less = lost.get(planned.key, 0)
        if less:
            before = settling.outcomes[planned.key]
            settling.lowered[planned.key] = less
            settling.outcomes[planned.key] = msgspec.structs.replace(
                before,
                discount=(before.discount or 0) - less,
                unlimited=before.discount if before.unlimited is None else before.unlimited,
                by=f"{CAP_OF}{caps[planned.key]}",
            )
            for limit in planned.limits:
                if limit.of == "money":
                    running.left[limit.key] += less
    if lost:
        _count_vouchers(settling)


def _count_vouchers(settling: Settling) -> None:
    running = settling.running
    running.voucher_used = {}
    for planned, grant in settling.granted:
        running.use_vouchers(grant.coupons, grant.total - settling.lowered.get(planned.key, 0))
