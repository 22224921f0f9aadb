"""Offers that a member must activate before rules count for her. Pure.

offers:
  - key: double_week
    name: {en: Double week, fr: Semaine double}
    description: {en: Twice the points on tea., fr: Deux fois plus de points sur le thé.}      may be left out
    valid_from: 2026-12-01T00:00:00+01:00      when it can be activated, both may be left out
    valid_until: 2026-12-08T00:00:00+01:00
    lasts_days: 7            to the end of so many local days from the activation; left out: until valid_until
    at_most: 1000            members in all; left out: any number

Rules ask for it: `"double_week" in customer.offers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import end_of_day, local_day
from fidelia.kernel.localized import LocalizedText

from .reading import DAYS_MAX, MalformedTerms, read_object, read_whole

OFFERS_MAX = 100
AT_MOST_MAX = 10**9
KEY_LENGTH_MAX = 40
DESCRIPTION_LENGTH_MAX = 200
MEMBERS = {"key", "name", "description", "valid_from", "valid_until", "lasts_days", "at_most"}


@dataclass(frozen=True, slots=True)
class OfferTerms:
    """One offer; see the head of the file. Half-open: it is over at `valid_until`."""

    key: str
    name: LocalizedText
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    lasts_days: int | None = None
    at_most: int | None = None
    description: LocalizedText | None = None

    def is_open(self, at: datetime) -> bool:
        """Tell whether it can be activated at an instant."""
        begun = self.valid_from is None or self.valid_from <= at
        return begun and (self.valid_until is None or at < self.valid_until)

    def holds_until(self, activated_at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first instant at which an activation counts no more; None: it counts for ever."""
        if self.lasts_days is None:
            return self.valid_until
        return end_of_day(local_day(activated_at, zone) + timedelta(days=self.lasts_days - 1), zone)


def parse_offers(document: Any) -> tuple[OfferTerms, ...]:
    """Read the part `offers` of a version. Raises MalformedTerms."""
    if document is None:
        return ()
    if not isinstance(document, list) or len(document) > OFFERS_MAX:
        raise MalformedTerms(f"Write a list of up to {OFFERS_MAX} offers.", pointer="/offers")
    offers = tuple(_offer(each, f"/offers/{n}") for n, each in enumerate(document))
    for n, offer in enumerate(offers):
        if offer.key in [other.key for other in offers[:n]]:
            raise MalformedTerms(f"There is an offer “{offer.key}” already.", pointer=f"/offers/{n}/key")
    return offers


def _offer(document: Any, pointer: str) -> OfferTerms:
    known = read_object(document, pointer, MEMBERS)
    key = known.get("key")
    if not isinstance(key, str) or not key.isidentifier() or not key.isascii() or len(key) > KEY_LENGTH_MAX:
        raise MalformedTerms("A key is letters, digits and _ such as “double_week”.", pointer=f"{pointer}/key")
    begins, ends = (_instant(known.get(name), f"{pointer}/{name}") for name in ("valid_from", "valid_until"))
    if begins is not None and ends is not None and ends <= begins:
        raise MalformedTerms("It ends after it begins.", pointer=f"{pointer}/valid_until")
    return OfferTerms(
        key, LocalizedText.from_mapping(known.get("name"), pointer=f"{pointer}/name"), begins, ends,
        _whole(known, "lasts_days", pointer, DAYS_MAX), _whole(known, "at_most", pointer, AT_MOST_MAX),
        _description(known.get("description"), f"{pointer}/description"),
    )  # fmt: skip


def _description(value: Any, pointer: str) -> LocalizedText | None:
    """Read what it gives, in words; it is one sentence or two, for a telephone."""
    if value is None:
        return None
    text = LocalizedText.from_mapping(value, pointer=pointer)
    for language, said in text.as_mapping().items():
        if len(said) > DESCRIPTION_LENGTH_MAX:
            message = f"What it gives is said in at most {DESCRIPTION_LENGTH_MAX} characters."
            raise MalformedTerms(message, pointer=f"{pointer}/{language}")
    return text


def _whole(known: dict[str, Any], name: str, pointer: str, most: int) -> int | None:
    value = known.get(name)
    return None if value is None else read_whole(value, f"{pointer}/{name}", least=1, most=most)


def _instant(value: Any, pointer: str) -> datetime | None:
    if value is None:
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not MINYEAR < instant.year < MAXYEAR:
        raise MalformedTerms("Write a moment with its offset: 2026-12-01T00:00:00+01:00.", pointer=pointer)
    return instant.astimezone(UTC)
