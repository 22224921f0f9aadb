"""The store and the period that a person looked at last: they stay from page to page until others are chosen."""

from __future__ import annotations

from collections.abc import Collection

from .pages import ConsoleRequest

KEPT = "looked_at"


def chosen(request: ConsoleRequest, name: str, among: Collection[str]) -> str:
    """Return what the address says of the store (its code) or the period, and remember it; else what was chosen last.

    An address that says nothing after the name forgets it; what is not `among` the choices is neither kept nor
    returned.
    """
    kept: dict[str, str] = request.session.get(KEPT, {})
    if name not in request.GET:
        return kept.get(name, "") if kept.get(name) in among else ""
    value = request.GET[name] if request.GET[name] in among else ""
    if value != kept.get(name, "") and (value or not request.GET[name]):
        request.session[KEPT] = {**kept, name: value}
    return value


def choose(request: ConsoleRequest, name: str, value: str) -> None:
    """Remember a choice that an address says in other words."""
    kept: dict[str, str] = request.session.get(KEPT, {})
    if kept.get(name, "") != value:
        request.session[KEPT] = {**kept, name: value}


def last_chosen(request: ConsoleRequest, name: str) -> str:
    """Return what was chosen last; empty for nothing."""
    kept: dict[str, str] = request.session.get(KEPT, {})
    return kept.get(name, "")
