"""Opening balances beside the database: points by the day they expire, members by tier, each row of both equal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from fidelia.intake.models import Import
from fidelia.ui.formats import plain_date

from ..speech import Speech
from .totals import Units


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    label: str
    file: str
    recorded: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What the file says and what was recorded, part by part."""

    title: str
    rows: tuple[BreakdownRow, ...]


def break_down(found: Import, units: Units, speech: Speech) -> list[Breakdown]:
    """Return each part that the check and the recording both tell of; none before something was recorded."""
    shown = []
    if isinstance(found.totals.get("by_expiry"), dict):
        points = partial(units.show, "points", speech=speech)
        shown.append(_compare(_("Points by expiry"), "by_expiry", found, points, speech))
    if found.totals.get("by_tier"):
        shown.append(_compare(_("Members by tier"), "by_tier", found, speech.number, speech))
    return shown


def _compare(title: str, name: str, found: Import, show: Callable[[int], str], speech: Speech) -> Breakdown:
    said: Mapping[str, Any] = found.check_report.get(name) or {}
    kept: Mapping[str, Any] = found.totals.get(name) or {}
    rows = []
    for part in sorted({*said, *kept}):
        told, wrote = int(said.get(part, 0)), int(kept.get(part, 0))
        rows.append(BreakdownRow(_label(part, speech), show(told), show(wrote), told == wrote))
    return Breakdown(title, tuple(rows))


def _label(part: str, speech: Speech) -> str:
    """A day as people write it; points without end as such; a tier by its key."""
    try:
        day = date.fromisoformat(part)
    except ValueError:
        return _("never expire") if part == "never" else part
    return plain_date(day, speech.language)
