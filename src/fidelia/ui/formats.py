"""How numbers, money and dates are written, in French and in English. Pure: no Django, no clock.

Separators are U+00A0: Inter draws the narrow U+202F so thin that 1 284 reads 1284. Minus is U+2212.
Every function takes the language last ("fr", "fr-CA", "en"…); one that is not French is written the English way.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

NBSP: Final = "\u00a0"
MINUS: Final = "\u2212"
EM_DASH: Final = "\u2014"

# French writes a few currencies with their country, since "$" alone is ambiguous there.
_SYMBOLS_FR = {"EUR": "€", "GBP": "£", "USD": "$US", "CAD": "$CA", "JPY": "¥"}
_SYMBOLS_EN = {"EUR": "€", "GBP": "£", "USD": "$", "CAD": "CA$", "JPY": "¥"}

_MONTHS_FR = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SHORT_MONTHS_FR = (
    *("janv.", "févr.", "mars", "avr.", "mai", "juin"),
    *("juil.", "août", "sept.", "oct.", "nov.", "déc."),
)
_SHORT_MONTHS_EN = tuple(month[:3] for month in _MONTHS_EN)
_DAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

Number = int | float | Decimal | str


def is_french(language: str) -> bool:
    return language.lower().startswith("fr")


def french_spaces(text: str) -> str:
    """Return a French text with no-break spaces inside « » and before : ; ? ! – as French is set."""
    for mark in ":;?!»":
        text = text.replace(f" {mark}", f"{NBSP}{mark}")
    return text.replace("« ", f"«{NBSP}")


def typeset(text: str, language: str) -> str:
    """Return a sentence as it is shown: wordings of rules, doubts and refusals are kept with plain spaces."""
    return french_spaces(text) if is_french(language) else text


# Numbers


def number(value: Number, language: str, *, decimals: int | None = None, sign: bool = False) -> str:
    """Write 12480 as "12 480" or "12,480". `decimals` rounds half up; None keeps what the value has.

    With `sign`, a positive value is written "+3"; zero never carries a sign.
    """
    amount = _rounded(value, decimals)
    whole, _, part = f"{abs(amount):f}".partition(".")
    text = _grouped(whole, language)
    if part:
        text += ("," if is_french(language) else ".") + part
    return _sign_of(amount, sign) + text


def share(ratio: Number, language: str, *, decimals: int = 1, sign: bool = False) -> str:
    """Write a ratio (0.639) as "63,9 %" or "63.9%"."""
    text = number(_hundredfold(ratio), language, decimals=decimals, sign=sign)
    return f"{text}{percent_sign(language)}"


def percent_sign(language: str) -> str:
    return f"{NBSP}%" if is_french(language) else "%"


def share_change(difference: Number, language: str, *, decimals: int = 1) -> str:
    """Write the change of a share (0.018) in points: "+1,8 pt"."""
    return f"{number(_hundredfold(difference), language, decimals=decimals, sign=True)}{NBSP}pt"


def compact(value: Number, language: str, *, sign: bool = False, beside: Number = 0) -> str:
    """Write a large number short: "120 k", "4,78 M" or "120k", "4.78 M"; below 10,000 it is written in full, unless it
    stands `beside` a larger one: then both in the same unit.
    """
    amount = Decimal(str(value))
    scaled, unit = _scaled_down(amount, language, Decimal(str(beside)))
    return f"{number(scaled, language, sign=sign)}{unit}"


# Money: the amount is a plain decimal text ("1284.60"), as `kernel.money.Money.text` gives it


def money(amount: Number, currency: str, language: str, *, decimals: int | None = None, sign: bool = False) -> str:
    """Write 1284.60 EUR as "1 284,60 €" or "€1,284.60". `decimals=0` is for figures of 100 and more on dashboards."""
    value = _rounded(amount, decimals)
    text = number(abs(value), language)
    return _sign_of(value, sign) + _with_symbol(text, currency, language)


def figure_money(amount: Number, currency: str, language: str, *, sign: bool = False) -> str:
    """Write money for a dashboard: no decimals from 100 on."""
    decimals = 0 if abs(Decimal(str(amount))) >= 100 else None
    return money(amount, currency, language, decimals=decimals, sign=sign)


def compact_money(amount: Number, currency: str, language: str, *, beside: Number = 0) -> str:
    """Write money short, for axes: "30 k €" or "€30k"; in the unit of the amount it stands `beside`, if larger."""
    value = Decimal(str(amount))
    scaled, unit = _scaled_down(value, language, Decimal(str(beside)))
    return _sign_of(value, False) + _with_symbol(f"{number(abs(scaled), language)}{unit}", currency, language)


def money_span(low: Number, high: Number, currency: str, language: str, *, decimals: int | None = 0) -> str:
    """Write an interval: "de 980 à 1 420 €" or "€980 to €1,420"."""
    if is_french(language):
        return f"de {number(low, language, decimals=decimals)} à {money(high, currency, language, decimals=decimals)}"
    first, last = (money(value, currency, language, decimals=decimals) for value in (low, high))
    return f"{first} to {last}"


def number_span(low: Number, high: Number, language: str, *, decimals: int | None = None, sign: bool = False) -> str:
    """Write an interval of numbers: "de +1,2 à +7,0" or "+1.2 to +7.0"."""
    first, last = (number(value, language, decimals=decimals, sign=sign) for value in (low, high))
    return f"de {first} à {last}" if is_french(language) else f"{first} to {last}"


# Points


def points(amount: Number, language: str, *, sign: bool = False, unit: bool = False) -> str:
    """Write points: "2 480", with `unit` "2 480 pts". The amount is in points, not in minor units."""
    text = number(amount, language, sign=sign)
    if not unit:
        return text
    one = abs(Decimal(str(amount))) < 2 if is_french(language) else abs(Decimal(str(amount))) == 1
    return f"{text}{NBSP}{'pt' if one else 'pts'}"


def minor_points(number_of_units: int, scale: int, language: str, *, sign: bool = False, unit: bool = False) -> str:
    """Write whole units of 10^-scale points."""
    return points(Decimal(number_of_units).scaleb(-scale), language, sign=sign, unit=unit)


# Dates: `day` is the local day; faces turn instants into the programme's zone before they come here


def long_date(day: date, language: str) -> str:
    """Write "mardi 17 novembre 2026" or "Tuesday 17 November 2026"."""
    if is_french(language):
        return f"{_DAYS_FR[day.weekday()]} {_day_number(day, language)} {_MONTHS_FR[day.month - 1]} {day.year}"
    return f"{_DAYS_EN[day.weekday()]} {day.day} {_MONTHS_EN[day.month - 1]} {day.year}"


def plain_date(day: date, language: str) -> str:
    """Write "17 novembre 2026" or "17 November 2026", for sentences."""
    months = _MONTHS_FR if is_french(language) else _MONTHS_EN
    return f"{_day_number(day, language)} {months[day.month - 1]} {day.year}"


def short_date(day: date, language: str, *, today: date | None = None, weekday: bool = False) -> str:
    """Write "17 nov." or "17 Nov"; the year is added unless it is that of `today`; `weekday` writes "mar. 17 nov."."""
    french = is_french(language)
    months = _SHORT_MONTHS_FR if french else _SHORT_MONTHS_EN
    text = f"{_day_number(day, language)} {months[day.month - 1]}"
    if weekday:
        text = f"{_DAYS_FR[day.weekday()][:3]}. {text}" if french else f"{_DAYS_EN[day.weekday()][:3]} {text}"
    if today is not None and today.year == day.year:
        return text
    return f"{text} {day.year}"


def numeric_date(day: date) -> str:
    """Write "17/11/2026", the same in both languages."""
    return f"{day:%d/%m/%Y}"


def month_name(day: date, language: str, *, today: date | None = None) -> str:
    """Write "Octobre" or "October 2025", as headings of months; the year only when it is not that of `today`."""
    months = _MONTHS_FR if is_french(language) else _MONTHS_EN
    name = months[day.month - 1].capitalize()
    return name if today is not None and today.year == day.year else f"{name} {day.year}"


def short_month(day: date, language: str) -> str:
    """Write "nov." or "Nov", for axes."""
    return (_SHORT_MONTHS_FR if is_french(language) else _SHORT_MONTHS_EN)[day.month - 1]


def day_heading(day: date, language: str) -> str:
    """Write "Mardi 17 novembre" or "Tuesday 17 November", as headings of days."""
    text = long_date(day, language).rsplit(" ", 1)[0]
    return text[0].upper() + text[1:]


def clock_time(moment: datetime, language: str) -> str:
    """Write "9 h 05" or "09:05"."""
    if is_french(language):
        return f"{moment.hour}{NBSP}h{NBSP}{moment.minute:02d}" if moment.minute else f"{moment.hour}{NBSP}h"
    return f"{moment:%H:%M}"


def moment(at: datetime, language: str, *, now: datetime) -> str:
    """Write an instant: "hier, 17 h 42" within 24 hours, else its short date. Both are aware and in the same zone."""
    age = now - at
    if not timedelta(0) <= age < timedelta(hours=24):
        return short_date(at.date(), language, today=now.date())
    return f"{_near_day(at, now, language)}, {clock_time(at, language)}"


def date_time(at: datetime, language: str, *, today: date | None = None) -> str:
    """Write "17 nov., 9 h 05" or "17 Nov, 09:05"."""
    return f"{short_date(at.date(), language, today=today)}, {clock_time(at, language)}"


def duration(seconds: int, language: str) -> str:
    """Write a length of time: "14 s", "3 min", "2 h 10", "5 j" or "5 d"."""
    if seconds < 60:
        return f"{seconds}{NBSP}s"
    if seconds < 3600:
        return f"{round(seconds / 60)}{NBSP}min"
    if seconds < 48 * 3600:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours}{NBSP}h{NBSP}{minutes:02d}" if minutes else f"{hours}{NBSP}h"
    return f"{round(seconds / 86400)}{NBSP}{'j' if is_french(language) else 'd'}"


def _rounded(value: Number, decimals: int | None) -> Decimal:
    amount = Decimal(str(value))
    return amount if decimals is None else amount.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def _hundredfold(ratio: Number) -> Decimal:
    return Decimal(str(ratio)) * 100


def _sign_of(amount: Decimal, sign: bool) -> str:
    if amount < 0:
        return MINUS
    return "+" if sign and amount > 0 else ""


def _grouped(whole: str, language: str) -> str:
    return f"{int(whole):,}".replace(",", NBSP if is_french(language) else ",")


def _scaled_down(amount: Decimal, language: str, beside: Decimal) -> tuple[Decimal, str]:
    size = max(abs(amount), abs(beside)) if amount else amount
    if size >= 1_000_000:
        return _three_figures(amount / 1_000_000), f"{NBSP}M"
    if size >= 10_000:
        return _three_figures(amount / 1_000), f"{NBSP}k" if is_french(language) else "k"
    return _rounded(amount, 0) if abs(amount) >= 100 else amount.normalize(), ""


def _three_figures(amount: Decimal) -> Decimal:
    decimals = 2 if abs(amount) < 10 else 1 if abs(amount) < 100 else 0
    rounded = _rounded(amount, decimals)
    return rounded.to_integral_value() if rounded == rounded.to_integral_value() else rounded.normalize()


def _with_symbol(text: str, currency: str, language: str) -> str:
    if is_french(language):
        return f"{text}{NBSP}{_SYMBOLS_FR.get(currency, currency)}"
    symbol = _SYMBOLS_EN.get(currency)
    return f"{symbol}{text}" if symbol else f"{currency}{NBSP}{text}"


def _day_number(day: date, language: str) -> str:
    return "1\u1d49\u02b3" if is_french(language) and day.day == 1 else str(day.day)


def _near_day(at: datetime, now: datetime, language: str) -> str:
    if at.date() == now.date():
        return "aujourd’hui" if is_french(language) else "today"
    return "hier" if is_french(language) else "yesterday"
