"""The terms of gift cards: how much money is sold on one, how long it lives, may it be charged again. Pure.

    gift_cards:
      least: "10"               # money on a card when it is sold, and with each charge
      most: "150"
      amounts: ["20", "50"]     # or these amounts alone
      validity: {months: 24, ends: month}
      top_up: {renews: true, most_held: "300", undone_days: 14}

Described for authors in docs/reference/terms.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import end_of_day

from .reading import DAYS_MAX, MalformedTerms, read_amount, read_object, read_span, read_whole
from .spans import Span

AMOUNTS_MAX = 20
UNDONE_DAYS = 14
MEMBERS = {"least", "most", "amounts", "validity", "top_up"}
TOP_UP_MEMBERS = {"least", "most", "most_held", "renews", "undone_days"}


@dataclass(frozen=True, slots=True)
class Amounts:
    """The money that may come onto a card at once, in minor units; None: no bound. `choices`, if any, are all."""

    least: int | None = None
    most: int | None = None
    choices: tuple[int, ...] = ()

    def allow(self, amount: int) -> bool:
        """Tell whether so much may come onto a card at once."""
        if self.choices:
            return amount in self.choices
        return (self.least or 1) <= amount and (self.most is None or amount <= self.most)


@dataclass(frozen=True, slots=True)
class TopUpPolicy:
    """How a card is charged again.

    amounts      how much at once
    most_held    no charge brings a card above so much, in minor units; None: no bound
    renews       the life of the card begins anew with each charge
    undone_days  for how many times 24 hours a charge can be taken back
    """

    amounts: Amounts = Amounts()
    most_held: int | None = None
    renews: bool = True
    undone_days: int = UNDONE_DAYS

    def fits(self, held: int) -> Amounts | None:
        """Return what may come at once onto a card with so much on it, in minor units; None: nothing fits."""
        if self.most_held is None:
            return self.amounts
        room = self.most_held - held
        if self.amounts.choices:
            choices = tuple(each for each in self.amounts.choices if each <= room)
            return Amounts(choices=choices) if choices else None
        most = room if self.amounts.most is None else min(self.amounts.most, room)
        return Amounts(self.amounts.least, most) if most >= (self.amounts.least or 1) else None


@dataclass(frozen=True, slots=True)
class GiftCardPolicy:
    """What is announced to who buys a card. `validity` None: it never ends; `top_up` None: it is sold once for all."""

    amounts: Amounts = Amounts()
    validity: Span | None = None
    top_up: TopUpPolicy | None = None

    def ends_at(self, at: datetime, zone: ZoneInfo, asked: date | None = None) -> datetime | None:
        """Return the end of a card that is sold at an instant: of the last day that is `asked` for, or by the terms."""
        if asked is not None:
            return end_of_day(asked, zone)
        return None if self.validity is None else self.validity.end(at, zone)

    def is_announced(self, at: datetime, zone: ZoneInfo, asked: date) -> bool:
        """Tell whether a last day is not before the one that the terms announce."""
        announced = self.ends_at(at, zone)
        return announced is None or end_of_day(asked, zone) >= announced


NO_GIFT_CARD_TERMS = GiftCardPolicy()


def parse_gift_cards(document: Any, money_scale: int = 2) -> GiftCardPolicy | None:
    """Read the part `gift_cards` of a version; None where it has none. Raises MalformedTerms."""
    if document is None:
        return None
    pointer = "/gift_cards"
    known = read_object(document, pointer, MEMBERS)
    validity = None if known.get("validity") is None else read_span(known["validity"], f"{pointer}/validity")
    if validity is not None and not validity.months and not validity.days and validity.ends == "day":
        raise MalformedTerms("A gift card lives for months or days.", pointer=f"{pointer}/validity")
    amounts = _amounts(known, pointer, money_scale)
    return GiftCardPolicy(amounts, validity, _top_up(known.get("top_up"), amounts, money_scale))


def _top_up(document: Any, sold: Amounts, money_scale: int) -> TopUpPolicy | None:
    if document is None:
        return None
    pointer = "/gift_cards/top_up"
    known = read_object(document, pointer, TOP_UP_MEMBERS)
    renews = known.get("renews", True)
    if not isinstance(renews, bool):
        raise MalformedTerms("Say true or false.", pointer=f"{pointer}/renews")
    own = _amounts(known, pointer, money_scale)
    amounts = own if {"least", "most"} & set(known) else sold
    held = _money(known, "most_held", pointer, money_scale)
    if held is not None and held < max(amounts.least or 1, *amounts.choices, 1):
        raise MalformedTerms("A card holds at least what it is charged with.", pointer=f"{pointer}/most_held")
    undone = read_whole(known.get("undone_days", UNDONE_DAYS), f"{pointer}/undone_days", least=0, most=DAYS_MAX)
    return TopUpPolicy(amounts, held, renews, undone)


def _amounts(known: dict[str, Any], pointer: str, money_scale: int) -> Amounts:
    least, most = (_money(known, name, pointer, money_scale) for name in ("least", "most"))
    if least is not None and most is not None and most < least:
        raise MalformedTerms("The most is not less than the least.", pointer=f"{pointer}/most")
    listed = known.get("amounts")
    if listed is None:
        return Amounts(least, most)
    if least is not None or most is not None:
        raise MalformedTerms("Say the amounts, or the least and the most.", pointer=f"{pointer}/amounts")
    if not isinstance(listed, list) or not 1 <= len(listed) <= AMOUNTS_MAX:
        raise MalformedTerms(f"Name 1 to {AMOUNTS_MAX} amounts.", pointer=f"{pointer}/amounts")
    read = [_money({"amounts": each}, "amounts", pointer, money_scale, f"/{n}") for n, each in enumerate(listed)]
    return Amounts(choices=tuple(sorted({each for each in read if each is not None})))


def _money(known: dict[str, Any], name: str, pointer: str, scale: int, place: str = "") -> int | None:
    value = known.get(name)
    if value is None and not place:
        return None
    return read_amount(value, f"{pointer}/{name}{place}", scale, such_as="25")
