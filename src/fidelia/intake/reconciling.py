"""Hold what the lines of a file come to against what the file itself says of whole receipts. Knows no Django.

A column of totals that the lines do not make is the surest sign that something was understood wrongly, or left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from .amounts import CENT, RECEIPTS_LEAST
from .doubts import Doubt, because
from .likeness import RESEMBLING, all_words_of
from .prices import Chosen, Doubts
from .profiles import Profile
from .taxes import TAXES

AGREEING = 0.98
_SUMS = frozenset(
    ("total", "subtotal", "sum", "montant", "amount", "paid", "paye", "ttc", "grand", "ticket", "order", "basket")
)
_NO_SUMS = TAXES | frozenset(
    ("ht", "discount", "remise", "shipping", "fee", "refunded", "id", "no", "quantity", "cost")
)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the lines of each receipt of the sample come to, and where its rows are."""

    rows: tuple[tuple[int, ...], ...]
    made: tuple[Decimal, ...]


def find_receipts(
    profiles: Sequence[Profile], cells: Mapping[str, Sequence[str]], taken: Sequence[str], day: str, customer: str
) -> Profile | None:
    """Find the column whose equal values stand together, of one day and one customer each: the number of a receipt."""
    for profile in profiles:
        is_no_code = profile.share("moment") > 0.5 or profile.share("decimal") > 0.1 or profile.filled < 0.9
        if profile.name in taken or is_no_code or not 0.05 < profile.distinct < 0.95:
            continue
        runs = [
            (value, [place for place, _cell in found])
            for value, found in groupby(enumerate(cells[profile.name]), key=lambda pair: pair[1].strip())
        ]
        several = [places for _value, places in runs if len(places) > 1]
        if len(several) < RECEIPTS_LEAST or len({value for value, _places in runs}) < 0.95 * len(runs):
            continue
        beside = [cells[name] for name in (day, customer) if name]
        if all(len({column[place] for place in places}) == 1 for places in several for column in beside):
            return profile
    return None


def reconcile(chosen: Chosen, profiles: Sequence[Profile], receipts: Sequence[str | None], doubts: Doubts) -> None:
    """Compare the lines of each receipt with the file's own totals of it; say where they differ.

    Where a column of amounts taken off explains all that differs, it is proposed as the coupon.
    """
    if not {"receipt", "quantity"} <= set(chosen) or not {"net", "gross", "unit_price"} & set(chosen):
        return
    sums = _sums(chosen, receipts)
    if len(sums.rows) < RECEIPTS_LEAST:
        return
    taken = {profile.name for profile, _score in chosen.values()}
    free = [profile for profile in profiles if profile.name not in taken and profile.share("number") >= 0.9]
    totals = [(one, of_receipts) for one in free if (of_receipts := _of_receipts(one, sums)) is not None]
    named = [(one, said) for one, said in totals if _is_sum(one) and any(said)]
    if not named or any(_share(said, sums.made) >= AGREEING for _one, said in named):
        return
    best, said = max(named, key=lambda pair: _share(pair[1], sums.made))
    off = next(
        (one for one, less in totals if one is not best and any(less) and _explains(said, sums.made, less)), None
    )
    if off is not None and not {"net", "coupon"} & set(chosen) and off.filled < 1:
        chosen["coupon"] = (off, RESEMBLING)
        doubts.setdefault(off.name, []).append(Doubt("coupon", off.name, because(
            "The lines make “{total}” once it is taken off: a discount of the whole receipt.",
            "Les lignes donnent « {total} » une fois ceci déduit : une remise sur tout le ticket.",
            total=best.name)))  # fmt: skip
    else:
        _tell(chosen, doubts, best, said, sums)


def _tell(chosen: Chosen, doubts: Doubts, total: Profile, said: Sequence[Decimal], sums: _Sums) -> None:
    name = next(name for name in ("net", "gross", "unit_price") if name in chosen)
    amount = chosen[name][0]
    differing = sum(abs(one - made) > CENT for one, made in zip(said, sums.made, strict=True))
    doubts.setdefault(amount.name, []).append(Doubt(name, amount.name, because(
        "Of {receipts} receipts looked at the lines do not make “{total}” of {differing}: {made} against {said}.",
        "Sur {receipts} tickets, les lignes ne donnent pas « {total} » pour {differing} : {made} contre {said}.",
        receipts=len(said), total=total.name, differing=differing, made=sum(sums.made), said=sum(said))))  # fmt: skip


def _sums(chosen: Chosen, receipts: Sequence[str | None]) -> _Sums:
    """Leave out the last receipt, which the sample may cut."""
    places: dict[str, list[int]] = {}
    last = ""
    for place, number in enumerate(receipts):
        if number is None:
            continue
        last = number.strip() or last
        places.setdefault(last, []).append(place)
    whole = [tuple(found) for receipt, found in places.items() if receipt and receipt != last]
    amounts = _amounts(chosen)
    return _Sums(tuple(whole), tuple(sum((amounts[place] for place in rows), Decimal(0)) for rows in whole))


def _amounts(chosen: Chosen) -> list[Decimal]:
    if "net" in chosen:
        return _less(_numbers(chosen, "net"), chosen, ("returned",))
    full = _numbers(chosen, "gross") or [
        count * each for count, each in zip(_numbers(chosen, "quantity"), _numbers(chosen, "unit_price"), strict=True)
    ]
    return _less(full, chosen, ("discount", "coupon", "coupon_match", "returned"))


def _less(amounts: list[Decimal], chosen: Chosen, names: Sequence[str]) -> list[Decimal]:
    for name in names:
        if name in chosen:
            amounts = [one - abs(off) for one, off in zip(amounts, _numbers(chosen, name), strict=True)]
    return amounts


def _numbers(chosen: Chosen, name: str) -> list[Decimal]:
    return [number or Decimal(0) for number in chosen[name][0].numbers] if name in chosen else []


def _of_receipts(profile: Profile, sums: _Sums) -> list[Decimal] | None:
    """Return what a column says of each receipt, where it says one thing: on all of its rows or on the first alone."""
    said = []
    several = odd = 0
    for rows in sums.rows:
        found = [profile.numbers[place] for place in rows]
        told = {one for one in found if one is not None}
        several += len(rows) > 1
        odd += len(told) > 1
        said.append(found[0] if found[0] is not None else Decimal(0))
    return said if several >= RECEIPTS_LEAST and odd <= 0.02 * several else None


def _is_sum(profile: Profile) -> bool:
    words = all_words_of(profile.name)
    return bool(words & _SUMS) and not words & _NO_SUMS


def _share(said: Sequence[Decimal], made: Sequence[Decimal]) -> float:
    return sum(abs(one - two) <= CENT for one, two in zip(said, made, strict=True)) / len(said)


def _explains(said: Sequence[Decimal], made: Sequence[Decimal], less: Sequence[Decimal]) -> bool:
    return _share([one + abs(off) for one, off in zip(said, less, strict=True)], made) >= AGREEING
