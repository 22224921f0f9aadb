"""Count once in the night what Home of a large shop shows all day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from fidelia.jobs.queries import find_last_end
from fidelia.kernel.actor import Actor
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.db import transaction_of_use_case
from fidelia.organisation.models import Operator
from fidelia.organisation.queries import get_operator
from fidelia.programme.queries import list_programmes

from ..models import KeptFigure
from ..queries.home import PERIODS, WEEKS, YEAR, HomeFigures

LARGE = 50_000  # purchases; a smaller shop counts when it is asked, in less than a page may take
COUNTED_AFRESH_MINUTES = 55
OF_THE_MOMENT = ("members", "stages now")
IMPORTS = ("import.", "purchase.import")


def count_figures(*, by: Actor, at: datetime, even_if_small: bool = False) -> int:
    """Keep what Home shows of the days before the last midnight; return how many answers were counted.

    Nothing is counted anew within an hour unless a day has ended or a file was brought in since; members and tiers are
    of the moment and counted each time. A small shop keeps nothing. Raises Denied (insight.refresh).
    """
    by.require("insight.refresh")
    if not (even_if_small or _is_large()):  # nothing is set up yet in an installation of the first hour
        KeptFigure.objects.all().delete()
        return 0
    operator = get_operator()
    zone = zone_of(operator.time_zone)
    midnight = datetime.combine(at.astimezone(zone).date(), time(), tzinfo=zone)
    kept = {} if _is_stale(midnight, at) else dict(KeptFigure.objects.values_list("question", "answer"))
    kept = {question: answer for question, answer in kept.items() if not question.startswith(OF_THE_MOMENT)}
    figures = HomeFigures(by, kept)
    _ask_all(figures, operator, midnight, zone, at)
    with transaction_of_use_case():
        KeptFigure.objects.exclude(question__in=kept).delete()
        KeptFigure.objects.bulk_create(
            KeptFigure(question=question, answer=answer, counted_at=at) for question, answer in figures.answers.items()
        )
    return len(figures.answers)


def _ask_all(figures: HomeFigures, operator: Operator, midnight: datetime, zone: ZoneInfo, at: datetime) -> None:
    """Ask what Home and the programme ask, in their words."""
    programmes = list_programmes()
    for days in PERIODS:
        period = figures.period(days, midnight=midnight, currency=operator.currency)
        for since, until in ((period.since, period.until), (period.before_since, period.before_until)):
            figures.sales(operator.currency, since, until)
            figures.stores(operator.currency, since, until)
            figures.active_members(until)
            figures.repurchases(until)
            for programme in programmes[:1]:
                figures.flow(programme.points_currency_id, since, until)
            figures.people_of_stores(until)
        # A store that sold nothing a year before is compared with the days just before.
        for since in (period.since - YEAR, period.since - timedelta(days=days)):
            figures.stores(operator.currency, since, since + timedelta(days=days))
        figures.people_of_stores(period.since)
        figures.former_stages(period.since)
    figures.stages(at)
    last = midnight - timedelta(days=midnight.weekday())
    first = last - timedelta(weeks=WEEKS)
    for back in (timedelta(), YEAR):
        span = _local(first - back, zone), _local(last - back, zone)
        figures.weeks_of_sales(operator.currency, *span, zone)
        figures.weeks_of_stores(operator.currency, *span, zone)
    for programme in programmes:
        figures.members(programme, at)
        figures.members_by_tier(programme, at)
    for programme in programmes[:1]:
        figures.weeks_of_flow(programme.points_currency_id, _local(first, zone), _local(last, zone), operator.time_zone)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """The local midnight of a day, whatever the clocks did since."""
    return datetime.combine(moment.date(), time(), tzinfo=zone)


def _is_large() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select reltuples from pg_class where oid = 'activity_purchase'::regclass")
        return float(cursor.fetchone()[0]) > LARGE


def _is_stale(midnight: datetime, at: datetime) -> bool:
    counted_at = KeptFigure.objects.order_by("counted_at").values_list("counted_at", flat=True).first()
    if counted_at is None or counted_at < midnight:
        return True
    brought_in = find_last_end(kinds=IMPORTS)
    return brought_in is not None and brought_in > counted_at
