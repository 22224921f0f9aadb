"""What a member holds, read once for a page: membership, balance, what dies when, tier, card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Any

from django.utils.translation import get_language

from fidelia.cards.queries import main_card_of
from fidelia.kernel.calendar import last_day, local_day, zone_of
from fidelia.kernel.localized import LocalizedText
from fidelia.kernel.money import Money
from fidelia.ledger.queries import AccountBalance, ExpiringPoints, get_balance, points_expiring
from fidelia.programme.models import Enrolment
from fidelia.programme.queries import Terms, TierStanding, list_enrolments, list_standings, measured, terms_in_force
from fidelia.programme.queries.words import keep_words, next_words
from fidelia.rules.paying import worth_of
from fidelia.ui import formats

from .door import PROGRAMME_COOKIE, MemberRequest, Person

SOON_DAYS = 60
FAR = timedelta(days=3_660)
SHOWN_LATEST = 3


@dataclass(frozen=True, slots=True)
class Slice:
    """Points that die together, for the bar: how many, where of a hundred they begin, and what is said."""

    points: str
    start: str
    share: str
    says: str
    tone: str


class Holdings:
    """The membership of a member that pages show; parts are read when they are asked for.

    Of several it is the one that the member chose on this device, or the newest; `memberships` has them all.
    """

    def __init__(
        self, person: Person, enrolment: Enrolment | None, at: datetime, memberships: tuple[Enrolment, ...] = ()
    ) -> None:
        self.person = person
        self.enrolment = enrolment
        self.memberships = memberships
        self.at = at
        self.language = get_language() or "fr"

    @property
    def currency(self) -> str:
        return self._own.programme.points_currency_id

    @property
    def unit(self) -> str:
        return self.said(self._own.programme.points_currency.name)

    @cached_property
    def balance(self) -> AccountBalance:
        return get_balance(account_id=self._own.account_id, currency=self.currency, at=self.at)

    @cached_property
    def terms(self) -> Terms | None:
        return terms_in_force(self._own, self.at)

    @cached_property
    def standings(self) -> list[TierStanding]:
        return list_standings(self._own, self.at)

    @cached_property
    def expiring(self) -> list[ExpiringPoints]:
        return points_expiring(
            account_id=self._own.account_id, currency=self.currency, at=self.at, until=self.at + FAR
        )  # fmt: skip

    @property
    def tier(self) -> str:
        """The name of the tier held in the main set."""
        held = self.standings[0].held if self.standings else None
        return held.name.in_language(self.language) if held is not None else ""

    @cached_property
    def card(self) -> str:
        """The number of the card to show: the newest that a till takes, one of this programme first."""
        own = self.enrolment.programme_id if self.enrolment is not None else None
        found = main_card_of(self.person.ids, at=self.at, programme_id=own)
        return found.number if found is not None else ""

    def points(self, amount: int, *, sign: bool = False) -> str:
        return formats.minor_points(amount, self._own.programme.points_currency.scale, self.language, sign=sign)

    def in_points(self, amount: int) -> str:
        return f"{self.points(amount)}\u00a0{self.unit}"

    def money(self, minor: int, currency: str = "") -> str:
        code = currency or self._own.programme.currency
        return formats.money(Money(minor, code).text(), code, self.language)

    def worth(self, amount: int) -> str:
        """Return what points pay at the till, empty where they pay nothing, or are money themselves."""
        pays = self.terms.points.pays if self.terms is not None else None
        if pays is None or amount <= 0 or self._own.programme.points_currency.look == "money":
            return ""
        return self.money(worth_of(pays, amount))

    def day(self, at: datetime) -> str:
        return formats.plain_date(self.local_day(at), self.language)

    def short(self, at: datetime) -> str:
        return formats.short_date(self.local_day(at), self.language, today=self.local_day(self.at))

    def last_short(self, end: datetime) -> str:
        """Return the last day before an end, short."""
        return formats.short_date(self.last_day(end), self.language, today=self.local_day(self.at))

    def day_before(self, end: datetime) -> str:
        """Return the last day before an end, in words."""
        return formats.plain_date(self.last_day(end), self.language)

    def short_day(self, day: date) -> str:
        return formats.short_date(day, self.language, today=self.local_day(self.at))

    def last_day(self, end: datetime) -> date:
        return last_day(end, zone_of(self._own.programme.time_zone))

    def local_day(self, at: datetime) -> date:
        return local_day(at, zone_of(self._own.programme.time_zone))

    def measured(self, standing: TierStanding, amount: int) -> str:
        return measured(standing.tiers, self._own.programme, amount, self.language)

    def missing_to_next(self, standing: TierStanding) -> str:
        return next_words(standing.ahead, self._own.programme, self.language)

    def missing_to_keep(self, standing: TierStanding) -> str:
        return keep_words(standing.ahead, self._own.programme, self.language)

    def said(self, text: LocalizedText) -> str:
        return text.in_language(self.language)

    @property
    def _own(self) -> Enrolment:
        assert self.enrolment is not None, "a page asks only for what a membership has"
        return self.enrolment

    def ends_soonest(self) -> ExpiringPoints | None:
        """Return what dies first, if that is within sixty days."""
        first = self.expiring[0] if self.expiring else None
        return first if first is not None and first.expires_at <= self.at + timedelta(days=SOON_DAYS) else None


def holdings_of(request: MemberRequest) -> Holdings:
    """Return what the member of a request holds in the programme that they chose on this device; read once."""
    known: Holdings | None = getattr(request, "holdings", None)
    if known is None:
        known = request.holdings = _read_holdings(request)
    return known


def _read_holdings(request: MemberRequest) -> Holdings:
    found = tuple(
        one for one in list_enrolments(request.person.ids) if one.ended_at is None and not one.programme.is_sandbox
    )
    wanted = request.COOKIES.get(PROGRAMME_COOKIE, "")
    chosen = next((one for one in found if one.programme.slug == wanted), found[0] if found else None)
    return Holdings(request.person, chosen, request.at, found)


def slices_of(held: Holdings, words: dict[str, str]) -> list[Slice]:
    """Cut the balance by when it dies: the two soonest, then all later, then what lives for ever.

    `words` has "until" with {day}, "later" with {day}, and "ever".
    """
    dying = held.expiring
    total = max(held.balance.available, sum(one.amount for one in dying), 1)
    parts: list[tuple[int, str, str]] = []
    soonest = dying if len(dying) <= SHOWN_LATEST else dying[: SHOWN_LATEST - 1]
    for one, tone in zip(soonest, ("accent", "sand", "brand"), strict=False):
        parts.append((one.amount, words["until"].format(day=held.last_short(one.expires_at)), tone))
    later = sum(one.amount for one in dying[len(soonest) :])
    if later:
        parts.append((later, words["later"].format(day=held.last_short(soonest[-1].expires_at)), "brand"))
    ever = held.balance.available - sum(one.amount for one in dying)
    if ever > 0:
        parts.append((ever, words["ever"], "plain"))
    starts = [0, *accumulate(amount for amount, _says, _tone in parts)]
    return [
        Slice(
            held.in_points(amount),
            f"{100 * start / total:.2f}",
            f"{max(100 * amount / total - 0.6, 1.5):.2f}",
            says,
            tone,
        )
        for start, (amount, says, tone) in zip(starts, parts, strict=False)
    ]


def tier_ahead(held: Holdings, words: dict[str, str]) -> dict[str, Any] | None:
    """Return the way to the next tier of the main set, for a bar and a sentence; None where there is none above."""
    standing = held.standings[0] if held.standings else None
    if standing is None or standing.next is None:
        return None
    ahead, missing = standing.ahead, held.missing_to_next(standing)
    benefits = [held.said(one) for one in standing.next.benefits]
    name = held.said(standing.next.name)
    return {
        "name": name,
        "share": f"{min(100, 100 * standing.earned / max(standing.next.threshold, 1)):.1f}",
        "of": "\u00a0/\u00a0".join(_short(held, standing, one) for one in (standing.earned, standing.next.threshold)),
        "says": words["missing"].format(amount=missing, name=name) if missing else words["soon"].format(name=name),
        "benefits": benefits,
        "begins": held.day(ahead.begins_on) if ahead.begins_on is not None else "",
    }


def _short(held: Holdings, standing: TierStanding, amount: int) -> str:
    if standing.tiers.metric == "spent":
        return held.money(amount)
    if standing.tiers.metric == "purchases":
        return str(amount)
    return held.points(amount)
