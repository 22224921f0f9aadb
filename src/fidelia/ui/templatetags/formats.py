"""Filters around `fidelia.ui.formats`, in the active language and time zone: `{% load formats %}`."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from django import template
from django.utils import timezone
from django.utils.translation import get_language

from fidelia.ui import formats

register = template.Library()


class Amount(Protocol):
    """Money, as any module hands it over."""

    @property
    def currency(self) -> str: ...

    def text(self) -> str: ...


def language() -> str:
    return get_language() or "en"


@register.filter
def number(value: int | float | Decimal | None, decimals: int | None = None) -> str:
    """12480 → "12 480"; `|number:1` fixes the decimals; None → "—"."""
    return formats.EM_DASH if value is None else formats.number(value, language(), decimals=decimals)


@register.filter
def signed(value: int | float | Decimal | None, decimals: int | None = None) -> str:
    """3 → "+3", -22 → "−22"."""
    return formats.EM_DASH if value is None else formats.number(value, language(), decimals=decimals, sign=True)


@register.filter
def share(ratio: float | Decimal | None, decimals: int = 1) -> str:
    """0.639 → "63,9 %"."""
    return formats.EM_DASH if ratio is None else formats.share(ratio, language(), decimals=decimals)


@register.filter
def share_change(difference: float | Decimal | None) -> str:
    """0.018 → "+1,8 pt"."""
    return formats.EM_DASH if difference is None else formats.share_change(difference, language())


@register.filter
def compact(value: int | float | Decimal | None) -> str:
    """4780000 → "4,78 M"."""
    return formats.EM_DASH if value is None else formats.compact(value, language())


@register.filter
def money(amount: Amount | None) -> str:
    """Money(128460, "EUR") → "1 284,60 €"."""
    return formats.EM_DASH if amount is None else formats.money(amount.text(), amount.currency, language())


@register.filter
def signed_money(amount: Amount | None) -> str:
    return formats.EM_DASH if amount is None else formats.money(amount.text(), amount.currency, language(), sign=True)


@register.filter
def figure_money(amount: Amount | None) -> str:
    """As `money`, without decimals from 100 on: for dashboards."""
    return formats.EM_DASH if amount is None else formats.figure_money(amount.text(), amount.currency, language())


@register.filter
def points(minor: int | None, scale: int = 0) -> str:
    """Minor units of a points currency: 2480 → "2 480"; `|points:2` for a currency of scale 2."""
    return formats.EM_DASH if minor is None else formats.minor_points(minor, scale, language())


@register.filter
def signed_points(minor: int | None, scale: int = 0) -> str:
    """138 → "+138 pts"."""
    if minor is None:
        return formats.EM_DASH
    return formats.minor_points(minor, scale, language(), sign=True, unit=True)


@register.filter
def short_date(day: date | None) -> str:
    """17 nov. · 17 Nov, with the year when it is not this one."""
    return (
        formats.EM_DASH if day is None else formats.short_date(local_day(day), language(), today=timezone.localdate())
    )


@register.filter
def long_date(day: date | None) -> str:
    """Mardi… "mardi 17 novembre 2026"."""
    return formats.EM_DASH if day is None else formats.long_date(local_day(day), language())


@register.filter
def plain_date(day: date | None) -> str:
    """17 novembre 2026."""
    return formats.EM_DASH if day is None else formats.plain_date(local_day(day), language())


@register.filter
def numeric_date(day: date | None) -> str:
    """17/11/2026."""
    return formats.EM_DASH if day is None else formats.numeric_date(local_day(day))


@register.filter
def clock_time(at: datetime | None) -> str:
    """9 h 05 · 09:05."""
    return formats.EM_DASH if at is None else formats.clock_time(timezone.localtime(at), language())


@register.filter
def date_time(at: datetime | None) -> str:
    """17 nov., 9 h 05."""
    if at is None:
        return formats.EM_DASH
    return formats.date_time(timezone.localtime(at), language(), today=timezone.localdate())


@register.filter
def duration(seconds: int | None) -> str:
    """130 min → "2 h 10"."""
    return formats.EM_DASH if seconds is None else formats.duration(seconds, language())


@register.simple_tag(takes_context=True)
def moment(context: template.Context, at: datetime) -> str:
    """ "hier, 17 h 42" within 24 hours, else the short date; `now` in the context freezes it."""
    now: Any = context.get("now") or timezone.now()
    return formats.moment(timezone.localtime(at), language(), now=timezone.localtime(now))


def local_day(day: date) -> date:
    return timezone.localtime(day).date() if isinstance(day, datetime) else day
