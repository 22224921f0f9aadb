"""Words for what an undoing counts, and for what can stand in its way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from ..speech import Speech

UNDONE: Mapping[str, str | Promise] = {
    "erased_customers": _lazy("Customers erased"),
    "facts_put_back": _lazy("Facts put back as they were"),
    "facts_kept": _lazy("Facts changed since, and kept"),
    "identities_ended": _lazy("Identities ended"),
    "contacts_retired": _lazy("Addresses and numbers retired"),
    "reversed_points": _lazy("Points reversed"),
    "ended_members": _lazy("Memberships ended"),
}
# What the refusal of an undoing names, as the domain calls it.
DEPENDING: Mapping[str, str | Promise] = {
    "checkouts": _lazy("checkouts"),
    "claimed purchases": _lazy("claimed purchases"),
    "purchases": _lazy("purchases"),
    "people of campaigns": _lazy("people of campaigns"),
    "scores": _lazy("scores"),
    "messages": _lazy("messages"),
    "memberships": _lazy("memberships"),
    "coupons": _lazy("coupons"),
    "gift cards": _lazy("gift cards"),
    "rewards used": _lazy("rewards used"),
    "vouchers": _lazy("vouchers"),
    "corrections of points": _lazy("corrections of points"),
    "points earned": _lazy("points earned"),
    "points expired": _lazy("points expired"),
    "points reserved": _lazy("points reserved"),
    "other opening balances": _lazy("other opening balances"),
    "points spent": _lazy("points spent"),
    "reversals": _lazy("reversals"),
    "points taken back": _lazy("points taken back"),
    "points moved": _lazy("points moved"),
}
_NAMED = re.compile(r"([a-z][a-z ]*) \((\d+)\)")


def undone_words(counts: Mapping[str, Any], speech: Speech) -> list[tuple[str, str]]:
    """Return what an undoing did, as labels and numbers."""
    return [
        (str(UNDONE.get(name, name.replace("_", " "))), speech.number(count))
        for name, count in counts.items()
        if isinstance(count, int)
    ]


def what_stands_in_the_way(message: str, speech: Speech) -> str:
    """Return the sentence of a refused undoing, with what depends on it in words; empty when it names nothing."""
    named = [f"{DEPENDING.get(what, what)} ({speech.number(int(count))})" for what, count in _NAMED.findall(message)]
    if not named:
        return ""
    return _("Nothing was taken back: something depends on it by now: %(what)s.") % {"what": ", ".join(named)}
