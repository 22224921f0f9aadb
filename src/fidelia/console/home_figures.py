"""The figures of Home: what was sold, to whom, who came back, and the points that moved; each with its definition.

A period ends at the last local midnight. It is compared with the same days a year before (364 days: same weekdays);
where nothing was sold then, with the period just before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from fidelia.activity.queries import SalesFigures
from fidelia.insight.measures.effect import Proportion, wilson_interval
from fidelia.insight.queries.home import WEEKS, YEAR, HomeFigures, Period
from fidelia.kernel.actor import Actor
from fidelia.kernel.money import Money, exponent_of
from fidelia.ledger.queries import PointsFlow
from fidelia.programme.models import Programme
from fidelia.ui import charts, formats
from fidelia.ui.parts import Change, Definition, Direction, Figure

from .programme_parts import language

FEW = 30


def period_of(at: datetime, days: int, *, figures: HomeFigures, currency: str) -> Period:
    """Return the last `days` whole days before `at`, with what they are compared with."""
    midnight = timezone.make_aware(datetime.combine(timezone.localtime(at).date(), time()))
    return figures.period(days, midnight=midnight, currency=currency)


def last_day(period: Period) -> datetime:
    return period.until - timedelta(seconds=1)


def against(period: Period) -> str:
    """Say what the period is compared with."""
    if period.is_against_year:
        return _("on last year")
    return _("on the %(days)s days before") % {"days": (period.until.date() - period.since.date()).days}


def list_figures(
    *, by: Actor, counted: HomeFigures, currency: str, period: Period, programme: Programme | None
) -> list[Figure]:
    """Return the figures that this person may see, at most five."""
    figures: list[Figure] = []
    if by.may_somewhere("purchase.see"):
        now = counted.sales(currency, period.since, period.until)
        before = counted.sales(currency, period.before_since, period.before_until)
        figures += [_sales(now, before, currency, period), _member_share(now, before, currency, period)]
        figures += [_active_members(counted, period), _repurchase(counted, period)]
    if by.may_somewhere("points.see") and programme is not None:
        figures.append(_points(counted, programme, period))
    return figures


def _sales(now: SalesFigures, before: SalesFigures, currency: str, period: Period) -> Figure:
    money = Money(now.total, currency)
    receipts = formats.number(now.receipts, language())
    return Figure(
        label=_("Sales"),
        value=formats.figure_money(money.text(), currency, language()),
        change=change_of(now.total, before.total, against(period)),
        definition=Definition(
            _("Sales"),
            _(
                "Tax included, after discounts and returns dated in the period; points and gift cards count as "
                "payment, not as discount."
            ),
            _("%(receipts)s receipts") % {"receipts": receipts},
            _cut_off(period),
        ),
    )


def _member_share(now: SalesFigures, before: SalesFigures, currency: str, period: Period) -> Figure:
    share, former = now.member_share, before.member_share
    amounts = [formats.figure_money(Money(n, currency).text(), currency, language()) for n in (now.members, now.total)]
    division = ""
    if share is not None:
        division = f"{amounts[0]} ÷ {amounts[1]} = {formats.share(share, language())}"
    return Figure(
        label=_("Member share"),
        value=formats.number(Decimal(str(share)) * 100, language(), decimals=1)
        if share is not None
        else formats.EM_DASH,
        unit=formats.percent_sign(language()) if share is not None else "",
        change=_share_change(share, former, against(period)),
        definition=Definition(
            _("Member share"),
            _("Sales to enrolled customers ÷ sales; enrolment is tested at the purchase’s own time."),
            division,
            _cut_off(period),
        ),
    )


def _active_members(counted: HomeFigures, period: Period) -> Figure:
    now, before = counted.active_members(period.until), counted.active_members(period.before_until)
    return Figure(
        label=_("Active members"),
        value=formats.number(now, language()),
        change=change_of(now, before, against(period)),
        definition=Definition(
            _("Active members"),
            _("Enrolled, with at least one purchase not fully returned in the last 6 months."),
            detail=_cut_off(period),
        ),
    )


def _repurchase(counted: HomeFigures, period: Period) -> Figure:
    label = _("Repurchase in 90 days")
    back, bought = counted.repurchases(period.until)
    sentence = _(
        "Of the customers who bought 120 to 90 days before the end, the share who bought again within 90 days."
    )
    if bought < FEW:
        note = _("%(n)s buyers; a figure appears at %(least)s.") % {"n": bought, "least": FEW}
        return Figure(label, _("too few"), note=note, definition=Definition(label, sentence), few=True)
    former_back, former_bought = counted.repurchases(period.before_until)
    former = former_back / former_bought if former_bought >= FEW else None
    low, high = wilson_interval(Proportion(back, bought))
    counts = {"back": formats.number(back, language()), "bought": formats.number(bought, language())}
    division = _("%(back)s came back ÷ %(bought)s customers") % counts
    span = formats.number_span(100 * low, 100 * high, language(), decimals=1)
    return Figure(
        label,
        formats.number(Decimal(100 * back) / bought, language(), decimals=1),
        formats.percent_sign(language()),
        change=_share_change(back / bought, former, against(period)),
        definition=Definition(label, sentence, division, f"{_('interval')} {span} · {_cut_off(period)}"),
    )


def _points(counted: HomeFigures, programme: Programme, period: Period) -> Figure:
    currency = programme.points_currency
    now = counted.flow(currency.code, period.since, period.until)
    before = counted.flow(currency.code, period.before_since, period.before_until)
    parts = {
        name: formats.minor_points(getattr(now, name), currency.scale, language()) for name in PointsFlow.__slots__
    }
    return Figure(
        label=_("Points issued"),
        value=parts["issued"],
        note=_("%(redeemed)s redeemed, %(expired)s expired") % parts,
        definition=Definition(
            _("Points issued, redeemed, expired"),
            _(
                "Ledger entries by their own date; pending points are not yet issued; reversals reduce the month "
                "they are dated in."
            ),
            detail=f"{_issued_before(before, currency.scale, period)} · {_cut_off(period)}",
        ),
    )


def _issued_before(before: PointsFlow, scale: int, period: Period) -> str:
    issued = formats.minor_points(before.issued, scale, language())
    return _("%(issued)s issued in the days compared with") % {"issued": issued}


def weeks_chart(*, counted: HomeFigures, currency: str, at: datetime) -> charts.Chart | None:
    """Sales by whole week, members and others, with last year's total dashed; None before the first sale."""
    today = timezone.localtime(at).date()
    mondays = _mondays_before(today)
    now = _weeks(counted, currency, mondays)
    before = _weeks(counted, currency, [day - YEAR for day in mondays])
    if not any(members + others for members, others in now):
        return None
    unit = 10.0 ** exponent_of(currency)
    labels = [formats.short_date(day, language(), today=today) for day in mondays]
    last_year = [(members + others) / unit for members, others in before]
    return charts.stacked_bars(
        labels,
        [
            charts.Series(_("Members"), [members / unit for members, _others in now]),
            charts.Series(_("Other customers"), [others / unit for _members, others in now], "context"),
        ],
        unit=charts.Unit("money", currency),
        language=language(),
        heading=_("Week of"),
        comparison=charts.Series(_("Total last year"), last_year) if any(last_year) else None,
    )


def points_chart(*, counted: HomeFigures, programme: Programme, at: datetime) -> charts.Chart | None:
    """Points by whole week: issued above, redeemed and expired below; None where nothing moved."""
    currency = programme.points_currency
    today = timezone.localtime(at).date()
    mondays = _mondays_before(today)
    zone = timezone.get_current_timezone()
    first, last = (datetime.combine(day, time(), tzinfo=zone) for day in (mondays[0], mondays[-1]))
    name = timezone.get_current_timezone_name()
    found = dict(counted.weeks_of_flow(currency.code, first, last + timedelta(days=7), name))
    if not found:
        return None
    unit = 10.0**currency.scale
    flows = [found.get(monday, PointsFlow(0, 0, 0)) for monday in mondays]
    return charts.in_out_bars(
        [formats.short_date(day, language(), today=today) for day in mondays],
        charts.Series(_("Issued"), [flow.issued / unit for flow in flows]),
        [
            charts.Series(_("Redeemed"), [flow.redeemed / unit for flow in flows], "orange"),
            charts.Series(_("Expired"), [flow.expired / unit for flow in flows], "sand"),
        ],
        unit=charts.Unit(),
        language=language(),
        heading=_("Week of"),
    )


def _mondays_before(today: date) -> list[date]:
    monday = today - timedelta(days=today.weekday())
    return [monday - timedelta(weeks=week) for week in range(WEEKS, 0, -1)]


def _weeks(counted: HomeFigures, currency: str, mondays: Sequence[date]) -> list[tuple[int, int]]:
    zone = timezone.get_current_timezone()
    first, last = (datetime.combine(day, time(), tzinfo=zone) for day in (mondays[0], mondays[-1]))
    found = counted.weeks_of_sales(currency, first, last + timedelta(days=7), zone)
    known = {week.monday: (week.members, week.others) for week in found}
    return [known.get(day, (0, 0)) for day in mondays]


def change_of(now: int, before: int, against: str) -> Change | None:
    """Return by which share a sum changed; None where there was nothing to compare with."""
    if before <= 0:
        return None
    ratio = now / before - 1
    return Change(formats.share(ratio, language(), sign=True), _direction(ratio), _good(ratio), against)


def _share_change(now: float | None, before: float | None, against: str) -> Change | None:
    if now is None or before is None:
        return None
    return Change(
        formats.share_change(now - before, language()), _direction(now - before), _good(now - before), against
    )


def _direction(difference: float) -> Direction:
    return "flat" if abs(difference) < 0.0005 else "up" if difference > 0 else "down"


def _good(difference: float) -> bool | None:
    return None if abs(difference) < 0.0005 else difference > 0


def _cut_off(period: Period) -> str:
    days = {
        "first": formats.short_date(timezone.localtime(period.since).date(), language()),
        "last": formats.short_date(timezone.localtime(last_day(period)).date(), language()),
    }
    return _("%(first)s to %(last)s, midnight") % days
