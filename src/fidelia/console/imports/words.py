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
# Tables that name a customer, as people call what stands in them.
DEPENDING: Mapping[str, str | Promise] = {
    "activity_purchase": _lazy("purchases"),
    "programme_enrolment": _lazy("memberships"),
    "messaging_message": _lazy("messages"),
    "customers_segment_membership": _lazy("memberships of segments"),
    "customers_trait": _lazy("traits"),
    "campaigns_member": _lazy("people of campaigns"),
}
_NAMED = re.compile(r"(\w+) \((\d+)\)")


def undone_words(counts: Mapping[str, Any], speech: Speech) -> list[tuple[str, str]]:
    """Return what an undoing did, as labels and numbers."""
    return [
        (str(UNDONE.get(name, name.replace("_", " "))), speech.number(count))
        for name, count in counts.items()
        if isinstance(count, int)
    ]


def what_stands_in_the_way(message: str, speech: Speech) -> str:
    """Return the sentence of a refused undoing, with what depends on it in words; empty when it names nothing."""
    named = [
        f"{DEPENDING.get(table, table.partition('_')[2].replace('_', ' '))} ({speech.number(int(count))})"
        for table, count in _NAMED.findall(message)
    ]
    if not named:
        return ""
    return _("Nothing was taken back: something depends on it by now: %(what)s.") % {"what": ", ".join(named)}
