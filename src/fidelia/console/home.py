"""Home: is it going well, what must I do, what is running."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from fidelia.insight.queries.home import PERIODS, HomeFigures, Period
from fidelia.jobs.models import Job
from fidelia.jobs.queries import list_jobs
from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.organisation.errors import OperatorNotSetUp
from fidelia.organisation.models import Store
from fidelia.organisation.queries import get_operator, list_stores
from fidelia.programme.models import Programme
from fidelia.programme.queries import list_versions, see_programmes
from fidelia.ui.parts import Definition

from .first_run import concerns, guide_of, has_sales
from .home_figures import against, last_day, list_figures, period_of, points_chart, weeks_chart
from .home_parts import latest_acts, running_lines, stage_rows, store_rows
from .home_todo import list_matters
from .pages import ConsoleRequest, show, signed_in
from .programme_parts import language, tier_rows
from .remembering import chosen
from .words import ACTORS, word


@signed_in
def home(request: ConsoleRequest) -> HttpResponseBase:
    actor, at = request.actor, clock.now()
    programmes = see_programmes(by=actor) if actor.may_somewhere("programme.see") else []
    sells = actor.may_somewhere("purchase.see")
    sold = sells and has_sales(actor)
    context: dict[str, Any] = {
        "jobs": _jobs(actor),
        "matters": list_matters(by=actor, at=at, programmes=programmes),
        "running": running_lines(actor),
        "acts": latest_acts(actor),
        "guide": [],
    }
    guided = concerns(actor) and not request.user.hides_guide
    if guided and not (sold and _has_begun(programmes)):
        guide = guide_of(actor)
        context |= guide if guide["guide_done"] < len(guide["guide"]) else {}
    if sold:
        context |= _figures(request, programmes)
    return show(request, "console/home.html", context)


def _has_begun(programmes: list[Programme]) -> bool:
    """Tell whether something is published: a shop that runs is not asked for its steps on each visit of Home."""
    return any(version.in_force_from for one in programmes for version in list_versions(one))


def _figures(request: ConsoleRequest, programmes: list[Programme]) -> dict[str, Any]:
    actor, at = request.actor, clock.now()
    try:
        currency = get_operator().currency
    except OperatorNotSetUp:
        return {}
    days = int(chosen(request, "days", [str(one) for one in PERIODS]) or 30)
    stores = list_stores(by=actor)
    code = chosen(request, "store", [one.code for one in stores])
    store = next((one for one in stores if code and one.code == code), None)
    counted = HomeFigures(actor, store_id=store.id if store else None)
    period = period_of(at, days, figures=counted, currency=currency)
    programme = programmes[0] if programmes and store is None else None
    return _cards(actor, counted=counted, period=period, stores=[] if store else stores) | {
        "days": days,
        "periods": PERIODS,
        "store": store,
        "stores": stores if len(stores) > 1 else [],
        "period": period,
        "last_day": last_day(period),
        "against": against(period),
        "figures": list_figures(by=actor, counted=counted, currency=currency, period=period, programme=programme),
        "chart": weeks_chart(counted=counted, currency=currency, at=at),
        "points_chart": points_chart(counted=counted, programme=programme, at=at)
        if programme and _sees_points(actor)
        else None,
        "tier_rows": tier_rows(programme, at, counted.members_by_tier(programme, at)) if programme else [],
        "programme": programme,
        "sales_definition": Definition(
            _("Sales by week"),
            _(
                "Whole weeks from Monday to Sunday, tax included, after discounts and returns; "
                "the dashed line is 52 weeks before."
            ),
        ),
    }


def _cards(by: Actor, *, counted: HomeFigures, period: Period, stores: list[Store]) -> dict[str, Any]:
    """What stands below the figures; the stages and the other stores only where no store is chosen."""
    return {
        "stage_rows": stage_rows(counted, period, clock.now()) if stores and by.may_somewhere("insight.see") else [],
        "store_rows": store_rows(counted, period, get_operator().currency, stores),
    }


def _sees_points(by: Actor) -> bool:
    return by.may_somewhere("points.see")


def _jobs(by: Actor) -> list[tuple[Job, str, str]]:
    """The jobs under way, by what they are called and who asked for them."""
    running = list_jobs(by=by, under_way=True, limit=5)
    return [(job, job.label.in_language(language()), word(ACTORS, job.by_label)) for job in running]
