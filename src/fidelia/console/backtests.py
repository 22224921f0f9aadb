"""Backtest: what a version would have done over real history, beside what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fidelia.activity.models import Purchase
from fidelia.insight.backtest.plan_words import doubt_in_words, holes_in_words, relative_change
from fidelia.insight.jobs import BACKTEST
from fidelia.insight.models import Backtest
from fidelia.jobs.operations import start_job
from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.organisation.models import Store
from fidelia.programme.models import PointsCurrency, Programme
from fidelia.programme.queries import in_points
from fidelia.ui import charts, formats
from fidelia.ui.parts import Change, Definition, Figure

from .backtest_parts import PartForm, short_month_in_words
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import VersionView, language
from .programmes import view_at
from .version_jobs import context_of

ROWS = 20
NOBODY = ""


@require_http_methods(["GET", "POST"])
@signed_in
def backtest(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The last backtest of a version, or of a part of it; a POST starts another as a job, whose progress shows here."""
    view = view_at(request, slug, number)
    kept_of = Backtest.objects.filter(version_id=view.version.id).order_by("-made_at", "-id")
    whole = kept_of.filter(part={}).first()
    months = whole.result["by_month"] if whole is not None else {}
    form = PartForm(request.actor, view, months, request.POST if request.method == "POST" else request.GET)
    part = form.part().as_mapping()
    if request.method == "POST":
        label = LocalizedText(en=f"Backtest of version {number}", fr=f"Rejeu de la version {number}")
        arguments = {"version_id": str(view.version.id), "part": part}
        start_job(by=request.actor, at=clock.now(), kind=BACKTEST, arguments=arguments, label=label)
        return redirect(f"{request.path}?{urlencode(part)}" if part else request.path)
    kept = kept_of.filter(part=part).first() if part else whole
    context = context_of(request, view, kind=BACKTEST, kept=kept)
    context |= {
        "form": form, "part": part, "chips": form.chips(request.path), "may_filter": whole is not None or bool(part),
    }  # fmt: skip
    if kept is not None:
        context |= BacktestView(view, kept.result).context()
    return show(request, "console/programmes/backtest.html", context)


@dataclass(frozen=True, slots=True)
class LastBacktest:
    """The last backtest of all of a version in three figures, and when it was made."""

    made_at: datetime
    months: int
    figures: Sequence[tuple[str, str]]


def last_backtest(view: VersionView) -> LastBacktest | None:
    """Return the last backtest of a version; None before the first."""
    kept = Backtest.objects.filter(version_id=view.version.id, part={}).order_by("-made_at", "-id").first()
    if kept is None:
        return None
    told, result = BacktestView(view, kept.result), kept.result
    more = [(_("More points"), told.points(_more(result["points"]), signed=True))]
    if any(result["discount"]):
        more.append((_("More discounts"), told.money(_more(result["discount"]), signed=True)))
    gaining = (_("Members better off"), formats.number(result["members"]["gain"], language()))
    return LastBacktest(kept.made_at, len(result["by_month"]), [*more, gaining])


def _more(pair: Sequence[int]) -> int:
    return pair[1] - pair[0]


class BacktestView:
    """A result in words, figures and charts."""

    def __init__(self, view: VersionView, result: Mapping[str, Any]) -> None:
        self.view, self.result = view, result
        self.programme: Programme = view.programme
        self.scale = self.programme.points_currency.scale
        self.rules = {
            rule["key"]: rule["name"][language()[:2]]
            for document in (view.current.document if view.current else {}, view.version.document)
            for rule in document.get("rules", ())
        }

    def context(self) -> dict[str, Any]:
        result = self.result
        return {
            "result": result,
            "proof": self.proof(),
            "figures": self.figures(),
            "by_month": self.by_month(),
            "by_rule": self.by_rule(),
            "by_members": self.by_members(),
            "tiers": self.tiers(),
            "tables": [
                (_("Tier"), self.table("by_tier", self.tier_name)),
                (_("Store"), self.table("by_store", _store)),
            ],
            "baskets": [self.basket(each) for each in result["baskets"][:ROWS]],
            "unknown": result["unknown"] if "doubts" not in result else [],
            "doubts": self.doubts(),
            "holes": holes_in_words(result, language()[:2]),
            "took": formats.number(round(result["seconds"], 1), language()),
        }

    def proof(self) -> dict[str, str]:
        """Say whether replaying what was in force gives what members received."""
        proof = self.result["proof"]
        return {
            "is_exact": "yes" if proof["changed"] == 0 else "",
            "points": self.points(proof["points"][1]),
            "received": self.points(proof["points"][0]),
            "discount": self.money(proof["discount"][1]),
            "changed": formats.number(proof["changed"], language()),
        }

    def doubts(self) -> list[str]:
        """Say what history does not tell of what the rules ask, rule by rule."""
        named = {rule["key"]: rule["name"] for rule in self.view.version.document.get("rules", ())}
        return [doubt_in_words(each, named, language()[:2]) for each in self.result.get("doubts", ())]

    def figures(self) -> list[Figure]:
        result, members = self.result, self.result["members"]
        moved = sum(count for was, now, count in result["tiers"] if was != now)
        figures = [
            self.figure(_("Points issued"), result["points"], self.points, _("Points granted less points taken back.")),
            self.figure(_("Discounts granted"), result["discount"], self.money, _("What rules take off prices.")),
            *[self.beside(code, pair) for code, pair in result.get("credits", {}).items()],
            Figure(
                _("Members better off"),
                formats.number(members["gain"], language()),
                note=_("%(n)s worse off") % {"n": formats.number(members["lose"], language())},
                definition=Definition(_("Members better off"), _("Who has more points over the whole period.")),
            ),
            Figure(
                _("Tier moves"),
                formats.number(moved, language()),
                note=_("members in another tier at the end"),
                definition=Definition(_("Tier moves"), _("Who holds another tier at the end of the period.")),
            ),
        ]
        owed = result.get("liability")
        if owed:
            note = _("%(n)s %% redeemed") % {"n": owed["percent"]}
            figures.append(self.figure(_("Points liability"), owed["money"], self.money, note))
        return figures

    def beside(self, code: str, pair: list[int]) -> Figure:
        """Say what a further currency of the programme comes to."""
        currency = PointsCurrency.objects.get(code=code)
        name = currency.name.in_language(language())
        meaning = _("Points of this further currency, granted less taken back.")
        return self.figure(name, pair, lambda amount: in_points(amount, currency, language()), meaning)

    def figure(self, label: str, pair: list[int], say: Any, meaning: str) -> Figure:
        was, now = pair
        change = Change(self.change(was, now), "up" if now > was else "down" if now < was else "flat", None,
                        _("against %(was)s") % {"was": say(was)})  # fmt: skip
        return Figure(label, say(now), change=change, definition=Definition(label, meaning))

    @staticmethod
    def change(was: int, now: int) -> str:
        if not was:
            return "±0\u00a0%" if now == was else ""
        return relative_change(was, now, language())

    def by_month(self) -> charts.Chart | None:
        months: dict[str, list[int]] = self.result["by_month"]
        if len(months) < 2:
            return None
        name = _("Version %(number)s") % {"number": self.view.version.number}
        return charts.lines(
            [short_month_in_words(month, language()) for month in months],
            [
                charts.Series(_("As it happened"), [was / self.unit for was, _now in months.values()], "context"),
                charts.Series(name, [now / self.unit for _was, now in months.values()]),
            ],
            unit=charts.Unit(),
            language=language(),
            heading=_("Month"),
            band=True,
        )

    def by_rule(self) -> charts.Chart | None:
        items = [(self.rule_name(key), (now - was) / self.unit) for key, (was, now) in self.result["by_rule"].items()]
        if not items:
            return None
        return charts.sorted_bars(
            items, unit=charts.Unit(), language=language(), heading=_("Rule"), value_name=_("Points more or less")
        )

    def by_members(self) -> charts.Chart | None:
        bands = self.result["members"]["bands"]
        if not any(count for _low, _high, count in bands):
            return None
        return charts.stacked_bars(
            [_band_text(low, high) for low, high, _count in bands],
            [charts.Series(_("Members"), [count for _low, _high, count in bands])],
            unit=charts.Unit(),
            language=language(),
            heading=_("Change in points"),
        )

    def tiers(self) -> dict[str, Any]:
        """Return the matrix of tiers: as it is down, by the version across."""
        moves = {(was, now): count for was, now, count in self.result["tiers"]}
        names = [level.key for level in self.view.terms.tiers.levels] if self.view.terms.tiers else []
        known = [NOBODY, *names, *sorted({key for pair in moves for key in pair} - {NOBODY, *names})]
        return {
            "names": [self.tier_name(key) for key in known],
            "rows": [
                (
                    self.tier_name(was),
                    [self.cell(now, moves.get((was, now), 0), is_same=was == now) for now in known],
                )
                for was in known
            ],
        }

    def cell(self, now: str, count: int, *, is_same: bool) -> tuple[str, str, bool]:
        """Return a tier of the version, how many hold it, and whether they moved to it."""
        return self.tier_name(now), formats.number(count, language()), bool(count) and not is_same

    def table(self, part: str, name: Any) -> list[tuple[str, str, str, str]]:
        pairs: dict[str, list[int]] = self.result[part]
        rows = sorted(pairs.items(), key=lambda each: -abs(each[1][1] - each[1][0]))[:ROWS]
        return [(name(key), self.points(was), self.points(now), self.change(was, now)) for key, (was, now) in rows]

    def basket(self, kept: Mapping[str, Any]) -> dict[str, Any]:
        purchase = Purchase.objects.filter(purchase_id=kept["purchase_id"]).first()
        was, now = kept["points"]
        return {
            "purchase": purchase,
            "url": reverse("console:purchase", args=[kept["purchase_id"]]) if purchase is not None else "",
            "store": _store(kept["store_id"] or ""),
            "total": self.money(kept["total"]),
            "was": self.points(was),
            "now": self.points(now),
            "is_more": now > was,
            "reason": self.reason(kept),
        }

    def reason(self, kept: Mapping[str, Any]) -> str:
        """Say which rules give more or less than they gave."""
        said = [
            _("%(rule)s: %(was)s → %(now)s")
            % {"rule": self.rule_name(rule), "was": self.points(was), "now": self.points(now)}
            for rule, (was, now) in kept["rules"].items()
        ]
        if kept["tier"][0] != kept["tier"][1]:
            names = {"was": self.tier_name(kept["tier"][0]), "now": self.tier_name(kept["tier"][1])}
            said.append(_("tier %(was)s → %(now)s") % names)
        if kept["discount"][0] != kept["discount"][1]:
            names = {"was": self.money(kept["discount"][0]), "now": self.money(kept["discount"][1])}
            said.append(_("discount %(was)s → %(now)s") % names)
        return " · ".join(said)

    def rule_name(self, key: str) -> str:
        return str(self.rules.get(key, key)) if key else _("Taken back with returns")

    def tier_name(self, key: str) -> str:
        for version in (self.view.version, self.view.current):
            tiers = (version.document.get("tiers") if version is not None else None) or {}
            for one in tiers if isinstance(tiers, list) else [tiers]:
                for level in one.get("levels", ()):
                    if level["key"] == key:
                        return str(level["name"][language()[:2]])
        return key or _("no tier")

    @property
    def unit(self) -> int:
        return int(10**self.scale)

    def points(self, amount: int, *, signed: bool = False) -> str:
        return formats.minor_points(amount, self.scale, language(), sign=signed)

    def money(self, amount: int, *, signed: bool = False) -> str:
        said = Money(amount, self.programme.currency).text()
        return formats.money(said, self.programme.currency, language(), sign=signed)


def _band_text(low: int | None, high: int | None) -> str:
    if low is None:
        return _("%(n)s or less") % {"n": formats.number(high or 0, language())}
    if high is None:
        return _("above %(n)s") % {"n": formats.number(low, language())}
    return _("%(low)s to %(high)s") % {"low": formats.number(low, language()), "high": formats.number(high, language())}


def _store(store_id: str) -> str:
    if not store_id:
        return _("No store")
    found = Store.objects.filter(id=store_id).values_list("name", flat=True).first()
    return str(found or store_id)
