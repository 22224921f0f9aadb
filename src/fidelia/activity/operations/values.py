"""The values that rules read, the same for a till and for history brought in."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.customers.fields import values_of_customer
from fidelia.kernel.calendar import local_day
from fidelia.rewards.fields import offers_of
from fidelia.subscriptions.fields import plans_of, with_entitlements

from ..fields import WEEKDAYS
from .requests import LineRequest


def values_for_rules(
    *,
    occurred_at: datetime,
    zone: ZoneInfo,
    channel: str,
    store: Mapping[str, Any] | None,
    lines: list[dict[str, Any]],
    enrolled_at: datetime,
    tier: str,
    entitlements: Sequence[str],
    is_first: bool,
    customer: Mapping[str, Any],
    past: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the value of every field of the catalogue for one purchase of a member.

    `customer` is what customers_for_rules() gives; `lines` what line_values() gives; `past` what values_of_past() does.
    """
    values = values_of_occasion(
        occurred_at=occurred_at,
        zone=zone,
        channel=channel,
        store=store,
        enrolled_at=enrolled_at,
        tier=tier,
        entitlements=entitlements,
        is_first=is_first,
        customer=customer,
        past=past,
    )
    values["purchase.total"] = sum(line["net"] for line in lines)
    values["lines"] = lines
    return values


def values_of_occasion(
    *,
    occurred_at: datetime,
    zone: ZoneInfo,
    channel: str,
    store: Mapping[str, Any] | None,
    enrolled_at: datetime,
    tier: str,
    entitlements: Sequence[str],
    is_first: bool,
    customer: Mapping[str, Any],
    past: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the value of every field but those of the money and the lines: what a checkout knows before it prices."""
    local = occurred_at.astimezone(zone)
    today, enrolled_on = local.date(), local_day(enrolled_at, zone)
    return {
        "purchase.channel": channel,
        "purchase.store": store["code"] if store else "",
        "purchase.banner": store["banner"] if store else "",
        **values_of_moment(local),
        "purchase.is_first": is_first,
        "purchase.is_birthday": is_same_day(birth_day(customer), today),
        "purchase.is_anniversary": today.year > enrolled_on.year and is_same_day(enrolled_on, today),
        "member.tier": tier,
        "member.enrolled_on": enrolled_on,
        "customer.entitlements": with_entitlements(entitlements, customer),
        "customer.plans": plans_of(customer),
        "customer.offers": offers_of(customer),
        **values_of_customer(customer, on=today),
        **past,
    }


def values_of_moment(local: datetime) -> dict[str, Any]:
    """Return the values of the calendar and the clock at a moment in the zone of its programme."""
    return {
        "purchase.weekday": WEEKDAYS[local.weekday()],
        "purchase.hour": local.hour,
        "purchase.month": local.month,
        "purchase.on": local.date(),
    }


def line_values(line: LineRequest, product: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the values of one line: what the file of products says, else what the till says."""
    known = product or {}
    return {
        "product": line.product_code,
        "category": known.get("category") or line.category,
        "brand": known.get("brand") or line.brand,
        "quantity": line.quantity,
        "net": line.net,
        "earns": known.get("earns", True) and known.get("is_product", True),
    }


def birth_day(customer: Mapping[str, Any]) -> date | None:
    """Return the day of birth, None where it is unknown."""
    born = customer["birth_on"]
    return None if born is None else date.fromisoformat(born)


def is_same_day(day: date | None, today: date) -> bool:
    """Tell whether a day comes round today; 29 February comes round on the 28th where a year has no 29th."""
    if day is None:
        return False
    if (day.month, day.day) == (2, 29) and not isleap(today.year):
        return (today.month, today.day) == (2, 28)
    return (day.month, day.day) == (today.month, today.day)
