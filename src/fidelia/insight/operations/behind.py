"""Find the people behind a part of a chapter, and keep them until the next refresh."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from fidelia.kernel.actor import Actor
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.queries import get_operator

from ..errors import NothingToReport, UnknownMark
from ..models import Crowd, Refresh, Slice
from ..report.behind import people_behind
from ..report.exported import EVERYTHING
from .chapters import facts_of
from .slicing import only_of

CROWDS_MAX: Final = 100  # kept of one refresh; the one found longest ago makes room
MARK_LENGTH_MAX: Final = 1_000


def find_crowd(
    *, by: Actor, at: datetime, refresh: Refresh, chapter: str, mark: str, part: Slice | None = None
) -> Crowd:
    """Find the people behind a part of a chapter (`mark` is its key) of all purchases, or of a slice, and keep them.

    They are counted on the facts that the chapter was written on. One that is kept already is returned. Raises Denied
    (insight.see), UnknownMark.
    """
    by.require("insight.see")
    if len(mark) > MARK_LENGTH_MAX:
        raise UnknownMark("There is no such part of a chapter.")
    kept = Crowd.objects.filter(refresh=refresh, slice=part, chapter=chapter, mark=mark).first()
    if kept is not None:
        return kept
    only = only_of(by, part.wanted, refresh) if part else EVERYTHING
    try:
        with facts_of(refresh, get_operator(), only) as facts:
            found = people_behind(facts, mark)
    except NothingToReport:
        raise UnknownMark("Nobody bought in this part.") from None
    with transaction_of_use_case():
        crowd, _is_new = Crowd.objects.get_or_create(
            refresh=refresh, slice=part, chapter=chapter, mark=mark,
            defaults={"customer_ids": found, "found_at": at},
        )  # fmt: skip
        oldest = Crowd.objects.order_by("-found_at", "-id").values_list("id", flat=True)[CROWDS_MAX:]
        Crowd.objects.filter(id__in=list(oldest)).delete()
    return crowd
