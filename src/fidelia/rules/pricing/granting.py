"""From a rule that may apply to what it would take: which lines, which effect."""

from __future__ import annotations

from collections.abc import Sequence

from ..effects import (
    AmountOff,
    Bundle,
    BuyGet,
    FixedPrice,
    GiftProduct,
    PercentOff,
    PriceTable,
    Sets,
    Volume,
)
from .applying import apply_amount, apply_percent, apply_price, apply_table, apply_volume
from .gating import coupon_for, times_claimed
from .gifts import apply_gift
from .picking import apply_bundle, apply_buy_get, apply_sets
from .plan import PlannedRule
from .reasons import EXCLUDED
from .state import Grant, Part, Running, choose_parts


def grant_of(running: Running, planned: PlannedRule) -> Grant | None:
    """Return what a rule would take; None when it finds no line."""
    terms = planned.rule.terms
    if terms.stage == "shipping":
        places: Sequence[int] = ()
        parts = running.shipping
        if not parts:
            return None
    else:
        places = places_of(running, planned)
        if not places and not planned.needs_no_line and not (planned.takes_all and running.shipping):
            return None
        if running.closed and places:
            places = running.open_of(planned, places)
            if not places and not planned.takes_all:
                return Grant(EXCLUDED)
        parts = choose_parts(running, places, terms.pool)
        if planned.takes_all:
            parts = [*parts, *running.shipping]
    grant = _apply(running, planned, parts, places)
    if terms.coupon is not None and not grant.coupons:
        grant.coupons = (coupon_for(running, terms.coupon),)
    if terms.is_claimed:
        grant.times = times_claimed(running, planned.rule)
    return grant


def places_of(running: Running, planned: PlannedRule) -> Sequence[int]:
    """Return the places of the lines that a rule chooses; gifts that rules added are never chosen."""
    wanted, rule = planned.wanted, planned.rule
    count = len(running.basket.lines)
    if wanted is not None:
        found = running.positions(wanted.key, wanted.values)
        if wanted.is_all or not found:
            return found
    if rule.choose_lines is None:
        return range(count)
    chosen: list[int] = rule.choose_lines(running.values)
    if len(running.rows) > count:
        return [place for place in chosen if place < count]
    return chosen


def _apply(running: Running, planned: PlannedRule, parts: Sequence[Part], places: Sequence[int]) -> Grant:  # noqa: PLR0911
    match planned.rule.effect:
        case PercentOff() as effect:
            return apply_percent(running, planned, effect, parts)
        case AmountOff() as effect:
            return apply_amount(running, planned, effect, parts)
        case FixedPrice() as effect:
            return apply_price(running, planned, effect, parts)
        case PriceTable() as effect:
            return apply_table(running, planned, effect, parts)
        case Sets() as effect:
            return apply_sets(running, planned, effect, parts)
        case BuyGet() as effect:
            return apply_buy_get(running, planned, effect, parts, places)
        case Bundle() as effect:
            return apply_bundle(running, planned, effect)
        case Volume() as effect:
            return apply_volume(running, planned, effect, parts)
        case GiftProduct() as effect:
            times = times_claimed(running, planned.rule) if planned.rule.terms.is_claimed else 1
            return apply_gift(running, planned, effect, parts, times)
        case _:
            raise AssertionError(f"{planned.key} lowers no price")
