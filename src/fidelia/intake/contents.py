"""What a column is by its cells alone, where its name says nothing or there are no names. Knows no Django."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import permutations
from statistics import median

from .amounts import multiplies
from .likeness import all_words_of
from .profiles import Profile
from .targets import Column, Kind, Target

Found = tuple[str, Profile, float]
NEARLY_ALL = 0.9
PART = 0.1
NUMERIC_MOST = 16  # columns tried against each other, by threes: a file of a thousand columns took an hour
PIECES_USUAL = 20  # most lines of a receipt have fewer
HOURS, MINUTES = 24, 60
_HOURS = frozenset(("hour", "time", "heure", "heures", "hora", "ora", "uhrzeit", "zeit", "tijd"))
_BY_KIND = {Kind.EMAIL: ("email", 0.8), Kind.PHONE: ("phone", 0.6), Kind.MOMENT: ("moment", 0.6)}


def choose_by_content(
    target: Target, chosen: Mapping[str, tuple[Profile, float]], left: Sequence[Profile]
) -> Iterator[Found]:
    """Yield columns of the target with one of the file's that its cells speak for, and how sure that is."""
    open_columns = {column.name: column for column in target.columns if column.name not in chosen}
    for column in open_columns.values():
        yield from _of_kind(column, left)
    if "time" in open_columns and "occurred_at" in chosen and chosen["occurred_at"][0].share("clock") < PART:
        yield from (("time", profile, 0.7) for profile in left if tells_hours(profile))
    if "customer" in open_columns:  # who is named by nothing else is named by an address
        yield from (("customer", profile, 0.7) for profile in left if _names_several(profile))
    # Names in another language say as little as none: where no column is an amount, they are not asked.
    is_asked = {"net", "gross", "unit_price"} & set(chosen)
    unnamed = [profile for profile in left if profile.values and (profile.name.startswith("#") or not is_asked)]
    if "product" in open_columns:
        yield from (("product", profile, 0.6) for profile in unnamed if profile.share("ean") >= NEARLY_ALL)
    if {"quantity", "net"} <= set(open_columns) and not is_asked:
        yield from _of_a_line(unnamed)
    elif "net" in open_columns and "quantity" in chosen and not is_asked:
        amounts = [one for one in unnamed if one.share("number") >= NEARLY_ALL and one.share("decimal") > PART]
        yield from (("net", one, 0.6) for one in amounts if len(amounts) == 1)


def _names_several(profile: Profile) -> bool:
    """One address in all rows is that of the shop."""
    return profile.share("email") >= NEARLY_ALL and len(profile.examples) > 1


def tells_hours(profile: Profile) -> bool:
    """Say whether a column is of hours: as a clock tells them, or in figures alone, 16 or 1630, where its name says
    what they are."""
    if profile.share("hour") >= NEARLY_ALL:
        return True
    said = [number for number in profile.numbers if number is not None]
    return bool(said) and not _HOURS.isdisjoint(all_words_of(profile.name)) and all(map(_is_hour, said))


def _is_hour(number: Decimal) -> bool:
    hours, minutes = (int(number), 0) if number < HOURS else divmod(int(number), 100)
    return number == int(number) >= 0 and hours < HOURS and minutes < MINUTES


def _of_kind(column: Column, left: Sequence[Profile]) -> Iterator[Found]:
    share, score = _BY_KIND.get(column.kind, ("", 0.0))
    if share and (column.required or column.kind is not Kind.MOMENT):
        yield from (
            (column.name, profile, score) for profile in left if profile.values and profile.share(share) >= NEARLY_ALL
        )


def _of_a_line(unnamed: Sequence[Profile]) -> Iterator[Found]:
    """Quantity, price and amount prove each other by multiplying; without a price, the amount has the decimals."""
    numeric = [profile for profile in unnamed if profile.share("number") >= NEARLY_ALL and profile.share("ean") < 0.5]
    numeric = numeric[:NUMERIC_MOST]
    counts = [profile for profile in numeric if counts_pieces(profile)]
    amounts = [profile for profile in numeric if profile.share("decimal") > 0.1]
    for count in counts:
        for price, whole in permutations([profile for profile in numeric if profile is not count], 2):
            if multiplies(count, price, whole):
                yield from (("quantity", count, 0.7), ("unit_price", price, 0.7), ("net", whole, 0.7))
                return
    if len(amounts) == 1:
        yield "net", amounts[0], 0.6
        if len(counts) == 1:
            yield "quantity", counts[0], 0.6


def counts_pieces(profile: Profile) -> bool:
    """Say whether its cells are such counts as lines of receipts have: whole and mostly small."""
    known = [abs(number) for number in profile.numbers if number is not None]
    return bool(known) and profile.share("decimal") == 0 and median(known) <= PIECES_USUAL
