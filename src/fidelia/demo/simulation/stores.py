"""The places of sale of Maison Éléonore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Place:
    """A shop or the web shop; `opened_after` days of the history, 0 for one that was there before."""

    code: str
    name: str
    channel: str
    short: str
    weight: float
    opened_after: int = 0
    instead: str = ""


WEB = "WEB"
PLACES = (
    Place("PARIS-MARAIS", "Paris Marais", "store", "PMA", 24),
    Place("PARIS-BATIGNOLLES", "Paris Batignolles", "store", "PBA", 16),
    Place("PARIS-MOUFFETARD", "Paris Mouffetard", "store", "PMO", 17),
    Place("LYON-CROIX-ROUSSE", "Lyon Croix-Rousse", "store", "LCR", 10),
    Place("LYON-PRESQUILE", "Lyon Presqu’île", "store", "LPI", 14),
    Place("LILLE-VIEUX-LILLE", "Lille Vieux-Lille", "store", "LVL", 13),
    Place("LILLE-WAZEMMES", "Lille Wazemmes", "store", "LWA", 6, opened_after=240, instead="LILLE-VIEUX-LILLE"),
    Place(WEB, "maison-eleonore.example", "web", "WEB", 0),
)
PLACE_OF = {place.code: place for place in PLACES}


def opened_on(place: Place, begins_on: date) -> date:
    """Return the day on which a place opened, for a history that begins on a day."""
    days = place.opened_after if place.opened_after else -1_500 - 97 * PLACES.index(place)
    return begins_on + timedelta(days=days)


def open_place(code: str, day: date, begins_on: date) -> str:
    """Return the place itself, or the one that people went to before it opened."""
    place = PLACE_OF[code]
    return place.instead if place.instead and day < opened_on(place, begins_on) else code
