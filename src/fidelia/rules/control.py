"""The small control group of a rule: a share of people whom it leaves out, so that what it changes can be measured.

Each person has a place on a circle of PLACES, drawn from their id and nothing else. A rule turns the circle by two
numbers drawn from its key, and leaves out whoever lies on the first `share` of it. So a person is in or out of a rule's
group for as long as the rule has its key, a larger share holds everybody of a smaller one, and the groups of two rules
have nothing to do with each other. A condition in the rule language says the same, so that a till, SQL over history and
a backtest agree.
"""

from __future__ import annotations

import hashlib
from fractions import Fraction

PLACES = 16_777_213  # a prime: turning by any factor but 0 keeps every place
FIELD = "customer.place"
NOBODY = -1  # whoever is not known is in no group
SHARE_MAX = Fraction(1, 2)


def place_of(person: str) -> int:
    """Return the place of a person, by the id as text: SHA-256, its first 24 bits, as a place."""
    return int.from_bytes(hashlib.sha256(person.encode("ascii")).digest()[:3]) % PLACES


def turned(place: int, rule_key: str) -> int:
    """Return where a place comes to lie for a rule."""
    factor, offset = _turn(rule_key)
    return (place * factor + offset) % PLACES


def is_held_out(place: int, rule_key: str, share: Fraction) -> bool:
    """Tell whether the control group of a rule holds the person of this place."""
    return place != NOBODY and turned(place, rule_key) < _width(share)


def control_text(rule_key: str, share: Fraction) -> str:
    """Return the condition, in the rule language, that holds for the control group of a rule; see `is_held_out`."""
    factor, offset = _turn(rule_key)
    lies = f"{FIELD} * {factor} + {offset}"
    return f"{FIELD} >= 0 && {lies} - per({lies}, {PLACES}) * {PLACES} < {_width(share)}"


def _turn(rule_key: str) -> tuple[int, int]:
    drawn = hashlib.sha256(f"rule:{rule_key}".encode()).digest()
    return 1 + int.from_bytes(drawn[:4]) % (PLACES - 1), int.from_bytes(drawn[4:8]) % PLACES


def _width(share: Fraction) -> int:
    return share.numerator * PLACES // share.denominator
