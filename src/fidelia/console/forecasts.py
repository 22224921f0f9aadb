"""Forecast: the months ahead under the version in force and under another, with intervals and how they held before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fidelia.insight.jobs import FORECAST
from fidelia.insight.models import Forecast
from fidelia.jobs.operations import start_job
from fidelia.kernel import clock
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.ui import charts, formats
from fidelia.ui.parts import Definition, Figure

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import VersionView, language
from .programmes import view_at
from .version_jobs import context_of

SPANS = (3, 6, 12, 18, 24)


@require_http_methods(["GET", "POST"])
@signed_in
def forecast(request: ConsoleRequest, slug: str, number: int) -> HttpResponseBase:
    """The last forecast of a version; a POST starts another as a job, whose progress shows here."""
    view = view_at(request, slug, number)
    if request.method == "POST":
        asked = request.POST.get("months", "")
        months = int(asked) if asked.isdigit() and int(asked) in SPANS else 12
        label = LocalizedText(en=f"Forecast of version {number}", fr=f"Prévision de la version {number}")
        arguments = {"version_id": str(view.version.id), "months": months}
        start_job(by=request.actor, at=clock.now(), kind=FORECAST, arguments=arguments, label=label)
        return redirect("console:version-forecast", slug=slug, number=number)
    kept = Forecast.objects.filter(version_id=view.version.id).order_by("-made_at", "-id").first()
    context = {**context_of(request, view, kind=FORECAST, kept=kept), "spans": SPANS}
    if kept is not None:
        context |= ForecastView(view, kept.result).context()
    return show(request, "console/programmes/forecast.html", context)


class ForecastView:
    """A result in words, figures and charts; points come as whole points of the currency."""

    def __init__(self, view: VersionView, result: Mapping[str, Any]) -> None:
        self.view, self.result = view, result
        self.current, self.other = result["versions"][0], result["versions"][-1]
        self.months = [formats.short_month(_day(each), language()) for each in result["months"]]

    def context(self) -> dict[str, Any]:
        result = self.result
        return {
            "figures": self.figures(),
            "charts": [
                (_("Points issued"), self.band("issued")),
                (_("Points spent"), self.band("spent")),
                (_("Points expiring"), self.band("expiring")),
                (_("Points that members hold"), self.band("balance")),
            ],
            "is_compared": len(result["versions"]) > 1,
            "tiers": [self.tier(each, place) for place, each in enumerate(self.other["tiers"])],
            "budgets": [
                {"rule": each["rule"], "at_most": self.number(each["at_most"]), "period": each["period"]}
                for each in self.other["budgets"]
            ],
            "check": self.check(),
            "percent": round(100 * result["confidence"]),
            "draws": result["draws"],
            "customers": formats.number(result["customers"], language()),
        }

    def figures(self) -> list[Figure]:
        totals = self.other["totals"]
        figures = [
            self.figure(_("Points issued"), totals["issued"], self.current["totals"]["issued"]),
            self.figure(_("Points spent"), totals["spent"], self.current["totals"]["spent"]),
            self.figure(_("Points expiring"), totals["expiring"], self.current["totals"]["expiring"]),
        ]
        owed, before = self.other["liability"], self.current["liability"]
        if owed is not None:
            note = _("between %(low)s and %(high)s") % {
                "low": self.money(owed["low"]),
                "high": self.money(owed["high"]),
            }
            if len(self.result["versions"]) > 1 and before is not None:
                note += " · " + _("%(was)s under the version in force") % {"was": self.money(before["mean"])}
            meaning = _("Points held at the end, of which %(n)s %% are redeemed, at what a point pays.") % {
                "n": owed["percent"]
            }
            figures.append(
                Figure(_("Points liability at the end"), self.money(owed["mean"]), note=note,
                       definition=Definition(_("Points liability at the end"), meaning))
            )  # fmt: skip
        return figures

    def figure(self, label: str, one: Mapping[str, float], before: Mapping[str, float]) -> Figure:
        note = _("between %(low)s and %(high)s") % {"low": self.number(one["low"]), "high": self.number(one["high"])}
        if len(self.result["versions"]) > 1:
            note += " · " + _("%(was)s under the version in force") % {"was": self.number(before["mean"])}
        return Figure(label, self.number(one["mean"]), note=note)

    def band(self, name: str) -> charts.Chart:
        """The interval as a band, its middle as a line, the version in force beside it where it is another."""
        one = self.other["by_month"][name]
        series = [
            charts.Series(_("At least"), one["low"], "context"),
            charts.Series(_("At most"), one["high"], "context"),
            charts.Series(_("Version %(number)s") % {"number": self.other["number"]}, one["mean"]),
        ]
        if len(self.result["versions"]) > 1:
            label = _("Version %(number)s, in force") % {"number": self.current["number"]}
            series.append(charts.Series(label, self.current["by_month"][name]["mean"], "orange"))
        return charts.lines(
            self.months, series, unit=charts.Unit(), language=language(), heading=_("Month"), band=True,
            dashed=[_("At least"), _("At most")],
        )  # fmt: skip

    def tier(self, row: list[Any], place: int) -> dict[str, str]:
        key, now, mean, low, high = row
        levels = self.view.terms.tiers.levels if self.view.terms.tiers else ()
        names = {level.key: level.name.in_language(language()) for level in levels}
        before = self.current["tiers"][place][2] if place < len(self.current["tiers"]) else None
        return {
            "name": names.get(key, key) or _("no tier"),
            "now": self.number(now),
            "mean": self.number(mean),
            "between": _("%(low)s to %(high)s") % {"low": self.number(low), "high": self.number(high)},
            "before": self.number(before) if before is not None else "—",
        }

    def check(self) -> dict[str, str] | None:
        """Say how the same forecast, made from a cut in the past, held."""
        found = self.result["check"]
        if found is None:
            return None
        points, purchases = found["points"], found["purchases"]
        return {
            "months": str(found["months"]),
            "points": str(points["within"]),
            "purchases": str(purchases["within"]),
            "came": self.number(purchases["whole"]["came"]),
            "low": self.number(purchases["whole"]["low"]),
            "high": self.number(purchases["whole"]["high"]),
            "is_within": "yes" if purchases["whole"]["is_within"] and points["whole"]["is_within"] else "",
        }

    def number(self, value: float) -> str:
        return formats.number(round(value), language())

    def money(self, minor: float) -> str:
        currency = self.view.programme.currency
        return formats.money(Money(round(minor), currency).text(), currency, language())


def _day(text: str) -> date:
    return date.fromisoformat(text)
