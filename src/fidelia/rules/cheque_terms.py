"""Chèques fidélité: points that turn into a voucher of money, by themselves, at a threshold or each period.

    cheques:
      - {key: cheque, name: {en: Loyalty cheque, fr: Chèque fidélité}, points: "200", money: "10", issued: at_once,
         validity: {months: 3, ends: month}, minimum_basket: "30", per_checkout: 1, notice_days: [14, 3]}

Described for authors in docs/reference/terms.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.kernel.calendar import add_months, end_of_day, local_day, start_of_day
from fidelia.kernel.localized import LocalizedText

from .reading import MalformedTerms, read_amount, read_choice, read_dates, read_object, read_span, read_whole
from .spans import MONTHS_OF, Span, anniversary_before, first_of_period, last_of, next_of

CHEQUES_MAX = 10
STEPS_MAX = 100
STEPS_OF_A_SUM_MAX = 10**9
NOTICES_MAX = 5
AT_ONCE, NIGHTLY = "at_once", "nightly"
ANNIVERSARY, DATES = "anniversary", "dates"
ISSUED = (AT_ONCE, NIGHTLY, *MONTHS_OF, ANNIVERSARY)
SCALE_MAX = 20
MEMBERS = {
    *("key", "name", "currency", "points", "money", "issued", "minimum", "maximum", "each", "remainder", "validity"),
    *("starts_after_days", "minimum_basket", "per_checkout", "divisible", "purpose", "on_return", "debt"),
    *("notice_days", "scale"),
}


@dataclass(frozen=True, slots=True)
class ChequePolicy:
    """Each `points` (minor units) become `money` (minor units of the programme's money), whole steps only.

    scale         the steps as (points, money), the dearest first; where it has several, `points` and `money` are its
                  last. Points become as many of the dearest as there are, then as many of the next
    issued        "at_once" after a purchase and each night, "nightly", or once a "month", "quarter", "half_year" or
                  "year", at each of the "dates" of a year, or each "anniversary" of joining, for what was there when
                  the period before had ended
    minimum       so many points are needed before anything is issued; `steps_max` bounds one issue
    each          a voucher of the "sum", or one for each "step"
    remainder     what makes no whole step is "carried" to the next one, or "lost"
    validity      the life of the voucher; None for ever; it begins `starts_after_days` after the day of the issue
    per_checkout  how many of them one checkout takes; None: several
    on_return     of a purchase whose points became a voucher that nobody has used: "withdraw" it, or "keep" it
    debt          where it is used: the points go back as their currency says ("points"), or what cannot be taken is
                  carried to the "next_cheque"
    notice_days   how many days before its end the member is told
    """

    key: str
    name: LocalizedText
    points: int
    money: int
    currency: str = ""
    issued: str = AT_ONCE
    minimum: int = 0
    steps_max: int = STEPS_OF_A_SUM_MAX
    each: str = "sum"
    remainder: str = "carried"
    validity: Span | None = None
    starts_after_days: int = 0
    minimum_basket: int = 0
    per_checkout: int | None = None
    is_divisible: bool = False
    purpose: str = "multi"
    on_return: str = "withdraw"
    debt: str = "points"
    notice_days: tuple[int, ...] = ()
    further_steps: tuple[tuple[int, int], ...] = ()
    dates: tuple[tuple[int, int], ...] = ()

    @property
    def is_periodic(self) -> bool:
        """Tell whether it comes once a period."""
        return self.issued not in (AT_ONCE, NIGHTLY)

    @property
    def scale(self) -> tuple[tuple[int, int], ...]:
        """The steps as (points, money), the dearest first."""
        return (*self.further_steps, (self.points, self.money))

    @property
    def threshold(self) -> int:
        """How many points are needed for the first one."""
        return max(self.minimum, self.points)

    def worth(self, points: int) -> tuple[int, int]:
        """Return how many of so many points are turned at once, and into how much money: (0, 0) below the threshold."""
        taken = money = steps = 0
        for needed, gives in self.scale if points >= self.threshold else ():
            count = min((points - taken) // needed, self.steps_max - steps)
            taken, money, steps = taken + count * needed, money + count * gives, steps + count
        return taken, money

    def period_begun(self, at: datetime, zone: ZoneInfo, joined: date | None = None) -> date | None:
        """Return the first day of the period of an instant: what was there before it is turned; None: any time.

        `joined` is the local day of joining, from which years of a member run.
        """
        day = local_day(at, zone)
        if not self.is_periodic:
            return None
        elif self.issued == DATES:
            return last_of(self.dates, day)
        elif self.issued == ANNIVERSARY:
            return anniversary_before(joined or day, day)
        return first_of_period(day, self.issued)

    def next_on(self, at: datetime, zone: ZoneInfo, joined: date | None = None) -> date | None:
        """Return the first day of the next period; None where it comes at once or in the night."""
        if not self.is_periodic:
            return None
        day = local_day(at, zone)
        if self.issued == DATES:
            return next_of(self.dates, day + timedelta(days=1))
        elif self.issued == ANNIVERSARY:
            began = joined or day
            return add_months(began, 12 * (anniversary_before(began, day).year - began.year + 1))
        first = first_of_period(day, self.issued)
        beyond = first + timedelta(days=31 * MONTHS_OF[self.issued])
        return first_of_period(beyond, self.issued)

    def valid_from(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return from when a voucher issued at an instant is valid: at once, or as a later local day begins."""
        if not self.starts_after_days:
            return at
        return start_of_day(local_day(at, zone) + timedelta(days=self.starts_after_days), zone)

    def valid_until(self, at: datetime, zone: ZoneInfo) -> datetime | None:
        """Return the first instant at which a voucher issued at an instant is no longer valid; None: never."""
        if self.validity is None:
            return None
        begins = local_day(self.valid_from(at, zone), zone)
        return end_of_day(self.validity.last_day(begins), zone)


def parse_cheques(document: Any, scales: Mapping[str, int], money_scale: int) -> tuple[ChequePolicy, ...]:
    """Read the chèques of a version; `scales` are those of the programme's points currencies, "" for the main one.

    Raises MalformedTerms.
    """
    if document is None:
        return ()
    if not isinstance(document, list) or len(document) > CHEQUES_MAX:
        raise MalformedTerms(f"Write a list of up to {CHEQUES_MAX} kinds of chèque.", pointer="/cheques")
    read = tuple(_Reader(f"/cheques/{n}", scales, money_scale).cheque(each) for n, each in enumerate(document))
    keys = [each.key for each in read]
    for n, key in enumerate(keys):
        if key in keys[:n]:
            raise MalformedTerms(f"There is a chèque “{key}” already.", pointer=f"/cheques/{n}/key")
    return read


class _Reader:
    def __init__(self, pointer: str, scales: Mapping[str, int], money_scale: int) -> None:
        self.pointer, self.scales, self.money_scale = pointer, scales, money_scale

    def cheque(self, document: Any) -> ChequePolicy:
        known = read_object(document, self.pointer, MEMBERS)
        currency = known.get("currency", "")
        if currency not in self.scales:
            raise MalformedTerms("Name a points currency of the programme.", pointer=f"{self.pointer}/currency")
        scale = self.scales[currency]
        steps = self.steps(known, scale)
        issued, dates = self.issued(known.get("issued", AT_ONCE))
        return ChequePolicy(
            key=self.key(known.get("key", "cheque")),
            name=self.name(known.get("name")),
            currency=currency,
            points=steps[-1][0],
            money=steps[-1][1],
            further_steps=steps[:-1],
            issued=issued,
            dates=dates,
            minimum=self.amount(known, "minimum", scale),
            steps_max=self.maximum(known),
            each=self.choice(known, "each", ("sum", "step")),
            remainder=self.choice(known, "remainder", ("carried", "lost")),
            validity=read_span(known["validity"], f"{self.pointer}/validity") if known.get("validity") else None,
            starts_after_days=self.whole(known, "starts_after_days", 0, 0, 366),
            minimum_basket=self.amount(known, "minimum_basket", self.money_scale),
            per_checkout=self.whole(known, "per_checkout", 1, 1, 100) if known.get("per_checkout") else None,
            is_divisible=self.flag(known, "divisible"),
            purpose=self.choice(known, "purpose", ("multi", "single")),
            on_return=self.choice(known, "on_return", ("withdraw", "keep")),
            debt=self.choice(known, "debt", ("points", "next_cheque")),
            notice_days=self.notices(known.get("notice_days", [])),
        )

    def steps(self, known: Mapping[str, Any], scale: int) -> tuple[tuple[int, int], ...]:
        """Read the steps, the dearest first: one of `points` and `money`, or those of a `scale`."""
        if known.get("scale") is None:
            money = self.amount(known, "money", self.money_scale, least=1)
            return ((self.amount(known, "points", scale, least=1), money),)
        pointer, listed = f"{self.pointer}/scale", known["scale"]
        if "points" in known or "money" in known:
            raise MalformedTerms("Write “points” and “money”, or a “scale” of them.", pointer=pointer)
        if not isinstance(listed, list) or not 1 <= len(listed) <= SCALE_MAX:
            raise MalformedTerms(f"A scale has 1 to {SCALE_MAX} steps.", pointer=pointer)
        steps = []
        for n, each in enumerate(listed):
            step = _Reader(f"{pointer}/{n}", self.scales, self.money_scale)
            one = read_object(each, step.pointer, {"points", "money"})
            money = step.amount(one, "money", self.money_scale, least=1)
            steps.append((step.amount(one, "points", scale, least=1), money))
        for n, (lower, higher) in enumerate(pairwise(steps), start=1):
            if higher[0] <= lower[0] or higher[1] <= lower[1]:
                message = "Each step needs more points than the one before it, and gives more money."
                raise MalformedTerms(message, pointer=f"{pointer}/{n}")
        return tuple(reversed(steps))

    def issued(self, value: Any) -> tuple[str, tuple[tuple[int, int], ...]]:
        """Read when it is issued: by a name, or at dates of the year."""
        pointer = f"{self.pointer}/issued"
        if isinstance(value, list):
            return DATES, read_dates(value, pointer)
        return read_choice(value, pointer, ISSUED), ()

    def maximum(self, known: Mapping[str, Any]) -> int:
        """Of a sum any number of steps makes one voucher; of steps each is a voucher of its own."""
        most = STEPS_MAX if known.get("each") == "step" else STEPS_OF_A_SUM_MAX
        return self.whole(known, "maximum", most, 1, most)

    def key(self, value: Any) -> str:
        if not isinstance(value, str) or not 1 <= len(value) <= 40 or not value.replace("-", "_").isidentifier():
            raise MalformedTerms("A key is letters, digits and hyphens, at most 40.", pointer=f"{self.pointer}/key")
        return value

    def name(self, value: Any) -> LocalizedText:
        if value is None:
            return LocalizedText(en="Loyalty cheque", fr="Chèque fidélité")
        known = read_object(value, f"{self.pointer}/name", {"en", "fr"})
        if set(known) != {"en", "fr"} or not all(isinstance(text, str) and text.strip() for text in known.values()):
            raise MalformedTerms("Write the name in English and in French.", pointer=f"{self.pointer}/name")
        return LocalizedText(**known)

    def amount(self, known: Mapping[str, Any], name: str, scale: int, *, least: int = 0) -> int:
        value = known.get(name, 0 if least == 0 else None)
        return read_amount(value, f"{self.pointer}/{name}", scale, least=least, such_as="10")

    def choice(self, known: Mapping[str, Any], name: str, choices: tuple[str, ...]) -> str:
        return read_choice(known.get(name, choices[0]), f"{self.pointer}/{name}", choices)

    def whole(self, known: Mapping[str, Any], name: str, otherwise: int, least: int, most: int) -> int:
        return read_whole(known.get(name, otherwise), f"{self.pointer}/{name}", least=least, most=most)

    def flag(self, known: Mapping[str, Any], name: str) -> bool:
        value = known.get(name, False)
        if not isinstance(value, bool):
            raise MalformedTerms("Write true or false.", pointer=f"{self.pointer}/{name}")
        return value

    def notices(self, value: Any) -> tuple[int, ...]:
        pointer = f"{self.pointer}/notice_days"
        if not isinstance(value, list) or len(value) > NOTICES_MAX:
            raise MalformedTerms(f"Name up to {NOTICES_MAX} numbers of days before the end.", pointer=pointer)
        read = {read_whole(each, f"{pointer}/{n}", least=1, most=366) for n, each in enumerate(value)}
        return tuple(sorted(read, reverse=True))
