"""What is left of budgets, by rule and campaign, how the periods before went, and what became of vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from fidelia.kernel import clock
from fidelia.kernel.actor import Actor
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.queries import see_programmes, terms_of, version_in_force
from fidelia.programme.queries.terms import Terms
from fidelia.rewards.operations.limits import Period, period_of
from fidelia.rewards.queries import limit_uses, list_limits, voucher_totals
from fidelia.rewards.queries.limits import LimitState
from fidelia.rules.rule_terms import OF_A_MEMBER, Limit
from fidelia.ui import formats

from ..pages import ConsoleRequest, show, signed_in
from ..speech import Speech, speech_of

HISTORY_DAYS = 400
HISTORY_MAX = 12
FULL = 100
VOUCHER_STATES: Mapping[str, tuple[str | Promise, str]] = {
    "open": (pgettext_lazy("voucher", "open"), "green"),
    "used": (pgettext_lazy("voucher", "used up"), "grey"),
    "expired": (pgettext_lazy("voucher", "expired"), "amber"),
    "revoked": (pgettext_lazy("voucher", "revoked"), "red"),
}


PERIOD_WORDS: Mapping[str, str | Promise] = {
    "ever": gettext_lazy("for ever"),
    "day": gettext_lazy("a day"),
    "week": gettext_lazy("a week"),
    "month": gettext_lazy("a month"),
    "quarter": gettext_lazy("a quarter"),
    "year": gettext_lazy("a year"),
    "anniversary": gettext_lazy("a year since joining"),
    "plan": gettext_lazy("a paid period of a plan"),
}


@dataclass(frozen=True, slots=True)
class Past:
    """One period before: when it began, and what was taken of what."""

    when: str
    taken: str
    ratio: float
    fill: str


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit as it stands: `ratio` None where it is each member's or store's own."""

    name: str
    second: str
    href: str
    scope: str
    period: str
    taken: str
    left: str
    ratio: float | None
    fill: str
    alert: str
    tone: str
    past: tuple[Past, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One programme: its limits, and its vouchers by what became of them."""

    name: str
    rows: list[Budget]
    vouchers: list[dict[str, object]]


@signed_in
def budgets(request: ConsoleRequest) -> HttpResponseBase:
    """Show each programme's limits by rule and campaign, and its vouchers."""
    by, speech = request.actor, speech_of(clock.now())
    parts = [_part(by, one, speech) for one in see_programmes(by=by)]
    alerts = sum(row.tone != "" for part in parts for row in part.rows)
    context = {"parts": parts, "alerts": alerts}
    return show(request, "console/rewards/budgets.html", context)


def _part(by: Actor, programme: Programme, speech: Speech) -> Part:
    version = version_in_force(programme, speech.now)
    rows = [] if version is None else budget_rows(by, programme, version, terms_of(version.id), speech)
    return Part(programme.name.in_language(speech.language), rows, _vouchers(by, programme, speech))


def budget_rows(
    by: Actor, programme: Programme, version: ProgrammeVersion, terms: Terms, speech: Speech
) -> list[Budget]:
    """Return the limits of a version, in force or not, with what was counted of each so far."""
    return _Told(by, programme, version, terms, speech).rows()


def _vouchers(by: Actor, programme: Programme, speech: Speech) -> list[dict[str, object]]:
    if not by.may("voucher.see"):
        return []
    since = speech.now - timedelta(days=HISTORY_DAYS)
    return [
        {
            "state": VOUCHER_STATES[one.state][0],
            "tone": VOUCHER_STATES[one.state][1],
            "count": speech.number(one.count),
            "amount": speech.money(one.amount, one.currency),
            "used": speech.money(one.used, one.currency),
            "left": speech.money(one.amount - one.used, one.currency) if one.state == "open" else "",
        }
        for one in voucher_totals(by=by, programme_id=programme.id, at=speech.now, since=since)
    ]


class _Told:
    """Tells the limits of one version of a programme."""

    def __init__(
        self, by: Actor, programme: Programme, version: ProgrammeVersion, terms: Terms, speech: Speech
    ) -> None:
        self.programme, self.version, self.terms, self.speech = programme, version, terms, speech
        self.counted: dict[str, list[LimitState]] = {}
        for state in list_limits(by=by, programme_id=programme.id):
            self.counted.setdefault(state.limit, []).append(state)
        since = (speech.now - timedelta(days=HISTORY_DAYS)).date()
        self.used = limit_uses(by=by, programme_id=programme.id, since=since)

    def rows(self) -> list[Budget]:
        """Return the limits, those that near their end first."""
        rows = [self.row(limit) for limit in self.terms.rule_set.limits]
        return sorted(rows, key=lambda row: -(row.ratio if row.ratio is not None else -1))

    def row(self, limit: Limit) -> Budget:
        name, href = self.owner(limit)
        period = period_of(limit, self.speech.now, self.terms.zone)
        if limit.per != "all" or period is None:
            return self.row_of_each(limit, name, href, period)
        taken = sum(each.taken for each in self.counted.get(limit.key, []) if _is_now(each.starts_on, period))
        ratio = min(1.0, taken / limit.at_most)
        alert, tone, fill = _alert(limit, ratio)
        left = self.amount(limit, max(0, limit.at_most - taken))
        return Budget(
            name, self.kind(limit), href, _("in all"), self.period(limit, period),
            self.told(limit, taken, limit.at_most), left, ratio, fill, alert, tone, self.past(limit, period),
        )  # fmt: skip

    def row_of_each(self, limit: Limit, name: str, href: str, period: Period | None) -> Budget:
        used = self.used.get(limit.key, [])
        now = [each for each in used if period is not None and _is_now(each.starts_on, period)]
        if limit.period in OF_A_MEMBER:  # each member's own period began somewhere in the year that is over
            since = self.speech.today - timedelta(days=366)
            now, period = [each for each in used if each.starts_on is not None and each.starts_on > since], None
        users, reached = sum(each.users for each in now), sum(each.reached for each in now)
        is_member = limit.per == "member"
        who = _("per member") if is_member else _("per store")
        told = _("%(users)s have used it, %(reached)s have nothing left") % {
            "users": self.speech.number(users), "reached": self.speech.number(reached),
        }  # fmt: skip
        most = self.amount(limit, limit.at_most)
        return Budget(
            name, self.kind(limit), href, who, self.period(limit, period), told, most, None, "primary", "", "", ()
        )

    def owner(self, limit: Limit) -> tuple[str, str]:
        """Return the name of the rule, with its page, or of the campaign."""
        if limit.is_campaign:
            return _("Campaign “%(key)s”") % {"key": limit.owner}, ""
        rule = self.terms.rule_set.rule_at[limit.owner]
        number = self.version.number
        href = f"/console/programmes/{self.programme.slug}/versions/{number}/rules/{limit.owner}/"
        return rule.name.in_language(self.speech.language), href

    def kind(self, limit: Limit) -> str:
        return {"uses": _("uses"), "money": _("money given"), "points": _("points given")}[limit.of]

    def amount(self, limit: Limit, value: int) -> str:
        if limit.of == "money":
            return self.speech.money(value, self.programme.currency)
        if limit.of == "points":
            return self.speech.points(value, self.programme.points_currency.scale, unit=True)
        return self.speech.number(value)

    def told(self, limit: Limit, taken: int, most: int) -> str:
        return _("%(taken)s of %(most)s") % {"taken": self.amount(limit, taken), "most": self.amount(limit, most)}

    def period(self, limit: Limit, period: Period | None) -> str:
        if limit.period == "rolling":
            return _("over %(days)s days") % {"days": limit.rolling_days}
        said = str(PERIOD_WORDS[limit.period])
        return said if period is None or period.starts_on is None else f"{said} · {self.day(period.starts_on)}"

    def day(self, day: date) -> str:
        return formats.short_date(day, self.speech.language, today=self.speech.today)

    def past(self, limit: Limit, period: Period) -> tuple[Past, ...]:
        before = [each for each in self.counted.get(limit.key, []) if each.starts_on is not None]
        shown = [each for each in before if not _is_now(each.starts_on, period)][:HISTORY_MAX]
        return tuple([self.past_period(limit, each) for each in shown]) if limit.period != "rolling" else ()

    def past_period(self, limit: Limit, state: LimitState) -> Past:
        ratio = min(1.0, state.taken / state.capacity) if state.capacity else 0.0
        taken = self.told(limit, state.taken, state.capacity)
        assert state.starts_on is not None, "a period has a beginning"
        return Past(self.day(state.starts_on), taken, ratio, _alert(limit, ratio)[2])


def _is_now(starts_on: date | None, period: Period) -> bool:
    if period.rolling_from is not None and period.starts_on is not None and starts_on is not None:
        return period.rolling_from <= starts_on <= period.starts_on
    return starts_on == period.starts_on


def _alert(limit: Limit, ratio: float) -> tuple[str, str, str]:
    """Return what is said, its tone, and the colour of the bar: at the end, and from the first share told of."""
    if ratio >= 1:
        return _("nothing left"), "red", "danger"
    first = min(limit.alerts, default=FULL)
    if ratio * FULL >= first:
        return _("nearly used up"), "amber", "warning"
    return "", "", "primary"
