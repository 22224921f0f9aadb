"""Numbers, money and days as English and French readers expect them, whatever the locale of the machine."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

from fidelia.kernel.money import exponent_of, format_scaled

_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}
_MONTHS = {
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
}
_NARROW = "\u202f"  # the space that French puts between thousands
_FIXED = "\u00a0"  # the space that keeps a number and its unit on one line


def say_number(number: int, scale: int, language: str, *, keep_decimals: bool = False) -> str:
    """Write minor units of 10^-scale: 1,234.5 in English, 1 234,5 in French."""
    whole, _, part = format_scaled(abs(number), scale).partition(".")
    if not keep_decimals:
        part = part.rstrip("0")
    grouped = f"{int(whole):,}"
    if language == "fr":
        grouped = grouped.replace(",", _NARROW)
    point = "," if language == "fr" else "."
    sign = "−" if number < 0 else ""
    return f"{sign}{grouped}{point}{part}" if part else f"{sign}{grouped}"


def say_money(minor: int, currency: str, language: str) -> str:
    """Write an amount with its currency: €1,234.50 in English, 1 234,50 € in French."""
    number = say_number(abs(minor), exponent_of(currency), language, keep_decimals=True)
    sign = "−" if minor < 0 else ""
    symbol = _SYMBOLS.get(currency)
    if language == "fr":
        return f"{sign}{number}{_FIXED}{symbol or currency}"
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{currency}{_FIXED}{number}"


def say_percent(percent: Fraction, language: str) -> str:
    """Write a percentage with at most four decimals: 12.5% in English, 12,5 % in French."""
    number = say_number(int(percent * 10**4), 4, language)
    return f"{number}{_FIXED}%" if language == "fr" else f"{number}%"


def say_date(day: date, language: str) -> str:
    """Write a day: 1 December 2026 in English, le 1er décembre 2026 in French."""
    month = _MONTHS[language][day.month - 1]
    if language == "fr":
        return f"le {'1er' if day.day == 1 else day.day}{_FIXED}{month} {day.year}"
    return f"{day.day} {month} {day.year}"


def say_moment(moment: datetime, language: str) -> str:
    """Write a moment in UTC, as the rule has it: a rule knows no time zone."""
    utc = moment.astimezone(UTC)
    if language == "fr":
        return f"{say_date(utc.date(), language)} à {utc.hour}{_FIXED}h{_FIXED}{utc.minute:02} UTC"
    return f"{say_date(utc.date(), language)} {utc:%H:%M} UTC"
