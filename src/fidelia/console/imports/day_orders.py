"""The question which of day and month comes first: both readings of one date, and how many rows decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fidelia.intake.models import Import
from fidelia.intake.queries import asks_for_day_order
from fidelia.intake.reading import DateOrder, Reading
from fidelia.intake.values import BadCell, read_day
from fidelia.ui.formats import plain_date

from ..speech import Speech


@dataclass(frozen=True, slots=True)
class OrderChoice:
    """One order: the day that an example is under it, how many dates read only so, and whether it is read so now."""

    value: str
    day: str
    rows: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class DayOrders:
    """What the file says of the order of its days; `asks` where nothing in it decides and nobody has said."""

    asks: bool
    example: str
    either: str
    choices: tuple[OrderChoice, ...]


def days_of(found: Import, speech: Speech) -> DayOrders | None:
    """Return the question; None where no date reads both ways, or rows of one order alone decide."""
    report, reading = found.check_report, found.file_mapping.reading
    day_first, month_first = report.get("days_day_first", 0), report.get("days_month_first", 0)
    asks = asks_for_day_order(found)
    if not report.get("days_either") or not (asks or reading.order_told or (day_first and month_first)):
        return None
    rows = {DateOrder.DAY_FIRST: day_first, DateOrder.MONTH_FIRST: month_first}
    return DayOrders(
        asks=asks,
        example=report["day_either"],
        either=speech.number(report["days_either"]),
        choices=tuple(
            OrderChoice(order.value, _shown(report["day_either"], order, speech), speech.number(count),
                        order is reading.date_order)
            for order, count in rows.items()
        ),
    )  # fmt: skip


def _shown(text: str, order: DateOrder, speech: Speech) -> str:
    try:
        found: date = read_day(text, Reading(date_order=order))
    except BadCell:
        return text
    return plain_date(found, speech.language)
