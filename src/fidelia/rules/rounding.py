"""The named roundings, each for a ratio of whole numbers, in Python and in SQL.

The names mean what they mean in Python's decimal module: `up` and `half_up` go away from zero, `down` and `half_down`
towards zero, `floor` towards −∞, `ceiling` towards +∞, `half_even` to the even neighbour;
`half_odd`, which that module does not have, to the odd one.
"""

from __future__ import annotations

from collections.abc import Callable


def round_floor(numerator: int, denominator: int) -> int:
    return numerator // denominator


def round_ceiling(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def round_down(numerator: int, denominator: int) -> int:
    return numerator // denominator if numerator >= 0 else -(-numerator // denominator)


def round_up(numerator: int, denominator: int) -> int:
    return numerator // denominator if numerator < 0 else -(-numerator // denominator)


def round_half_up(numerator: int, denominator: int) -> int:
    size = (2 * abs(numerator) + denominator) // (2 * denominator)
    return size if numerator >= 0 else -size


def round_half_down(numerator: int, denominator: int) -> int:
    size = -((denominator - 2 * abs(numerator)) // (2 * denominator))
    return size if numerator >= 0 else -size


def round_half_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))


def round_half_odd(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 0))


ROUNDINGS: dict[str, Callable[[int, int], int]] = {
    "floor": round_floor,
    "ceiling": round_ceiling,
    "down": round_down,
    "up": round_up,
    "half_up": round_half_up,
    "half_down": round_half_down,
    "half_even": round_half_even,
    "half_odd": round_half_odd,
}

# What is added to the quotient cut towards zero, given :n the numerator, :d the denominator, :t that quotient,
# :r the rest, which has the sign of :n, and :s that sign as 1 or -1 (not SIGN: PostgreSQL's gives a double). Both
# DuckDB's // and PostgreSQL's / on bigint cut towards zero.
SQL_CORRECTIONS: dict[str, str] = {
    "floor": "CASE WHEN :r < 0 THEN -1 ELSE 0 END",
    "ceiling": "CASE WHEN :r > 0 THEN 1 ELSE 0 END",
    "down": "0",
    "up": "CASE WHEN :r > 0 THEN 1 WHEN :r < 0 THEN -1 ELSE 0 END",
    "half_up": "CASE WHEN 2 * ABS(:r) >= :d THEN :s ELSE 0 END",
    "half_down": "CASE WHEN 2 * ABS(:r) > :d THEN :s ELSE 0 END",
    "half_even": "CASE WHEN 2 * ABS(:r) > :d OR (2 * ABS(:r) = :d AND :t % 2 <> 0) THEN :s ELSE 0 END",
    "half_odd": "CASE WHEN 2 * ABS(:r) > :d OR (2 * ABS(:r) = :d AND :t % 2 = 0) THEN :s ELSE 0 END",
}
