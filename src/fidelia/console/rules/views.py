"""The pages of the rules of a version: the list, the builder, and what the builder asks while one works."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError, NotFound
from fidelia.products.queries import list_products
from fidelia.programme.errors import ChangedMeanwhile
from fidelia.programme.operations import edit_draft
from fidelia.rules.documents import read_text

from ..backtests import last_backtest
from ..naming import names_of_codes
from ..pages import ConsoleRequest, show, signed_in
from ..programme_parts import RuleView, VersionView
from ..programmes import show_part, view_at
from ..refusals import sentence_of
from ..trials import blank_trial
from .counted import tell_counted
from .editor import Bench, Editor, bench_of, open_rule, read_editor

FOUND_MAX = 20


class UnknownRule(NotFound):
    """The version has no rule of this key."""

    default_code = "unknown_rule"


@signed_in
def version(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The rules of a version, the first of them open."""
    view = view_at(request, slug, number)
    return _page(request, view, view.rules[0] if view.rules else None)


@require_http_methods(["GET", "POST"])
@signed_in
def rule(request: ConsoleRequest, slug: str, number: int, key: str) -> HttpResponseBase:
    """One rule: in a draft the builder, else its parts, text and words; a POST keeps what was built."""
    view = view_at(request, slug, number)
    chosen = next((each for each in view.rules if each.key == key), None)
    if chosen is None:
        raise UnknownRule("There is no such rule.")
    if request.method != "POST":
        return _page(request, view, chosen)
    return _save(request, view, chosen)


@require_POST
@signed_in
def builder(request: ConsoleRequest, slug: str, number: int, key: str) -> HttpResponseBase:
    """A step in the builder: what was typed, read and shown again on the other side. Nothing is kept."""
    view = view_at(request, slug, number)
    bench = _bench(request, view)
    editor = read_editor(bench, key, request.POST)
    tell_counted(editor.members.limits, key, view.programme, request.actor)
    context = {"editor": editor, "view": view, "programme": view.programme}
    return show(request, "console/rules/form.html", context | {"version": view.version, "bench": bench})


@signed_in
def options(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """Products whose code begins with, or whose name holds, what is typed: a list too long to be sent whole."""
    view_at(request, slug, number)
    text = request.GET.get("q", "").strip()
    found = list_products(by=request.actor, text=text, limit=FOUND_MAX) if text else []
    return JsonResponse({"options": [{"code": one.code, "name": one.name} for one in found]})


def _save(request: ConsoleRequest, view: VersionView, chosen: RuleView) -> HttpResponseBase:
    bench = _bench(request, view)
    editor = read_editor(bench, chosen.key, request.POST)
    if "act" in request.POST or "step" in request.POST or not editor.is_whole:
        return _page(request, view, chosen, editor, status=200 if editor.is_whole else 422)
    try:
        _keep(request, view, chosen.key, editor)
    except FideliaError as refusal:
        editor.mistake = sentence_of(refusal)
        return _page(request, view, chosen, editor, status=refusal.status)
    messages.success(request, _("The rule is saved in the draft."))
    key = read_text(editor.text)["key"]
    return redirect("console:version-rule", slug=view.programme.slug, number=view.version.number, key=key)


def _keep(request: ConsoleRequest, view: VersionView, key: str, editor: Editor) -> None:
    """Put the rule in the place of the one that was opened. Raises ChangedMeanwhile where that is another by now."""
    before, after = read_text(editor.base), read_text(editor.text)

    def edit(document: dict[str, Any]) -> dict[str, Any]:
        place = next((at for at, each in enumerate(document["rules"]) if each["key"] == key), None)
        if place is None or document["rules"][place] != before:
            raise ChangedMeanwhile("Another person changed this rule after you opened it.")
        document["rules"][place] = after
        return document

    edit_draft(by=request.actor, at=clock.now(), version=view.version, edit=edit)


def _page(
    request: ConsoleRequest,
    view: VersionView,
    chosen: RuleView | None,
    editor: Editor | None = None,
    *,
    status: int = 200,
) -> HttpResponseBase:
    at = clock.now()
    context: dict[str, Any] = {"chosen": chosen, "trial": blank_trial(view.version, by=request.actor, at=at)}
    if chosen is None or not (view.is_draft and view.may_draft):
        return show_part(request, view, "rules", context)
    bench = _bench(request, view)
    written = next(each for each in view.version.document["rules"] if each["key"] == chosen.key)
    editor = editor or open_rule(bench, written)
    tell_counted(editor.members.limits, chosen.key, view.programme, request.actor)
    context |= {"editor": editor, "bench": bench, "removed": _removed(request, view), "last": last_backtest(view)}
    return show_part(request, view, "rules", context, status=status, template="console/rules/page.html")


def _bench(request: ConsoleRequest, view: VersionView) -> Bench:
    return bench_of(view, request.actor, names_of_codes(request.actor, clock.now()))


def _removed(request: ConsoleRequest, view: VersionView) -> str:
    """Return the name of the rule just taken out of this draft, which one may still take back; told once."""
    told = request.session.pop("rule_removal_told", None)
    return told["name"] if told and told["version"] == str(view.version.id) else ""
