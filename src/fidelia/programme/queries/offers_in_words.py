"""An offer that members activate, in a sentence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import last_day, local_day
from fidelia.kernel.localized import LocalizedText as Text
from fidelia.rules.offer_terms import OfferTerms
from fidelia.ui.formats import plain_date

_WHEN = {
    (True, True): Text(
        "“{name}” can be activated from {first} to {last}", "«\u00a0{name}\u00a0» s’active du {first} au {last}"
    ),
    (True, False): Text(
        "“{name}” can be activated from {first} on", "«\u00a0{name}\u00a0» s’active à partir du {first}"
    ),
    (False, True): Text("“{name}” can be activated until {last}", "«\u00a0{name}\u00a0» s’active jusqu’au {last}"),
    (False, False): Text("“{name}” can be activated at any time", "«\u00a0{name}\u00a0» s’active à tout moment"),
}
_LASTS = Text("counts for {n} days", "vaut {n} jours")
_TO_ITS_END = Text("counts to its end", "vaut jusqu’à sa fin")
_FOR_EVER = Text("counts for ever", "vaut sans fin")
_AT_MOST = Text("by {n} members at most", "par {n} adhérents au plus")


def offer_in_words(offer: OfferTerms, zone: ZoneInfo, language: str) -> str:
    """Return when an offer can be activated, for how long it counts, and by how many."""

    def say(text: Text, **values: object) -> str:
        return text.in_language(language).format(**values)

    def day(at: datetime | None, *, is_end: bool) -> str:
        if at is None:
            return ""
        return plain_date(last_day(at, zone) if is_end else local_day(at, zone), language)

    when = _WHEN[offer.valid_from is not None, offer.valid_until is not None]
    first, last = day(offer.valid_from, is_end=False), day(offer.valid_until, is_end=True)
    parts = [say(when, name=offer.name.in_language(language), first=first, last=last)]
    if offer.at_most is not None:
        parts.append(say(_AT_MOST, n=offer.at_most))
    if offer.lasts_days is not None:
        parts.append(say(_LASTS, n=offer.lasts_days))
    else:
        parts.append(say(_FOR_EVER if offer.valid_until is None else _TO_ITS_END))
    return ", ".join(parts) + "."
