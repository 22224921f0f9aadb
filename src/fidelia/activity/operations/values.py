"""The values that rules read, the same for a till and for history brought in."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.customers.fields import values_of_customer
from fidelia.kernel.calendar import local_day
from fidelia.rewards.fields import offers_of
from fidelia.subscriptions.fields import plans_of, with_entitlements

from ..fields import WEEKDAYS
from .requests import UNIT, LineRequest


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
    unread: Collection[str] = (),
) -> dict[str, Any]:
    """Return the value of every field of the catalogue for one purchase of a member.

    `customer` is what customers_for_rules() gives; `lines` what line_values() gives; `past` what values_of_past() does.
    Fields made of what is in `unread` (`rule_reads.Part`) have no value: a rule that reads one all the same fails.
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
        unread=unread,
    )
    return {**values, **values_of_final(lines), "lines": lines}


def values_of_final(lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a checkout would compute of a basket, of a purchase whose prices were final: what it says itself.

    No rule has taken anything off, no coupon was shown; of tax and shipping a till that prices by itself says nothing.
    """
    total = units = 0
    for line in lines:
        total += line["net"]
        units += line["quantity"]
    return {
        "purchase.total": total, "purchase.listed": total, "purchase.untaxed": total, "purchase.discount": 0,
        "purchase.shipping": 0, "purchase.units": units, "purchase.coupons": [],
    }  # fmt: skip


def values_of_final_line(net: int, quantity: int) -> dict[str, Any]:
    """Return the same of one line; its unit price is rounded half up."""
    unit_price = (2 * net * UNIT + quantity) // (2 * quantity) if quantity else net
    return {"listed": net, "unit_price": unit_price, "discount": 0, "untaxed": net, "is_gift": False}


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
    unread: Collection[str] = (),
) -> dict[str, Any]:
    """Return the value of every field but those of the money and the lines: what a checkout knows before it prices.

    As to `unread` see `values_for_rules`.
    """
    local = occurred_at.astimezone(zone)
    today, enrolled_on = local.date(), local_day(enrolled_at, zone)
    values = {
        "purchase.channel": channel,
        "purchase.store": store["code"] if store else "",
        "purchase.banner": store["banner"] if store else "",
        **values_of_moment(local),
        "purchase.is_anniversary": today.year > enrolled_on.year and is_same_day(enrolled_on, today),
        "member.enrolled_on": enrolled_on,
        **past,
    }
    if "first" not in unread:
        values["purchase.is_first"] = is_first
    if "tier" not in unread:
        values["member.tier"] = tier
        if "plans" not in unread:
            values["customer.entitlements"] = with_entitlements(entitlements, customer)
    if "plans" not in unread:
        values["customer.plans"] = plans_of(customer)
    if "offers" not in unread:
        values["customer.offers"] = offers_of(customer)
    if "customer" not in unread:
        values["purchase.is_birthday"] = is_same_day(birth_day(customer), today)
        values |= values_of_customer(customer, on=today)
    return values


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
        **values_of_final_line(line.net, line.quantity),
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
