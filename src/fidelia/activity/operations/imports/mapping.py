"""How a file of purchases is to be understood: what the mapping of its import says, ready to work with.

A mapping file of the first release says the same flatly, and is read still:

source: online-retail          # the stream of receipts; a receipt number is recorded once in it
programme: online-retail
currency: GBP
time_zone: Europe/London       # of moments without an offset
customer_scheme: external      # the kind of identity that the customer column holds
language: en                   # of customers who are new
enrol: true                    # make every customer named a member from their first purchase
channel: web
columns:
  receipt: InvoiceNo           # absent: each row is a purchase, known by the file's content and its row number
  occurred_at: InvoiceDate
  product: StockCode           # absent: every line is the product `default_product`
  description: Description
  quantity: Quantity
  unit_price: UnitPrice        # or net: the amount of the whole line
  customer: CustomerID
  country: Country
not_products: [POST, D, M]     # lines with these product codes count in totals, earn nothing, are no products
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.intake.mapping import FileMapping, check_mapping
from fidelia.intake.reading import Reading
from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Invalid
from fidelia.kernel.money import exponent_of

from ...targets import CHANNELS, PURCHASES, RECEIPT_BY

REQUIRED = ("source", "currency", "columns")
TEXT_LENGTH_MAX = 60
DISCOUNTS = ("amount", "percent", "fraction")
LISTS = ("not_products", "nobody", "returns_begin", "returns_say", "no_lines", "not_sold")
FLAGS = ("enrol", "fill_down", "in_cents", "whole_codes", "amount_once")
NO_TEXTS = (*FLAGS, *LISTS, "columns", "reading")


class MalformedImportMapping(Invalid):
    """The mapping lacks a part, has one too many, or names a column that the file does not have."""

    default_code = "malformed_mapping"


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """`columns` maps what Fidelia knows to the names of the file's columns; the rest are the options of PURCHASES."""

    source: str
    currency: str
    columns: dict[str, str]
    programme: str | None = None
    time_zone: str = "UTC"
    customer_scheme: str = "external"
    language: str = "fr"
    channel: str = "store"
    date_format: str | None = None
    default_product: str = "sale"
    enrol: bool = True
    not_products: tuple[str, ...] = field(default_factory=tuple)
    nobody: tuple[str, ...] = field(default_factory=tuple)
    returns_begin: tuple[str, ...] = field(default_factory=tuple)
    returns_say: tuple[str, ...] = field(default_factory=tuple)
    no_lines: tuple[str, ...] = field(default_factory=tuple)
    not_sold: tuple[str, ...] = field(default_factory=tuple)
    receipt_by: str = "number"
    discount_as: str = "amount"
    fill_down: bool = False
    in_cents: bool = False
    amount_once: bool = False
    whole_codes: bool = False
    reading: Reading | None = None

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.time_zone)

    @property
    def is_by_customer(self) -> bool:
        """Whether rows of one customer at one moment are one receipt, for there is no number of any."""
        return self.receipt_by == "customer"

    def as_document(self, reading: Reading) -> dict[str, Any]:
        """Return the mapping of an import of a file that is read so."""
        options = {option.name: getattr(self, option.name) for option in PURCHASES.options}
        told = {"date_format": self.date_format} if self.date_format is not None else {}
        return {
            "target": PURCHASES.name,
            "reading": reading.as_document() | told,
            "columns": dict(self.columns),
            "options": options | {name: list(getattr(self, name)) for name in LISTS},
        }


def mapping_of(mapping: FileMapping) -> ImportMapping:
    """Return what the mapping of an import says. Raises MalformedMapping, MalformedImportMapping, UnknownCurrency…"""
    check_mapping(mapping, PURCHASES)
    options = {name: value for name, value in mapping.options.items() if value not in (None, "")}
    lists: dict[str, Any] = {name: _texts(options.pop(name, ())) for name in LISTS}
    made = ImportMapping(
        columns=dict(mapping.columns),
        reading=mapping.reading,
        date_format=mapping.reading.date_format,
        **lists,
        **options,
    )
    return _checked(made)


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(str(code) for code in ([given] if isinstance(given, str) else given or ()))


def parse_mapping(document: Any) -> ImportMapping:
    """Read a mapping, already parsed from YAML. Raises MalformedImportMapping, UnknownCurrency, UnknownTimeZone."""
    if not isinstance(document, dict):
        raise MalformedImportMapping("A mapping is an object with source, currency and columns.")
    known = {part.name for part in fields(ImportMapping)} - {"reading"}
    unknown = sorted(set(document) - known)
    if unknown:
        raise MalformedImportMapping(f"“{unknown[0]}” is not part of a mapping.", pointer=f"/{unknown[0]}")
    for part in REQUIRED:
        if not document.get(part):
            raise MalformedImportMapping(f"The mapping needs “{part}”.", pointer=f"/{part}")
    columns = document["columns"]
    if not isinstance(columns, dict) or not all(isinstance(name, str) for name in columns.values()):
        raise MalformedImportMapping("Columns map what Fidelia knows to names in the file.", pointer="/columns")
    parts = {name: value for name, value in document.items() if name not in ("columns", *LISTS)}
    lists: dict[str, Any] = {name: _texts(document.get(name)) for name in LISTS}
    return _checked(ImportMapping(columns=dict(columns), **lists, **parts))


def _checked(mapping: ImportMapping) -> ImportMapping:
    _check_kinds(mapping)
    _check_columns(mapping.columns)
    exponent_of(mapping.currency)
    zone_of(mapping.time_zone)
    if mapping.channel not in CHANNELS:
        raise MalformedImportMapping(f"A channel is one of {', '.join(CHANNELS)}.", pointer="/channel")
    if mapping.receipt_by not in RECEIPT_BY:
        raise MalformedImportMapping(f"A receipt is told by one of {', '.join(RECEIPT_BY)}.", pointer="/receipt_by")
    if mapping.is_by_customer and ("receipt" in mapping.columns or "customer" not in mapping.columns):
        raise MalformedImportMapping(
            "A receipt is told by its customer where one column is the customer and none the number.",
            pointer="/receipt_by",
        )
    if mapping.discount_as not in DISCOUNTS:
        raise MalformedImportMapping(f"Discounts are written as one of {', '.join(DISCOUNTS)}.", pointer="/discount_as")
    if mapping.language not in ("fr", "en"):
        raise MalformedImportMapping("A language is fr or en.", pointer="/language")
    return mapping


def _check_kinds(mapping: ImportMapping) -> None:
    """YAML reads 2024 as a number and no as false: what must be a text is asked for in quotes."""
    for part in fields(ImportMapping):
        value = getattr(mapping, part.name)
        if part.name in FLAGS and not isinstance(value, bool):
            raise MalformedImportMapping("Write true or false.", pointer=f"/{part.name}")
        if part.name not in NO_TEXTS and not isinstance(value, str | None):
            raise MalformedImportMapping("Write this as a text, in quotes.", pointer=f"/{part.name}")
        if isinstance(value, str) and len(value) > TEXT_LENGTH_MAX:
            raise MalformedImportMapping(f"At most {TEXT_LENGTH_MAX} characters.", pointer=f"/{part.name}")


def _check_columns(columns: dict[str, str]) -> None:
    known = [column.name for column in PURCHASES.columns]
    unknown = sorted(set(columns) - set(known))
    if unknown:
        raise MalformedImportMapping(
            f"“{unknown[0]}” is not a column that Fidelia knows; known are {', '.join(known)}.", pointer="/columns"
        )
    if "occurred_at" not in columns:
        raise MalformedImportMapping("Say which column is the date.", pointer="/columns/occurred_at")
    if sum(name in columns for name in ("net", "gross", "unit_price")) == 0:
        raise MalformedImportMapping("Give either the net amount of a line or its unit price.", pointer="/columns/net")
    if "unit_price" in columns and not {"quantity", "net", "gross"} & set(columns):
        raise MalformedImportMapping("A unit price needs a quantity.", pointer="/columns/quantity")
