"""Draw the arms: by chance, repeatably, with the exact share.

People are put in the order of SHA-256("<seed>:<customer id>") and the first of them, as many as the share says, are the
control group. The order has nothing to do with who they are, anybody can compute it again, and because the share is
taken by order and not by comparing each hash with a bound, 515 people at a fifth are always 103 and 412.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from uuid import UUID


def draw_control(seed: str, customer_ids: Iterable[UUID], share: Fraction) -> tuple[list[UUID], list[UUID]]:
    """Return (treated, control), each in the order of the draw; the control group is the share, rounded half up."""
    order = sorted(customer_ids, key=lambda customer_id: (_ticket(seed, customer_id), customer_id))
    count = control_count(len(order), share)
    return order[count:], order[:count]


def control_count(people: int, share: Fraction) -> int:
    """Return how many of so many people are the control group."""
    return (2 * people * share.numerator + share.denominator) // (2 * share.denominator)


def _ticket(seed: str, customer_id: UUID) -> bytes:
    return hashlib.sha256(f"{seed}:{customer_id}".encode("ascii")).digest()
