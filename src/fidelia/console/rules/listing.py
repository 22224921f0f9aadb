"""The list of a draft's rules: add, duplicate, move, switch on and off, take out and take back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from fidelia.kernel import clock
from fidelia.programme.errors import ChangedMeanwhile
from fidelia.programme.operations import edit_draft

from ..pages import ConsoleRequest, signed_in
from ..programme_parts import VersionView, language
from ..programmes import view_at
from .views import UnknownRule

Rules = list[dict[str, Any]]


@require_POST
@signed_in
def add(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Add a rule at the end: a point for each unit of money, to be changed."""
    view = view_at(request, slug, number)
    made: list[str] = []

    def edit(rules: Rules) -> Rules:
        made.append(_free_key("rule", rules))
        name = _in_both_languages(lambda: _("New rule"))
        return [*rules, {"key": made[-1], "name": name, "points_per": {"amount": 1, "points": 1}}]

    _edit(request, view, edit)
    return _open(view, made[-1])


@require_POST
@signed_in
def duplicate(request: ConsoleRequest, slug: str, number: int, key: str) -> HttpResponseBase:
    """Put a copy of a rule behind it."""
    view = view_at(request, slug, number)
    made: list[str] = []

    def edit(rules: Rules) -> Rules:
        at = _place(rules, key)
        made.append(_free_key(key, rules))
        suffix = _in_both_languages(lambda: pgettext("rule", "copy"))
        name = {tongue: f"{text} ({suffix[tongue]})" for tongue, text in rules[at]["name"].items()}
        return [*rules[: at + 1], {**rules[at], "key": made[-1], "name": name}, *rules[at + 1 :]]

    _edit(request, view, edit)
    return _open(view, made[-1])


@require_POST
@signed_in
def remove(request: ConsoleRequest, slug: str, number: int, key: str) -> HttpResponseBase:
    """Take a rule out of the draft; it is kept in the session, so that it can be put back."""
    view = view_at(request, slug, number)
    taken: list[tuple[int, dict[str, Any]]] = []

    def edit(rules: Rules) -> Rules:
        at = _place(rules, key)
        taken.append((at, rules[at]))
        return [*rules[:at], *rules[at + 1 :]]

    _edit(request, view, edit)
    at, rule = taken[-1]
    request.session["rule_removed"] = {"version": str(view.version.id), "at": at, "rule": rule}
    name = rule["name"].get(language()[:2], key)
    request.session["rule_removal_told"] = {"version": str(view.version.id), "name": name}
    return redirect("console:version", slug=slug, number=number)


@require_POST
@signed_in
def restore(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Put the rule that was last taken out back where it stood."""
    view = view_at(request, slug, number)
    kept = request.session.pop("rule_removed", None)
    if not kept or kept["version"] != str(view.version.id):
        raise UnknownRule("There is no rule to put back.")
    _edit(request, view, lambda rules: [*rules[: kept["at"]], kept["rule"], *rules[kept["at"] :]])
    return _open(view, kept["rule"]["key"])


@require_POST
@signed_in
def switch(request: ConsoleRequest, slug: str, number: int, key: str) -> HttpResponseBase:
    """Switch a rule of the draft `on` or off; off, it is kept and gives nothing. The rule that was `open` stays so."""
    view = view_at(request, slug, number)
    is_on = request.POST.get("on") == "1"

    def edit(rules: Rules) -> Rules:
        at = _place(rules, key)
        rest = {name: value for name, value in rules[at].items() if name != "active"}
        return [*rules[:at], rest if is_on else {**rest, "active": False}, *rules[at + 1 :]]

    _edit(request, view, edit)
    return _open(view, request.POST.get("open") or key)


@require_POST
@signed_in
def order(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Put the rules in an order: `keys` names each of them, or `up` and `down` one that moves by one place."""
    view = view_at(request, slug, number)
    keys, moved = request.POST.getlist("keys"), request.POST.get("up") or request.POST.get("down") or ""
    _edit(request, view, lambda rules: _sorted(rules, keys) if keys else _moved(rules, moved, up="up" in request.POST))
    return _open(view, request.POST.get("open") or moved or keys[0])


def _edit(request: ConsoleRequest, view: VersionView, change: Callable[[Rules], Rules]) -> None:
    def edit(document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "rules": change(document["rules"])}

    edit_draft(by=request.actor, at=clock.now(), version=view.version, edit=edit)


def _sorted(rules: Rules, keys: list[str]) -> Rules:
    by_key = {rule["key"]: rule for rule in rules}
    if sorted(by_key) != sorted(keys):
        raise ChangedMeanwhile("Another person added or removed a rule after you opened the list.")
    return [by_key[key] for key in keys]


def _moved(rules: Rules, key: str, *, up: bool) -> Rules:
    at = _place(rules, key)
    to = max(0, at - 1) if up else min(len(rules) - 1, at + 1)
    rest = [rule for rule in rules if rule["key"] != key]
    return [*rest[:to], rules[at], *rest[to:]]


def _place(rules: Rules, key: str) -> int:
    place = next((at for at, rule in enumerate(rules) if rule["key"] == key), None)
    if place is None:
        raise UnknownRule("There is no such rule.")
    return place


def _free_key(key: str, rules: Rules) -> str:
    taken = {rule["key"] for rule in rules}
    return next(name for n in count(2) if (name := f"{key[:36]}-{n}") not in taken)


def _in_both_languages(say: Callable[[], str]) -> dict[str, str]:
    both = {}
    for tongue in ("en", "fr"):
        with translation.override(tongue):
            both[tongue] = say()
    return both


def _open(view: VersionView, key: str) -> HttpResponseBase:
    return redirect("console:version-rule", slug=view.programme.slug, number=view.version.number, key=key)
