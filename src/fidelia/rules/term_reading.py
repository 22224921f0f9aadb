"""Reading the terms of a rule at the checkout, of campaigns, and those that all rules of a version share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, cast

from .cap_reading import read_bound, read_checkout_caps, read_ending, read_meaning
from .control import SHARE_MAX
from .document_parts import (
    Reader,
    read_choice,
    read_flag,
    read_items,
    read_key,
    read_members,
    read_percent,
    read_whole,
    require_unique,
)
from .effects import ISSUE_KINDS, PRICE_KINDS, STAGES, Bundle, BuyGet, GiftProduct, PriceTable, Sets
from .errors import InvalidRuleSet
from .rule_set import Effect
from .rule_terms import (
    ALERTS,
    NO_CHECKOUT_TERMS,
    NO_TERMS,
    OF_A_MEMBER,
    PERIODS,
    PLAIN,
    SCOPES,
    UNITS,
    Campaign,
    CheckoutTerms,
    Earning,
    Limit,
    LimitUnit,
    Period,
    RuleTerms,
    Scope,
)

PRICE_TERMS = (
    "stage",
    "order",
    "base",
    "cap",
    "leaves",
    "ending",
    "with_tax",
    "without_tax",
    "exclusive",
    "stops",
    "always",
    "not_with",
    "lowers_tax",
    "pool",
    "when_undone",
)
SHARED_TERMS = ("coupon", "campaign", "costs_points", "claimed", "claimed_in", "limits", "control")
TERM_MEMBERS = (*PRICE_TERMS, *SHARED_TERMS)
LIMITS_MAX = 10
RULES_MAX = 200
ORDER_MAX = 1_000
SETS_POOL = "sets"
NO_POOL = "none"
_OF_UNITS = (Sets, BuyGet, Bundle)


def read_rule_terms(
    reader: Reader,
    members: Mapping[str, Any],
    pointer: str,
    *,
    key: str,
    effect: Effect,
    when_undone: str,
    campaigns: Sequence[str],
) -> RuleTerms:
    is_price = isinstance(effect, PRICE_KINDS)
    given = [name for name in TERM_MEMBERS if members.get(name) is not None]
    if not is_price and not given:
        return NO_TERMS
    for name in given:
        if name in PRICE_TERMS and not is_price:
            raise InvalidRuleSet("only_for_prices", pointer=f"{pointer}/{name}")
    terms = _price_terms(reader, members, pointer, effect, when_undone) if is_price else {}
    return RuleTerms(**terms, **_shared_terms(reader, members, pointer, key=key, effect=effect, campaigns=campaigns))


def _price_terms(
    reader: Reader, members: Mapping[str, Any], pointer: str, effect: Effect, when_undone: str
) -> dict[str, Any]:
    pool = members.get("pool", SETS_POOL if isinstance(effect, _OF_UNITS) else NO_POOL)
    stage = members.get("stage", _usual_stage(effect))
    target = getattr(effect, "target", "lines")
    if (stage == "shipping") is not (target == "shipping"):
        raise InvalidRuleSet("shipping_stage", pointer=f"{pointer}/stage")
    return {
        "stage": read_choice(stage, STAGES, f"{pointer}/stage"),
        "order": read_whole(members.get("order", 0), f"{pointer}/order", least=-ORDER_MAX, most=ORDER_MAX),
        "base": read_choice(members.get("base", "running"), ("initial", "running"), f"{pointer}/base"),
        "cap": read_bound(reader, members.get("cap"), f"{pointer}/cap"),
        "leaves": read_bound(reader, members.get("leaves"), f"{pointer}/leaves"),
        "ending": read_ending(reader, members.get("ending"), f"{pointer}/ending"),
        "meaning": read_meaning(members, pointer),
        **{name: read_flag(members.get(name, False), f"{pointer}/{name}") for name in ("exclusive", "always")},
        **_stops(members.get("stops", False), f"{pointer}/stops"),
        "not_with": _not_with(members, pointer),
        "lowers_tax": _lowers_tax(members, pointer),
        "pool": None if pool == NO_POOL else read_key(pool, f"{pointer}/pool"),
        "when_undone": read_choice(members.get("when_undone", when_undone), _UNDONE, f"{pointer}/when_undone"),
    }


def _stops(value: object, pointer: str) -> dict[str, bool]:
    """Read `stops`: true of everything after the rule, "lines" of those lines alone that it lowered."""
    if value == "lines":
        return {"closes_lines": True}
    return {"stops": read_flag(value, pointer)}


def _not_with(members: Mapping[str, Any], pointer: str) -> frozenset[str]:
    listed = read_items(members, "not_with", RULES_MAX, pointer)
    return frozenset([read_key(each, f"{pointer}/not_with/{n}") for n, each in listed])


def _lowers_tax(members: Mapping[str, Any], pointer: str) -> bool:
    lowers = read_flag(members.get("lowers_tax", True), f"{pointer}/lowers_tax")
    if not lowers and read_meaning(members, pointer) != "stated":
        # What leaves the tax alone takes off the total exactly what it says: there is no tax to reckon in.
        raise InvalidRuleSet("one_of", pointer=f"{pointer}/lowers_tax", choices="with_tax, without_tax, lowers_tax")
    return lowers


def _usual_stage(effect: Effect) -> str:
    target = getattr(effect, "target", "lines")
    if target != "lines":
        return "order" if target == "all" else str(target)
    return "catalog" if isinstance(effect, PriceTable) else "item"


def _shared_terms(
    reader: Reader, members: Mapping[str, Any], pointer: str, *, key: str, effect: Effect, campaigns: Sequence[str]
) -> dict[str, Any]:
    coupon, campaign, costs = members.get("coupon"), members.get("campaign"), members.get("costs_points")
    if campaign is not None and campaign not in campaigns:
        raise InvalidRuleSet("unknown_campaign", pointer=f"{pointer}/campaign", text=campaign)
    if getattr(effect, "is_voucher", False) and coupon is None:
        raise InvalidRuleSet("missing_member", pointer=f"{pointer}/coupon", text="coupon")
    claimed_in = read_choice(members.get("claimed_in", "times"), ("times", "units"), f"{pointer}/claimed_in")
    if claimed_in == "units" and not isinstance(effect, GiftProduct):
        raise InvalidRuleSet("only_for_gifts", pointer=f"{pointer}/claimed_in")
    limits = tuple(
        _limit(reader, each, f"{pointer}/limits/{n}", key, n)
        for n, each in read_items(members, "limits", LIMITS_MAX, pointer)
    )
    require_unique([limit.key for limit in limits], f"{pointer}/limits")
    _require_fitting(limits, effect, pointer)
    return {
        "coupon": None if coupon is None else read_key(coupon, f"{pointer}/coupon"),
        "campaign": campaign,
        "costs_points": 0 if costs is None else reader.points(costs, f"{pointer}/costs_points"),
        "is_claimed": costs is not None or read_flag(members.get("claimed", False), f"{pointer}/claimed"),
        "claimed_in": claimed_in,
        "limits": limits,
        "control": _control(members.get("control"), f"{pointer}/control"),
    }


def _control(value: object, pointer: str) -> Fraction | None:
    if value is None:
        return None
    share = read_percent(value, pointer)
    if share > SHARE_MAX:
        raise InvalidRuleSet("control_share", pointer=pointer)
    return share


def _require_fitting(limits: Sequence[Limit], effect: Effect, pointer: str) -> None:
    # A budget of points on a rule that gives none would never be used up, and nobody would notice.
    lowers, issues = isinstance(effect, PRICE_KINDS), isinstance(effect, ISSUE_KINDS)
    for place, limit in enumerate(limits):
        misfit = (limit.of == "points" and lowers) or (limit.of == "money" and not lowers and not issues)
        if misfit:
            raise InvalidRuleSet("limit_misfit", pointer=f"{pointer}/limits/{place}/of", text=limit.of)


def read_campaign(reader: Reader, value: object, pointer: str) -> Campaign:
    members = read_members(value, pointer, ("key", "limits"), required=("key",))
    key = read_key(members["key"], f"{pointer}/key")
    found = [
        _limit(reader, each, f"{pointer}/limits/{n}", key, n, is_campaign=True)
        for n, each in read_items(members, "limits", LIMITS_MAX, pointer)
    ]
    return Campaign(key, tuple(found))


def _limit(reader: Reader, value: object, pointer: str, owner: str, place: int, *, is_campaign: bool = False) -> Limit:
    allowed = ("key", "of", "at_most", "per", "period", "partial", "alerts")
    members = read_members(value, pointer, allowed, required=("of", "at_most"))
    of = read_choice(members["of"], UNITS, f"{pointer}/of")
    most, place_of = members["at_most"], f"{pointer}/at_most"
    if of == "uses":
        at_most = read_whole(most, place_of)
    else:
        at_most = reader.money(most, place_of) if of == "money" else reader.points(most, place_of)
    own = read_key(members["key"], f"{pointer}/key") if members.get("key") is not None else str(place)
    period, days, plan = _period(members.get("period", "ever"), f"{pointer}/period")
    if period in OF_A_MEMBER and members.get("per") != "member":
        raise InvalidRuleSet("limit_of_a_member", pointer=f"{pointer}/per")
    alerts: tuple[int, ...] = ALERTS
    if members.get("alerts") is not None:
        listed = read_items(members, "alerts", 10, pointer)
        alerts = tuple(read_whole(each, f"{pointer}/alerts/{n}", most=100) for n, each in listed)
    return Limit(
        key=f"{'campaign:' if is_campaign else ''}{owner}/{own}",
        owner=owner,
        of=cast(LimitUnit, of),
        at_most=at_most,
        per=cast(Scope, read_choice(members.get("per", "all"), SCOPES, f"{pointer}/per")),
        period=period,
        partial=read_flag(members.get("partial", False), f"{pointer}/partial"),
        is_campaign=is_campaign,
        rolling_days=days,
        plan=plan,
        alerts=alerts,
    )


def _period(value: object, pointer: str) -> tuple[Period, int, str]:
    """Read a period of the calendar, {rolling_days: 30}, or {plan: plus}."""
    if isinstance(value, Mapping) and "plan" in value:
        return "plan", 0, read_key(read_members(value, pointer, ("plan",))["plan"], f"{pointer}/plan")
    if isinstance(value, Mapping):
        members = read_members(value, pointer, ("rolling_days", "plan"), required=("rolling_days",))
        return "rolling", read_whole(members["rolling_days"], f"{pointer}/rolling_days", most=3_660), ""
    return cast(Period, read_choice(value, PERIODS, pointer)), 0, ""


_UNDONE = ("keep", "withdraw")
_TENDERS = ("points", "gift_cards")
_BACK = ("share", "whole")
_REFUNDS = ("shares", "gift_cards_first")
_EARNED_BACK = ("nearest", "down")


def read_checkout_terms(reader: Reader, value: object, pointer: str) -> tuple[CheckoutTerms, str]:
    """Return the terms that all rules share, and what an undone condition means where a rule does not say."""
    if value is None:
        return NO_CHECKOUT_TERMS, "keep"
    own = ("exclusive", "when_undone", "earning", "tender_order", "caps", "combining")
    members = read_members(value, pointer, (*own, "rewards_back", "refunds", "earned_back"))
    exclusive = read_choice(members.get("exclusive", "first"), ("first", "best"), f"{pointer}/exclusive")
    order = [read_choice(each, _TENDERS, f"{pointer}/tender_order/{n}") for n, each in _order(members, pointer)]
    if order and sorted(order) != sorted(_TENDERS):
        raise InvalidRuleSet("one_of", pointer=f"{pointer}/tender_order", choices=", ".join(_TENDERS))
    terms = CheckoutTerms(
        cast(Literal["first", "best"], exclusive),
        read_checkout_caps(reader, members, pointer),
        _earning(members.get("earning"), f"{pointer}/earning"),
        tuple(order) or _TENDERS,
        cast(
            Literal["first", "best"],
            read_choice(members.get("combining", "first"), ("first", "best"), f"{pointer}/combining"),
        ),
        cast(
            Literal["share", "whole"],
            read_choice(members.get("rewards_back", "share"), _BACK, f"{pointer}/rewards_back"),
        ),
        cast(
            Literal["shares", "gift_cards_first"],
            read_choice(members.get("refunds", "shares"), _REFUNDS, f"{pointer}/refunds"),
        ),
        cast(
            Literal["nearest", "down"],
            read_choice(members.get("earned_back", "nearest"), _EARNED_BACK, f"{pointer}/earned_back"),
        ),
    )
    return terms, read_choice(members.get("when_undone", "keep"), _UNDONE, f"{pointer}/when_undone")


def _order(members: Mapping[str, Any], pointer: str) -> list[tuple[int, Any]]:
    return read_items(members, "tender_order", len(_TENDERS), pointer)


def _earning(value: object, pointer: str) -> Earning:
    if value is None:
        return PLAIN
    names = tuple(Earning.__slots__)
    members = read_members(value, pointer, names)
    return Earning(**{name: read_flag(each, f"{pointer}/{name}") for name, each in members.items()})
