"""Bring the moments that programs write with more than a day and an hour into the forms of `dates`. Knows no Django.

Weekdays before a day, names of zones behind an hour, points within an hour, the order of asctime.
"""

from __future__ import annotations

import re

LENGTH_MAX = 60
_UNTIDY = re.compile(r"[^\W\d_]{2}|\s\s| - |[0-9] [0-9]{1,2}\.[0-9]{2}")
_WEEKDAY = re.compile(
    r"(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    r"|lun|mar|mer|jeu|ven|sam|dim|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)(?:\.,|[.,])?\s+(?=[0-9]|[^\W\d_]{3})",
    re.IGNORECASE,
)
_ASCTIME = re.compile(r"(\w{3}) ([0-9]{1,2}) ([0-9:]{7,8})( [A-Z]{2,5}| [-+][0-9]{4})? ([0-9]{4})")
_POINTED_HOUR = re.compile(r"(?<=[0-9]{2}) ([0-9]{1,2})\.([0-9]{2})(?:\.([0-9]{2})(?:\.[0-9]+)?)?(?=$| ?[AaPp]\.?[Mm])")
_ZONE = re.compile(r"(?<=[0-9MmZ]) ?\(?([A-Z]{3,4})\)?$")
_OFFSETS = {
    "GMT": "Z", "UTC": "Z", "WET": "Z", "BST": "+01:00", "CET": "+01:00", "WEST": "+01:00", "CEST": "+02:00",
    "EET": "+02:00", "EEST": "+03:00", "EST": "-05:00", "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00",
    "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00", "PDT": "-07:00",
}  # fmt: skip


def tidy_moment(text: str) -> str:
    """Return a moment in a form that `dates` may know; a text that is none as it stands, or nearly so."""
    if len(text) > LENGTH_MAX or not _UNTIDY.search(text) or not any(map(str.isdigit, text)):
        return text
    tidied = _WEEKDAY.sub("", " ".join(text.split()), count=1)
    found = _ASCTIME.fullmatch(tidied)
    if found is not None:
        month, day, hour, zone, year = found.groups()
        tidied = f"{month} {day}, {year} {hour}{zone or ''}"
    tidied = tidied.replace(" - ", " ")
    tidied = _POINTED_HOUR.sub(lambda hour: f" {hour[1]}:{hour[2]}:{hour[3] or '00'}", tidied)
    return _with_offset(tidied)


def _with_offset(text: str) -> str:
    """Write the name of a zone as what it is off UTC; one behind an offset says nothing more."""
    found = _ZONE.search(text)
    if found is None or found[1] not in _OFFSETS:
        return text
    before = text[: found.start()]
    if re.search(r"(?:Z|[-+][0-9]{2}:?[0-9]{2})$", before):
        return before
    return before + _OFFSETS[found[1]] if ":" in before else text
