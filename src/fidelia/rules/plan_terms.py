"""The terms of plans: paid memberships that a member buys for a month, a year, or for life. Pure.

plans:
  - key: plus
    name: {en: Plus, fr: Plus}
    price: "49.00"
    period: year            month, year, day, season, or lifetime …
    every: 1                … so many of them
    plus_days: 0            and so many days more in each period
    until: ["06-30"]        of a season: its last days of the year; a period ends with the next of them
    last_day: before        the day before the anniversary; same: the anniversary itself; instant: to the second
    trial_days: 30          once for each member, without pay
    renewal: auto           told as due at each end; by_hand: the member buys again
    grace_days: 7           how long it goes on unpaid
    ladder: ""              of the plans of one ladder a member has one at a time, and changes between them
    products: [PLUS-1Y]     codes of products that buy it, as a line of a checkout
    entitlements: [free_delivery]
    tier: gold
    welcome: "500"          points, once, when it is first paid
    each_period: "100"      points, for each period paid
    refund: {within_days: 14, then: day, fee: "0", points: take_back}
    change: {up: now, down: at_end, share: day, keeps_dates: true, rest: money}
    notice_days: [30, 7]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fidelia.kernel.localized import LocalizedText

from .reading import MalformedTerms, read_amount, read_choice, read_dates, read_object, read_whole
from .rounding import ROUNDINGS

PLANS_MAX = 50
PERIODS = ("day", "month", "year", "season", "lifetime")
LAST_DAYS = ("before", "same", "instant")
RENEWALS = ("auto", "by_hand")
SHARES = ("none", "day", "second", "month")
RESTS = ("money", "days")
CHANGES = ("now", "at_end", "refused")
POINTS_BACK = ("take_back", "keep")
EVERY_MAX = 366
DAYS_MAX = 3660
NOTICES_MAX = 5
LIST_MAX = 50
NAME_LENGTH_MAX = 60
MEMBERS = {
    *("key", "name", "price", "period", "every", "last_day", "trial_days", "renewal", "grace_days", "ladder"),
    *("products", "entitlements", "tier", "welcome", "each_period", "refund", "change", "notice_days", "rounding"),
    *("plus_days", "until"),
}


@dataclass(frozen=True, slots=True)
class RefundPolicy:
    """Everything within so many days of the start of a period, then a share of what is left, less a fee (minor units).

    `then` reckons the share by whole days, months, or seconds left; "none" gives nothing back. `points` says whether
    the points that the period gave are taken back with it.
    """

    within_days: int = 14
    then: str = "none"
    fee: int = 0
    points: str = "take_back"


@dataclass(frozen=True, slots=True)
class ChangePolicy:
    """Whether a dearer or a cheaper plan begins at once or at the end; how what is left of the old one is reckoned.

    With `keeps_dates` a plan of the same length goes on to the same end; otherwise a period begins with the change.
    The `rest` of the old plan counts as "money", or as so many "days" of the new one, begun ones whole: nothing is due.
    """

    up: str = "now"
    down: str = "at_end"
    share: str = "day"
    keeps_dates: bool = True
    rest: str = "money"


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan; see the head of the file. Money and points in minor units."""

    key: str
    name: LocalizedText
    price: int
    period: str = "year"
    every: int = 1
    last_day: str = "before"
    trial_days: int = 0
    renewal: str = "by_hand"
    grace_days: int = 0
    ladder: str = ""
    products: tuple[str, ...] = ()
    entitlements: tuple[str, ...] = ()
    tier: str = ""
    welcome: int = 0
    each_period: int = 0
    refund: RefundPolicy = field(default_factory=RefundPolicy)
    change: ChangePolicy = field(default_factory=ChangePolicy)
    notice_days: tuple[int, ...] = ()
    rounding: str = "half_up"
    plus_days: int = 0
    until: tuple[tuple[int, int], ...] = ()

    @property
    def is_lifetime(self) -> bool:
        return self.period == "lifetime"


def parse_plans(
    document: Any, points_scale: int, money_scale: int, tiers: frozenset[str] = frozenset()
) -> tuple[Plan, ...]:
    """Read the part `plans` of a version; `tiers` are the levels of its main set. Raises MalformedTerms."""
    if document is None:
        return ()
    if not isinstance(document, list) or len(document) > PLANS_MAX:
        raise MalformedTerms(f"Write a list of up to {PLANS_MAX} plans.", pointer="/plans")
    plans = tuple(_plan(each, f"/plans/{n}", points_scale, money_scale) for n, each in enumerate(document))
    sold: dict[str, str] = {}
    for n, plan in enumerate(plans):
        if plan.key in [other.key for other in plans[:n]]:
            raise MalformedTerms(f"There is a plan “{plan.key}” already.", pointer=f"/plans/{n}/key")
        if plan.tier and plan.tier not in tiers:
            raise MalformedTerms("Name a level of the main tiers.", pointer=f"/plans/{n}/tier")
        for place, product in enumerate(plan.products):
            if sold.setdefault(product, plan.key) != plan.key:
                message = f"The product “{product}” buys another plan already."
                raise MalformedTerms(message, pointer=f"/plans/{n}/products/{place}")
    return plans


def _plan(document: Any, pointer: str, points_scale: int, money_scale: int) -> Plan:
    known = read_object(document, pointer, MEMBERS)

    def whole(name: str, otherwise: int, least: int, most: int) -> int:
        return read_whole(known.get(name, otherwise), f"{pointer}/{name}", least=least, most=most)

    def choice(name: str, choices: tuple[str, ...], otherwise: str) -> str:
        return read_choice(known.get(name, otherwise), f"{pointer}/{name}", choices)

    def amount(name: str, scale: int) -> int:
        return read_amount(known.get(name, "0"), f"{pointer}/{name}", scale, least=0, such_as="49.00")

    if "price" not in known:
        raise MalformedTerms("Say what the plan costs; “0” for nothing.", pointer=f"{pointer}/price")
    plan = Plan(
        key=_word(known.get("key"), f"{pointer}/key"),
        name=LocalizedText.from_mapping(known.get("name"), pointer=f"{pointer}/name"),
        price=amount("price", money_scale), period=choice("period", PERIODS, "year"),
        every=whole("every", 1, 1, EVERY_MAX),
        last_day=choice("last_day", LAST_DAYS, "before"), trial_days=whole("trial_days", 0, 0, DAYS_MAX),
        renewal=choice("renewal", RENEWALS, "by_hand"), grace_days=whole("grace_days", 0, 0, DAYS_MAX),
        ladder=_word(known.get("ladder", ""), f"{pointer}/ladder", may_be_empty=True),
        products=_words(known, "products", pointer), entitlements=_words(known, "entitlements", pointer),
        tier=_word(known.get("tier", ""), f"{pointer}/tier", may_be_empty=True),
        welcome=amount("welcome", points_scale), each_period=amount("each_period", points_scale),
        refund=_refund(known.get("refund"), f"{pointer}/refund", money_scale),
        change=_change(known.get("change"), f"{pointer}/change"),
        notice_days=_notices(known.get("notice_days", []), f"{pointer}/notice_days"),
        rounding=choice("rounding", tuple(sorted(ROUNDINGS)), "half_up"),
        plus_days=whole("plus_days", 0, 0, EVERY_MAX),
        until=read_dates(known["until"], f"{pointer}/until") if known.get("until") else (),
    )  # fmt: skip
    if (plan.period == "season") != bool(plan.until) or (plan.until and plan.plus_days):
        raise MalformedTerms(
            "A season has the days “until” which it goes, and only a season.", pointer=f"{pointer}/until"
        )
    if plan.is_lifetime and (plan.every != 1 or plan.renewal == "auto"):
        raise MalformedTerms("What lasts a lifetime is never renewed.", pointer=f"{pointer}/period")
    return plan


def _refund(document: Any, pointer: str, money_scale: int) -> RefundPolicy:
    if document is None:
        return RefundPolicy()
    known = read_object(document, pointer, {"within_days", "then", "fee", "points"})
    return RefundPolicy(
        within_days=read_whole(known.get("within_days", 14), f"{pointer}/within_days", least=0, most=DAYS_MAX),
        then=read_choice(known.get("then", "none"), f"{pointer}/then", SHARES),
        fee=read_amount(known.get("fee", "0"), f"{pointer}/fee", money_scale, least=0, such_as="49.00"),
        points=read_choice(known.get("points", "take_back"), f"{pointer}/points", POINTS_BACK),
    )


def _change(document: Any, pointer: str) -> ChangePolicy:
    if document is None:
        return ChangePolicy()
    known = read_object(document, pointer, {"up", "down", "share", "keeps_dates", "rest"})
    keeps = known.get("keeps_dates", True)
    if not isinstance(keeps, bool):
        raise MalformedTerms("Write true or false.", pointer=f"{pointer}/keeps_dates")
    return ChangePolicy(
        up=read_choice(known.get("up", "now"), f"{pointer}/up", CHANGES),
        down=read_choice(known.get("down", "at_end"), f"{pointer}/down", CHANGES),
        share=read_choice(known.get("share", "day"), f"{pointer}/share", SHARES),
        keeps_dates=keeps,
        rest=read_choice(known.get("rest", "money"), f"{pointer}/rest", RESTS),
    )


def _notices(value: Any, pointer: str) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > NOTICES_MAX:
        raise MalformedTerms(f"Name up to {NOTICES_MAX} numbers of days.", pointer=pointer)
    days = {read_whole(each, f"{pointer}/{n}", least=1, most=366) for n, each in enumerate(value)}
    return tuple(sorted(days, reverse=True))


def _words(known: Mapping[str, Any], name: str, pointer: str) -> tuple[str, ...]:
    value = known.get(name, [])
    if not isinstance(value, list) or len(value) > LIST_MAX:
        raise MalformedTerms(f"Write a list of up to {LIST_MAX}.", pointer=f"{pointer}/{name}")
    return tuple(_word(each, f"{pointer}/{name}/{n}") for n, each in enumerate(value))


def _word(value: Any, pointer: str, *, may_be_empty: bool = False) -> str:
    least = 0 if may_be_empty else 1
    if not isinstance(value, str) or not least <= len(value) <= NAME_LENGTH_MAX or value != value.strip():
        raise MalformedTerms(f"Write a key of {least} to {NAME_LENGTH_MAX} characters.", pointer=pointer)
    return value
