"""Opening balances beside the database: points by the day they expire, members by tier, each row of both equal.

Of a programme with several points currencies each has its own table and its own control totals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from fidelia.intake.models import Import
from fidelia.programme.models import PointsCurrency
from fidelia.programme.queries import get_programme_by_id
from fidelia.ui.formats import plain_date

from ..speech import Speech
from .totals import COUNTED_IN, Balance, Units, balance_of


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
    for one in further_of(found):
        title = _("%(currency)s by expiry") % {"currency": one.name.in_language(speech.language)}
        points = partial(speech.points, scale=one.scale)
        shown.append(_compare_parts(title, _of(found.check_report, one), _of(found.totals, one), points, speech))
    if found.totals.get("by_tier"):
        shown.append(_compare(_("Members by tier"), "by_tier", found, speech.number, speech))
    return shown


def _compare(title: str, name: str, found: Import, show: Callable[[int], str], speech: Speech) -> Breakdown:
    return _compare_parts(title, found.check_report.get(name) or {}, found.totals.get(name) or {}, show, speech)


def _of(told: Mapping[str, Any], currency: PointsCurrency) -> Mapping[str, Any]:
    return sums_of(told, currency.code).get("by_expiry") or {}


def sums_of(told: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    """Return what a report tells of a further points currency."""
    return (told.get("by_currency") or {}).get(code) or {}


def further_of(found: Import) -> list[PointsCurrency]:
    """Return the further points currencies in which the file says balances."""
    codes = list(found.check_report.get("by_currency") or {})
    if not codes or found.programme_id is None:
        return []
    more = get_programme_by_id(found.programme_id).more_currencies.select_related("currency").order_by("currency_id")
    return [one.currency for one in more if one.currency_id in codes]


def balance_further(found: Import, speech: Speech) -> list[tuple[str, Balance]]:
    """Return, of each further points currency, points of the file = posted + known + double + rejected."""
    balances = []
    for one in further_of(found):
        said, kept = sums_of(found.check_report, one.code), sums_of(found.totals, one.code)
        parts = {place: int(said.get(f"{place}_points", 0)) for place in COUNTED_IN}
        parts["recorded"] = int(kept.get("posted_points", 0))
        show = partial(speech.points, scale=one.scale)
        balances.append((one.name.in_language(speech.language), balance_of(parts, show)))
    return balances


def _compare_parts(
    title: str, said: Mapping[str, Any], kept: Mapping[str, Any], show: Callable[[int], str], speech: Speech
) -> Breakdown:
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
