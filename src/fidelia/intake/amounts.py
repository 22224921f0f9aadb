"""Tell a unit price from the amount of a line by arithmetic. Knows no Django."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from .profiles import Profile

AGREEING = 0.9
ROWS_LEAST = 5
RECEIPTS_LEAST = 8
CENT = Decimal("0.011")  # what rounding a line may cost


def multiplies(quantity: Profile, price: Profile, amount: Profile) -> bool | None:
    """Say whether quantity times price is the amount; None where too few rows tell (all quantities are one)."""
    told = agreed = 0
    for count, each, whole in zip(quantity.numbers, price.numbers, amount.numbers, strict=True):
        if count is None or each is None or whole is None or abs(count) == 1 or not each:
            continue
        told += 1
        agreed += abs(abs(count * each) - abs(whole)) <= CENT + abs(whole) * Decimal("0.001")
    return None if told < ROWS_LEAST else agreed >= AGREEING * told


def multiplies_before_discounts(quantity: Profile, price: Profile, amount: Profile) -> bool:
    """Say whether an amount is quantity times price, of some rows less what was taken off, and of none more."""
    told = agreed = 0
    for count, each, whole in zip(quantity.numbers, price.numbers, amount.numbers, strict=True):
        if count is None or each is None or whole is None or not each or not count:
            continue
        full, margin = abs(count * each), CENT + abs(whole) * Decimal("0.001")
        told += 1
        agreed += abs(full - abs(whole)) <= margin
        if abs(whole) > full + margin:
            return False
    return told >= ROWS_LEAST and agreed >= 0.5 * told


def adds(amount: Profile, more: Profile, whole: Profile) -> bool:
    """Say whether an amount and a second one, such as its tax, are the third on (nearly) every row."""
    told = agreed = 0
    for first, second, both in zip(amount.numbers, more.numbers, whole.numbers, strict=True):
        if first is None or not second or both is None:
            continue
        told += 1
        agreed += abs(first + second - both) <= CENT
    return told >= ROWS_LEAST and agreed >= AGREEING * told


def grows_with_quantity(
    quantity: Profile, amount: Profile, product: Profile | None, codes: Sequence[str]
) -> bool | None:
    """Say whether an amount is that of the whole line: it grows as the quantity does. None where nothing tells.

    Where products are known, each is compared with itself; otherwise the lines of one with those of several.
    """
    if product is not None:
        found = _by_product(quantity.numbers, amount.numbers, codes)
        if found is not None:
            return found
    single = [abs(value) for count, value in _pairs(quantity, amount) if count == 1]
    several = [(abs(count), abs(value)) for count, value in _pairs(quantity, amount) if abs(count) >= 2]
    if len(single) < ROWS_LEAST or len(several) < ROWS_LEAST or not median(single):
        return None
    growth = median(value for _count, value in several) / median(single)
    expected = median(count for count, _value in several)
    if growth >= 1 + (expected - 1) * Decimal("0.5"):
        return True
    return None  # that it does not grow proves nothing: those who buy several may buy what is cheap


def stands_once_for_all(receipts: Sequence[str], amounts: Sequence[Decimal | None]) -> bool:
    """Say whether an amount is that of a receipt: on the first of its rows alone, or equal on all of them.

    Receipts of one row tell nothing; a shop with one price for everything has few different amounts.
    """
    if _stands_on_first_rows(receipts, amounts):
        return True
    seen: dict[str, set[Decimal]] = {}
    rows: dict[str, int] = {}
    for receipt, amount in zip(receipts, amounts, strict=True):
        if receipt and amount:
            seen.setdefault(receipt, set()).add(amount)
            rows[receipt] = rows.get(receipt, 0) + 1
    several = [found for receipt, found in seen.items() if rows[receipt] > 1]
    different = {amount for found in several for amount in found}
    equal = sum(len(found) == 1 for found in several)
    return len(several) >= RECEIPTS_LEAST and equal >= AGREEING * len(several) and len(different) > 0.3 * len(several)


def _stands_on_first_rows(receipts: Sequence[str], amounts: Sequence[Decimal | None]) -> bool:
    found: dict[str, list[bool]] = {}
    last = ""
    for receipt, amount in zip(receipts, amounts, strict=True):
        last = receipt or last
        found.setdefault(last, []).append(amount is not None)
    several = [filled for receipt, filled in found.items() if receipt and len(filled) > 1]
    alone = sum(filled[0] and not any(filled[1:]) for filled in several)
    return len(several) >= RECEIPTS_LEAST and alone >= AGREEING * len(several)


def _pairs(quantity: Profile, amount: Profile) -> list[tuple[Decimal, Decimal]]:
    pairs = zip(quantity.numbers, amount.numbers, strict=True)
    return [(count, value) for count, value in pairs if count is not None and value is not None and count]


def _by_product(
    quantities: Sequence[Decimal | None], amounts: Sequence[Decimal | None], codes: Sequence[str]
) -> bool | None:
    """Among rows of one product with different quantities: is the amount the same, or the amount of each piece?"""
    seen: dict[str, tuple[Decimal, Decimal]] = {}
    told = same = grown = 0
    for count, value, code in zip(quantities, amounts, codes, strict=True):
        if count is None or value is None or not code or count <= 0 or value <= 0:
            continue
        if code not in seen:
            seen[code] = (count, value)
        elif seen[code][0] != count:
            other_count, other = seen[code]
            told += 1
            same += value == other
            grown += abs(value / count - other / other_count) <= Decimal("0.02") * other / other_count
    if same + grown < max(ROWS_LEAST, told / 2):
        return None
    if same >= 3 * grown:
        return False
    return True if grown >= 3 * same else None
