"""Words for what an undoing counts, and for what can stand in its way."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
    "taken_back_purchases": _lazy("Purchases and returns taken back"),
    "taken_back_rows": _lazy("Rows taken back"),
    "taken_back_net": _lazy("Amount taken back"),
    "kept_customers": _lazy("Customers kept: something else names them"),
    "put_back": _lazy("Put back as it was before"),
    "removed": _lazy("Removed: new by this import"),
    "kept_as_changed": _lazy("Kept: somebody has changed it since"),
    "kept_as_used": _lazy("Kept: something names it by now"),
    "reversed_points": _lazy("Points reversed"),
    "ended_members": _lazy("Memberships ended"),
}
UNITS = {"taken_back_net": "money", "reversed_points": "points"}
# What the refusal of an undoing names, as the domain calls it.
DEPENDING: Mapping[str, str | Promise] = {
    "returns": _lazy("returns"),
    "cards": _lazy("cards"),
    "loyalty cheques": _lazy("loyalty cheques"),
    "rewards chosen": _lazy("rewards chosen"),
    "closed accounts": _lazy("closed accounts"),
    "purchases taken back": _lazy("purchases taken back"),
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


def undone_words(
    counts: Mapping[str, Any], speech: Speech, as_text: Callable[[str, int], str]
) -> list[tuple[str, str]]:
    """Return what an undoing did, as labels and numbers; `as_text` knows the currency and the points of the import."""
    return [
        (str(UNDONE.get(name, name.replace("_", " "))), as_text(UNITS.get(name, "count"), count))
        for name, count in counts.items()
        if isinstance(count, int)
    ]


def what_stands_in_the_way(message: str, speech: Speech) -> str:
    """Return the sentence of a refused undoing, with what depends on it in words; empty when it names nothing."""
    named = [f"{DEPENDING.get(what, what)} ({speech.number(int(count))})" for what, count in _NAMED.findall(message)]
    if not named:
        return ""
    return _("Nothing was taken back: something depends on it by now: %(what)s.") % {"what": ", ".join(named)}
