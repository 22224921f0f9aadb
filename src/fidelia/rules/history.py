"""What rules may ask about what a member bought before: `history.spent(90, "category", "Home/Kitchen") >= 100`.

A *measure* is one such question: what is counted, over how many days, of which goods. It becomes a field of its own,
whose value is a number, so that a decision keeps one number and not a member's whole past. Three things must agree on
it: the one reading of a till (an SQL function of activity), `value_of` here, and `column_of` for history at large.

Rows are signed: what was bought, and below it, under the same sale and line, what came back of it. Days are local days
of the programme: a purchase of so many days ago counts in a window of as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from fidelia.kernel.localized import LocalizedText

from . import syntax
from .catalogue import DEFAULT_BOUNDS, Field
from .errors import UnknownFunction, WrongArguments, nearest_name
from .parser import parse
from .types import Type
from .unparsing import quote

HISTORY: Final = "history"
DAYS_MAX: Final = 3_660
# What may be counted, and what each gives.
KINDS: Final = {
    "purchases": Type.INT,
    "spent": Type.MONEY,
    "units": Type.QUANTITY,
    "days_since": Type.INT,
}
# Questions about rows, which a catalogue may let rules ask of a record of that name.
_OF_ROWS: Final = frozenset(("exists", "all", "filter", "sum", "count", "distinct", "size"))
NARROWINGS: Final = ("product", "category", "brand", "store", "channel")
SIGNATURES: Final = {
    kind: f'{HISTORY}.{kind}({"" if kind == "days_since" else "30, "}"category", "Home/Kitchen")' for kind in KINDS
}
_WHAT = {
    "purchases": LocalizedText(en="the number of earlier purchases", fr="le nombre d’achats précédents"),
    "spent": LocalizedText(en="the amount spent before", fr="le montant dépensé auparavant"),
    "units": LocalizedText(en="the number of units bought before", fr="le nombre d’unités achetées auparavant"),
    "days_since": LocalizedText(
        en="the number of days since the last purchase", fr="le nombre de jours depuis le dernier achat"
    ),
}
_WINDOW = LocalizedText(en=" in the last {0} days", fr=" ces {0} derniers jours")
_OF = {
    "product": LocalizedText(en=" of the product “{0}”", fr=" de l’article « {0} »"),
    "category": LocalizedText(en=" in the category “{0}”", fr=" dans la catégorie « {0} »"),
    "brand": LocalizedText(en=" of the brand “{0}”", fr=" de la marque « {0} »"),
    "store": LocalizedText(en=" at the store “{0}”", fr=" au magasin « {0} »"),
    "channel": LocalizedText(en=" by the channel “{0}”", fr=" par le canal « {0} »"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """kind: of KINDS;  days: None for ever;  of, name: what it is narrowed to, "" for nothing."""

    kind: str
    days: int | None = None
    of: str = ""
    name: str = ""

    @property
    def path(self) -> str:
        """Return how a rule writes it, always in the same form; it is the key of its value too."""
        said = [] if self.days is None else [str(self.days)]
        said += [quote(self.of), quote(self.name)] if self.of else []
        return f"{HISTORY}.{self.kind}({', '.join(said)})"


class BoughtRow(NamedTuple):
    """A line of a sale, or below zero what came back of one.

    occurred_at, day: of the sale;  known_at: when this row happened. A return without its purchase stands for itself.
    """

    sale: str
    line: int
    occurred_at: datetime
    known_at: datetime
    day: date
    product: str
    category: str
    brand: str
    store: str
    channel: str
    quantity: int
    net: int


def is_measure(written: syntax.Written) -> bool:
    """Tell whether it is written as a measure: history.spent(…)."""
    return (
        isinstance(written, syntax.Call)
        and isinstance(written.target, syntax.Name)
        and written.target.name == HISTORY
        and written.name not in _OF_ROWS
    )


def measure_of(written: syntax.Call) -> Measure:
    """Return the measure that is written. Raises UnknownFunction, WrongArguments."""
    kind = written.name
    if kind not in KINDS:
        nearest = nearest_name(kind, list(KINDS))
        meant = f"{HISTORY}.{nearest}" if nearest else None
        raise UnknownFunction("unknown_function", offset=written.offset, nearest=meant, text=f"{HISTORY}.{kind}")
    arguments = list(written.arguments)
    days = _days(arguments.pop(0)) if kind != "days_since" and len(arguments) in (1, 3) else None
    match arguments:
        case []:
            of, name = "", ""
        case [syntax.Text(value=of), syntax.Text(value=name)] if of in NARROWINGS and name:
            pass
        case _:
            days = 0
    if days == 0:
        raise WrongArguments("signature", offset=written.offset, signature=SIGNATURES[kind])
    return Measure(kind, days, of, name)


def _days(written: syntax.Written) -> int:
    """Return a whole number of days, 0 where it is none that may be asked."""
    text = written.text if isinstance(written, syntax.Number) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 4 and int(text) <= DAYS_MAX else 0


@lru_cache(maxsize=1024)
def measured(path: str) -> Measure | None:
    """Return the measure of a path that a rule reads, None where the path is no measure."""
    if not path.startswith(f"{HISTORY}.") or not path.endswith(")"):
        return None
    written = parse(path)
    return measure_of(written) if isinstance(written, syntax.Call) and is_measure(written) else None


@lru_cache(maxsize=1024)
def measured_field(path: str) -> Field | None:
    """Return the field of a measure by its path, None where the path is no measure."""
    measure = measured(path)
    return None if measure is None else field_of(measure)


def field_of(measure: Measure) -> Field:
    """Return the field whose value the measure is."""
    kind = KINDS[measure.kind]
    words = LocalizedText(en=_words(measure, "en"), fr=_words(measure, "fr"))
    high = {"purchases": 10**6, "days_since": 10**5}.get(measure.kind, DEFAULT_BOUNDS[kind])
    return Field(
        measure.path,
        kind,
        words,
        column_of(measure),
        doc=f"{words.en[0].upper()}{words.en[1:]}.",
        optional=measure.kind == "days_since",
        low=0 if measure.kind in ("purchases", "days_since") else -high,
        high=high,
        words=words,
        is_measure=True,
    )


def _words(measure: Measure, language: str) -> str:
    said = _WHAT[measure.kind].in_language(language)
    if measure.of:
        said += _OF[measure.of].in_language(language).format(measure.name)
    if measure.days is not None:
        said += _WINDOW.in_language(language).format(measure.days)
    return said


# The three renderings


def value_of(measure: Measure, rows: Iterable[BoughtRow], *, at: datetime, today: date) -> int | None:
    """Return the value of a measure at an instant, from all rows of a person, as the other two renderings say it."""
    counted = [row for row in rows if _counts(measure, row, at, today)]
    if measure.kind == "spent":
        return sum(row.net for row in counted)
    elif measure.kind == "units":
        return sum(row.quantity for row in counted)
    kept = _kept_sales(counted)
    if measure.kind == "purchases":
        return len(kept)
    return (today - max(kept.values())).days if kept else None


def _counts(measure: Measure, row: BoughtRow, at: datetime, today: date) -> bool:
    if row.occurred_at >= at or row.known_at >= at:
        return False
    if measure.days is not None and (today - row.day).days > measure.days:
        return False
    if not measure.of:
        return True
    value: str = getattr(row, measure.of)
    return value == measure.name or (measure.of == "category" and value.startswith(f"{measure.name}/"))


def _kept_sales(rows: Iterable[BoughtRow]) -> dict[str, date]:
    """Return the day of each sale of which a line is still kept: some of its units, and of its money if it cost any."""
    lines: dict[tuple[str, int], list[BoughtRow]] = {}
    for row in rows:
        lines.setdefault((row.sale, row.line), []).append(row)
    return {
        sale: parts[0].day
        for (sale, _line), parts in lines.items()
        if sum(part.quantity for part in parts) > 0
        and (sum(part.net for part in parts) > 0 or max(part.net for part in parts) <= 0)
    }


# Of history at large: `bought` has the columns of BoughtRow and the customer's id, `purchase` is what is decided.
_COUNTED = (
    "bought.customer_id = purchase.customer_id and bought.occurred_at < purchase.occurred_at "
    "and bought.known_at < purchase.occurred_at"
)
_KEPT = (
    "select bought.sale as sale, max(bought.day) as day from bought where {where} group by bought.sale, bought.line "
    "having sum(bought.quantity) > 0 and (sum(bought.net) > 0 or max(bought.net) <= 0)"
)


def column_of(measure: Measure, *, also: Sequence[str] = ()) -> str:
    """Return the SQL of a measure, of a relation `purchase` (customer_id, occurred_at, day) beside `bought`.

    `also` are further conditions on the two: what a backtest knows only from some day on.
    """
    where = " and ".join([_COUNTED, *also, *_conditions(measure)])
    if measure.kind in ("spent", "units"):
        column = {"spent": "net", "units": "quantity"}[measure.kind]
        return f"(select coalesce(sum(bought.{column}), 0)::bigint from bought where {where})"
    what = "count(distinct kept.sale)" if measure.kind == "purchases" else "(purchase.day - max(kept.day))::bigint"
    return f"(select {what} from ({_KEPT.format(where=where)}) kept)"


def _conditions(measure: Measure) -> list[str]:
    said = [] if measure.days is None else [f"purchase.day - bought.day <= {measure.days}"]
    if measure.of:
        name = measure.name.replace("'", "''")
        is_it = f"bought.{measure.of} = '{name}'"
        beneath = f"left(bought.category, {len(measure.name) + 1}) = '{name}/'"
        said.append(f"({is_it} or {beneath})" if measure.of == "category" else is_it)
    return said


__all__ = [
    "BoughtRow",
    "Measure",
    "column_of",
    "field_of",
    "is_measure",
    "measure_of",
    "measured",
    "measured_field",
    "value_of",
]
