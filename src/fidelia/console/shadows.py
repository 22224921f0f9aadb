"""Shadow mode: what Fidelia would have given beside what the present vendor gave, why they differ, and the cut-over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fidelia.kernel import clock
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.points import parse_points
from fidelia.programme.models import Programme
from fidelia.programme.queries import see_programme, version_in_force
from fidelia.shadow.errors import MalformedGrants
from fidelia.shadow.models import Shadow, ShadowPurchase, VendorGrant
from fidelia.shadow.operations import (
    begin_shadow,
    compare_shadow,
    cut_over,
    read_balances,
    read_grants,
    tell_grants,
)
from fidelia.shadow.operations.running import holdings_of
from fidelia.shadow.queries import (
    PAGE_MAX,
    UNKNOWN_HERE,
    UNKNOWN_THERE,
    ShadowFigures,
    figures_of,
    find_shadow,
    list_differences,
)
from fidelia.ui import charts, formats
from fidelia.ui.parts import Definition, Figure

from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language
from .refusals import sentence_of
from .shadow_words import cause_words, detail_in_words

FILE_BYTES_MAX = 20_000_000
DAYS_SHOWN = 62


@require_http_methods(["GET", "POST"])
@signed_in
def shadow(request: ConsoleRequest, slug: str) -> HttpResponseBase:
    """The page; a POST begins, tells, or goes live, and comes back."""
    programme = see_programme(by=request.actor, slug=slug)
    if request.method == "POST":
        try:
            _act(request, programme)
        except FideliaError as refusal:
            messages.error(request, sentence_of(refusal))
        return redirect("console:programme-shadow", slug=slug)
    found = find_shadow(by=request.actor, programme=programme)
    context: dict[str, Any] = {
        "programme": programme,
        "name": programme.name.in_language(language()),
        "shadow": found,
        "has_version": version_in_force(programme, clock.now()) is not None,
        "may_publish": request.actor.may_somewhere("programme.publish"),
        "may_tell": request.actor.may_somewhere("purchase.shadow"),
        "is_running": found is not None and found.ended_at is None,
    }
    if found is not None:
        context |= ShadowView(found, request.GET.get("cause", "")).context()
    return show(request, "console/programmes/shadow.html", context)


def _act(request: ConsoleRequest, programme: Programme) -> None:
    by, at, act = request.actor, clock.now(), request.POST.get("act", "")
    scale = programme.points_currency.scale
    if act == "begin":
        begin_shadow(by=by, at=at, programme=programme, vendor=request.POST.get("vendor", "").strip() or "—")
    elif act == "cut-over":
        balances = read_balances(_text_of(request), scale=scale) if "file" in request.FILES else []
        told = request.POST.get("points", "").strip()
        points = parse_points(told, scale) if told or not balances else sum(each.points for each in balances)
        cut_over(by=by, at=at, programme=programme, points_of_vendor=points, balances=balances)
        messages.info(request, _("The programme is live: what the same keys send is recorded from now on."))
    elif act == "tell":
        counts = tell_grants(by=by, at=at, programme=programme, grants=read_grants(_text_of(request), scale=scale))
        found = find_shadow(by=by.lent("programme.see"), programme=programme)
        assert found is not None, "it was told just now"
        compare_shadow(by=by.lent("programme.see"), at=at, shadow=found)
        messages.info(request, _("%(n)s receipts were told and compared.") % {"n": counts["told"] + counts["changed"]})


def _text_of(request: ConsoleRequest) -> str:
    file = request.FILES.get("file")
    if file is None or (file.size or 0) > FILE_BYTES_MAX:
        raise MalformedGrants("Choose a file of at most 20 MB.")
    try:
        return str(file.read(), "utf-8-sig")
    except UnicodeDecodeError:
        raise MalformedGrants("The file is not UTF-8 text.") from None


class ShadowView:
    """A shadow in words, figures, a chart and rows."""

    def __init__(self, shadow: Shadow, cause: str) -> None:
        self.shadow, self.words = shadow, cause_words()
        self.cause = cause if cause in self.words else ""
        self.scale = shadow.programme.points_currency.scale
        self.found: ShadowFigures = figures_of(shadow)

    def context(self) -> dict[str, Any]:
        rows = list_differences(self.shadow, cause=self.cause)
        return {
            "figures": self.figures(),
            "causes": [
                {"key": each.cause, "name": self.words[each.cause][0], "meaning": self.words[each.cause][1],
                 "count": each.count, "points": self.signed(each.points), "is_on": each.cause == self.cause}
                for each in self.found.causes
            ],
            "chosen": self.words[self.cause][0] if self.cause else "",
            "by_day": self.by_day(),
            "shown": self.shown(rows),
            "rows": [self.row(each) for each in rows],
            "has_compared": self.found.compared > 0,
            "waiting": self.found.waiting,
            "holdings": self.points(holdings_of(self.shadow.programme)["points"]),
        }  # fmt: skip

    def shown(self, rows: Sequence[Any]) -> str:
        """Say which differences are listed: of what cause, and that there are more."""
        apart = {UNKNOWN_HERE, UNKNOWN_THERE} & {each.cause for each in self.found.causes}
        said = [self.words[self.cause][0]] if self.cause else []
        if apart and not self.cause:
            said.append(_("Of receipts that both know. Choose a cause above to see what only one of the two knows."))
        if len(rows) == PAGE_MAX:
            said.append(_("The last %(n)s are shown.") % {"n": formats.number(PAGE_MAX, language())})
        return " · ".join(said)

    def figures(self) -> list[Figure]:
        found, tongue = self.found, language()
        share = formats.share(found.same / found.compared, tongue) if found.compared else "—"
        return [
            Figure(
                _("The same points"), share,
                note=_("%(same)s of %(all)s compared")
                % {"same": formats.number(found.same, tongue), "all": formats.number(found.compared, tongue)},
                definition=Definition(
                    _("The same points"), _("Of the receipts that both know, those of equal points.")
                ),
            ),
            Figure(_("Points here"), self.points(found.points_here), note=_("granted: none")),
            Figure(_("Points of the vendor"), self.points(found.points_there),
                   note=self.signed(found.points_there - found.points_here)),
            Figure(_("Receipts judged"), formats.number(found.judged, tongue),
                   note=_("%(n)s told by the vendor") % {"n": formats.number(found.told, tongue)}),
        ]  # fmt: skip

    def by_day(self) -> charts.Chart | None:
        days = self.found.days[-DAYS_SHOWN:]
        if not days:
            return None
        return charts.stacked_bars(
            [formats.short_date(each.day, language()) for each in days],
            [
                charts.Series(_("The same"), [each.same for each in days]),
                charts.Series(_("Different"), [each.different for each in days], "orange"),
            ],
            unit=charts.Unit(),
            language=language(),
            heading=_("Day"),
        )

    def row(self, each: ShadowPurchase | VendorGrant) -> dict[str, Any]:
        here = each.points if isinstance(each, ShadowPurchase) else 0
        there = each.points if isinstance(each, VendorGrant) else (getattr(each, "told", None) or 0)
        cause = each.cause if isinstance(each, ShadowPurchase) else UNKNOWN_HERE
        detail = detail_in_words(each, language()) if isinstance(each, ShadowPurchase) else ""
        return {
            "receipt": each.receipt_number,
            "at": each.occurred_at,
            "here": self.points(here),
            "there": self.points(there),
            "more": self.signed(there - here),
            "cause": self.words.get(cause or UNKNOWN_THERE, ("", ""))[0],
            "detail": detail,
        }

    def points(self, amount: int) -> str:
        return formats.minor_points(amount, self.scale, language())

    def signed(self, amount: int) -> str:
        return ("+" if amount > 0 else "") + self.points(amount)
