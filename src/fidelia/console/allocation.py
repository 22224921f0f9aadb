"""Insight › Portfolio: the budget divided among the classes, moved, saved, taken along (`allocating` has the sums)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from io import StringIO
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from fidelia.insight.fits.response import TWICE_LEAST, TWICE_MOST, Gain
from fidelia.insight.measures.portfolio import CLASSES
from fidelia.insight.models import Refresh
from fidelia.insight.operations import save_budget_plan, withdraw_budget_plan
from fidelia.insight.operations.learning import CLASS_NAMES
from fidelia.insight.queries import get_last_refresh, list_budget_plans
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.money import Money
from fidelia.ui import formats
from fidelia.ui.parts import Definition

from . import meanings_tables
from .allocating import Allocation, Line
from .pages import ConsoleRequest, show, signed_in, wants_fragment
from .programme_parts import language
from .refusals import sentence_of
from .words import Words, word
from .workbooks import XLSX, workbook_of

PAGE: Final = "f-allotment"
MEANINGS: Words = {
    "stars": _lazy("high value, high potential"), "question_marks": _lazy("low value, high potential"),
    "profit_customers": _lazy("high value, low potential"), "to_select": _lazy("low value, low potential"),
}  # fmt: skip
LOOKS: Final = {
    "stars": ("petrol", "diamond"), "question_marks": ("orange", "triangle"),
    "profit_customers": ("violet", "square"), "to_select": ("context", "circle"),
}  # fmt: skip


def allocation_of(by: Actor, refresh: Refresh, query: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the card of the budget shows; None before a refresh that knows the classes."""
    if refresh.portfolio is None:
        return None
    plans = [one for one in list_budget_plans(by=by) if one.currency == refresh.currency]
    found = Allocation(by, refresh, query, plans[0] if plans else None)
    return {
        "rows": [_row(one, found) for one in found.lines],
        "budget": _major(found.budget, found.currency), "currency": found.currency,
        "budget_said": _money(found.budget, found.currency),
        "twice": f"{found.twice:g}", "twice_least": f"{TWICE_LEAST:g}", "twice_most": f"{TWICE_MOST:g}",
        "assumed": [
            {"key": one.key, "name": _name(one.key), "back": f"{one.back:g}"}
            for one in found.lines if not one.is_measured and one.people
        ],
        "mistakes": [(_label(name), text) for name, text in found.asked.mistakes.items()],
        "scaled_from": _scaled(found),
        "has_no_best": found.has_no_best, "gives_today": found.gives_today, "all_assumed": found.is_all_assumed,
        "total": _gain(found.total, found.currency),
        "net": _signed(found.total.expected - found.budget, found.currency),
        "said": _sentence(found), "may_plan": by.may_somewhere("insight.plan"),
        "may_draft": by.may_somewhere("campaign.draft"),
        "fields": _fields(found), "query": urlencode(_fields(found)),
        "plans": [_plan(one, refresh) for one in plans], "definition": _definition(found),
        "rests": _rests_on(found),
    }  # fmt: skip


@signed_in
def budget(request: ConsoleRequest) -> HttpResponseBase:
    """The card alone, for the script of the page, as another division makes it; a POST keeps the division."""
    refresh = _refresh_with_portfolio(request)
    if request.method != "POST" and not wants_fragment(request):
        return redirect(_address(request.GET))
    if request.method != "POST":
        found = allocation_of(request.actor, refresh, request.GET)
        return show(request, "console/insight/allocation.html", {"allotment": found, "last": refresh})
    asked = Allocation(request.actor, refresh, request.POST, None)
    if asked.asked.mistakes or asked.asked.shares is None or asked.asked.budget is None:
        messages.error(request, _("The division was not saved: it says no budget, or no shares."))
        return redirect(_address(request.POST))
    measured = set(asked.response.classes)
    try:
        save_budget_plan(
            by=request.actor, at=clock.now(), budget=asked.budget, shares=asked.shares,
            assumed={
                "twice": asked.twice, "back": {name: asked.back[name] for name in CLASSES if name not in measured}
            },
        )  # fmt: skip
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect(_address(request.POST))
    messages.success(request, _("The division is kept. It is the plan in force until another one is kept."))
    return redirect(_address({}))


@require_POST
@signed_in
def withdraw(request: ConsoleRequest, plan_id: UUID) -> HttpResponseBase:
    """Take a kept division back."""
    try:
        withdraw_budget_plan(by=request.actor, at=clock.now(), plan_id=plan_id)
    except FideliaError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, _("The division is withdrawn; the one before it is in force again."))
    return redirect(_address({}))


@signed_in
def table(request: ConsoleRequest, kind: str) -> HttpResponseBase:
    """The division as a table, for a spreadsheet: CSV of the page's language, or Excel."""
    refresh = _refresh_with_portfolio(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    plans = list_budget_plans(by=request.actor)
    kept = next((one for one in plans if one.currency == refresh.currency), None)
    found = Allocation(request.actor, refresh, request.GET, kept)
    columns, rows = _columns(found), [_cells(one, found) for one in found.lines]
    name = f"portfolio-budget-{refresh.as_of:%Y-%m-%d}"
    if kind == "xlsx":
        content: bytes = workbook_of([(_("The budget and what it brings"), columns, rows)], language())
        response = HttpResponse(content, content_type=XLSX)
    else:
        french = language() == "fr"
        text = StringIO()
        writer = csv.writer(text, delimiter=";" if french else ",")
        writer.writerow(columns)
        writer.writerows(rows)
        response = HttpResponse(text.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.{kind}"'
    return response


def _refresh_with_portfolio(request: ConsoleRequest) -> Refresh:
    request.actor.require("insight.see")
    last = get_last_refresh()
    if last is None or last.portfolio is None:
        raise Http404
    return last


def _address(query: Mapping[str, Any]) -> str:
    names = ("budget", "twice", *CLASSES, *(f"back_{name}" for name in CLASSES))
    kept = {name: query[name] for name in names if query.get(name)}
    address = reverse("console:insight-chapter", args=("portfolio",))
    return f"{address}?{urlencode(kept)}#{PAGE}" if kept else f"{address}#{PAGE}"


def _fields(found: Allocation) -> dict[str, str]:
    """The division as fields of a form or an address."""
    shares = {name: f"{found.shares[name] / 10:g}" for name in CLASSES}
    measured = set(found.response.classes)
    back = {f"back_{name}": f"{found.back[name]:g}" for name in CLASSES if name not in measured}
    return {"budget": _major(found.budget, found.currency), "twice": f"{found.twice:g}"} | shares | back


def _row(one: Line, found: Allocation) -> dict[str, Any]:
    tongue = language()
    colour, shape = LOOKS[one.key]
    how = _("nobody in this class")
    if one.is_measured:
        how = _("measured: %(treated)s treated, %(control)s left out") % {
            "treated": formats.number(one.treated, tongue), "control": formats.number(one.control, tongue),
        }  # fmt: skip
    elif one.people:
        how = _("assumed: each 1 brings back %(back)s") % {"back": formats.number(Decimal(f"{one.back:g}"), tongue)}
    return {
        "key": one.key, "name": _name(one.key), "meaning": word(MEANINGS, one.key), "colour": colour, "shape": shape,
        "people": one.people, "value_share": formats.share(one.value_share, tongue, decimals=0),
        "share": f"{one.share / 10:g}", "slide": round(one.share / 10),
        "share_said": formats.share(one.share / 1_000, tongue), "amount": _money(one.budget, found.currency),
        "today": None if one.today is None else f"{one.today / 10:g}",
        "today_said": "" if one.today is None else formats.share(one.today / 1_000, tongue),
        "effect": _gain(one.effect, found.currency), "is_measured": one.is_measured, "how": how,
    }  # fmt: skip


def _columns(found: Allocation) -> list[str]:
    unit = found.currency
    return [
        _("Class"), _("Customers"), _("Share of the margin"), _("Share of the budget"),
        _("Budget (%(currency)s)") % {"currency": unit}, _("Share today"),
        _("Margin expected (%(currency)s)") % {"currency": unit}, _("at least (%(currency)s)") % {"currency": unit},
        _("at most (%(currency)s)") % {"currency": unit}, _("How it is known"),
    ]  # fmt: skip


def _cells(one: Line, found: Allocation) -> list[str]:
    tongue, row = language(), _row(one, found)

    def bare(minor: float) -> str:
        return _bare(minor, found.currency)

    effect = one.effect
    return [
        str(row["name"]), str(one.people), formats.share(one.value_share, tongue), row["share_said"], bare(one.budget),
        row["today_said"], bare(effect.expected), bare(effect.low), bare(effect.high), str(row["how"]),
    ]  # fmt: skip


def _bare(minor: float, currency: str) -> str:
    """An amount for a spreadsheet: no blanks, the language's own point."""
    text = f"{Money(round(minor), currency).text()}"
    return text.replace(".", ",") if language() == "fr" else text


def _plan(plan: Any, refresh: Refresh) -> dict[str, Any]:
    shares = ", ".join(f"{_name(name)} {formats.share(plan.shares[name] / 1_000, language())}" for name in CLASSES)
    query = {"budget": _major(plan.budget, plan.currency)} | {name: f"{plan.shares[name] / 10:g}" for name in CLASSES}
    query |= {"twice": f"{plan.assumed.get('twice', 1.5):g}"}
    query |= {f"back_{name}": f"{value:g}" for name, value in plan.assumed.get("back", {}).items()}
    return {
        "id": plan.id, "by": plan.saved_by, "at": plan.saved_at, "budget": _money(plan.budget, plan.currency),
        "shares": shares, "url": _address(query),
    }  # fmt: skip


def _scaled(found: Allocation) -> str:
    """What the shares typed summed to, where that was not 100 %."""
    whole = found.asked.scaled_from
    return formats.share(float(whole) / 100, language()) if whole is not None and not found.asked.preset else ""


def _sentence(found: Allocation) -> dict[str, Any]:
    """What the division changes, in words, and whether that is sure."""
    gain = found.against_today
    if gain is None:
        return {"text": _("Nothing was given in the last year: there is no division of today to compare with."),
                "tone": "blue"}  # fmt: skip
    if found.shares == found.today:
        return {"text": _("The budget is divided as today: move a slider to see what changes."), "tone": "blue"}
    said = {"more": _signed(gain.expected, found.currency), "span": _span(gain, found.currency)}
    text = _("Against the same budget divided as today: %(more)s of expected margin (%(span)s).") % said
    assumed = [_name(one.key) for one in found.lines if one.people and not one.is_measured and one.share != one.today]
    if found.is_all_assumed:
        more = _("Nothing of this was measured: it only follows from what is assumed.")
    elif gain.low <= 0 <= gain.high:
        more = _("The interval touches zero: try it first with a control group.")
    elif assumed:
        more = _("It rests on what is assumed, not measured, of: %(names)s.") % {"names": ", ".join(assumed)}
    elif gain.high < 0:
        more = _("By what was measured, today’s division brings more.")
    else:
        more = _("The interval lies above zero.")
    return {"text": f"{text} {more}", "tone": "amber" if assumed or gain.low <= 0 else "green",
            "try": gain.low <= 0 <= gain.high}  # fmt: skip


def _rests_on(found: Allocation) -> list[str]:
    """The assumptions and the sources, each in a sentence."""
    tongue, response = language(), found.response
    lines = []
    if response.used:
        names = ", ".join(one.campaign.name.in_language(tongue) for one in response.used[:5])
        count = formats.number(len(response.used), tongue)
        lines.append(_("Measured in %(count)s campaigns with control groups of the last two years: %(names)s.") % {
            "count": count, "names": names})  # fmt: skip
    if any(one > 0 for one in response.drawn):
        lines.append(_("The returns of the classes are drawn towards that of all: the fewer people, the more so."))
    if response.unknown_cost:
        lines.append(_("%(count)s campaigns are left out: what they cost is not known, or was nothing.") % {
            "count": formats.number(response.unknown_cost, tongue)})  # fmt: skip
    if not found.sees_campaigns:
        lines.append(_("You may not see campaigns: what they measured is left out."))
    rate = formats.share(float(found.known["rate"]), tongue)
    if found.known["assumed"] > 0:
        share = formats.share(float(found.known["assumed"]), tongue, decimals=0)
        text = _("Margin is %(rate)s of sales; for %(share)s of the sales no cost is known and it is assumed.")
        lines.append(text % {"rate": rate, "share": share})
    else:
        lines.append(_("Margin is %(rate)s of sales, from known costs.") % {"rate": rate})
    if found.known["unvalued"]:
        lines.append(_("Points that are worth nothing at the till are left out of what is given today."))
    if any(one.people and not one.is_measured for one in found.lines):
        lines.append(_("Who is not measured is assumed: the interval reaches from nothing to twice the assumption."))
    return lines


def _definition(found: Allocation) -> Definition:
    day = formats.plain_date(found.refresh.as_of.date(), language())
    return meanings_tables.budget_of_portfolio(day)


def _label(field: str) -> str:
    if field.startswith("back_"):
        return _("What each 1 brings back, %(name)s") % {"name": _name(field[5:])}
    if field in CLASSES:
        return _name(field)
    return {"budget": _("Budget"), "twice": _("Twice the money brings")}[field]


def _name(key: str) -> str:
    return CLASS_NAMES[key].in_language(language())


def _gain(gain: Gain, currency: str) -> dict[str, str]:
    return {
        "expected": _signed(gain.expected, currency),
        "half": _money(gain.expected - gain.low, currency),
        "span": _span(gain, currency),
    }


def _span(gain: Gain, currency: str) -> str:
    return formats.money_span(_text(gain.low, currency), _text(gain.high, currency), currency, language())


def _text(minor: float, currency: str) -> str:
    return Money(round(minor), currency).text()


def _major(minor: int, currency: str) -> str:
    text = Money(minor, currency).text()
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(minor: float, currency: str) -> str:
    return formats.figure_money(_text(minor, currency), currency, language())


def _signed(minor: float, currency: str) -> str:
    return formats.figure_money(_text(minor, currency), currency, language(), sign=True)
