"""The mapping of an import: which column of the file is what.

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

from fidelia.kernel.calendar import zone_of
from fidelia.kernel.errors import Invalid
from fidelia.kernel.money import exponent_of

from ...fields import CHANNELS

COLUMNS = (
    *("receipt", "occurred_at", "product", "description", "quantity", "unit_price", "net", "customer", "country"),
    *("store", "channel", "category"),
)
REQUIRED = ("source", "currency", "columns")
TEXT_LENGTH_MAX = 60


class MalformedImportMapping(Invalid):
    """The mapping lacks a part, has one too many, or names a column that the file does not have."""

    default_code = "malformed_mapping"


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """What `parse_mapping` reads; `columns` maps what Fidelia knows to the names of the file's columns."""

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

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.time_zone)

    def as_mapping(self) -> dict[str, Any]:
        return {part.name: getattr(self, part.name) for part in fields(self)}


def parse_mapping(document: Any) -> ImportMapping:
    """Read a mapping, already parsed from YAML. Raises MalformedImportMapping, UnknownCurrency, UnknownTimeZone."""
    if not isinstance(document, dict):
        raise MalformedImportMapping("A mapping is an object with source, currency and columns.")
    known = {part.name for part in fields(ImportMapping)}
    unknown = sorted(set(document) - known)
    if unknown:
        raise MalformedImportMapping(f"“{unknown[0]}” is not part of a mapping.", pointer=f"/{unknown[0]}")
    for part in REQUIRED:
        if not document.get(part):
            raise MalformedImportMapping(f"The mapping needs “{part}”.", pointer=f"/{part}")
    mapping = ImportMapping(
        **{
            **{name: value for name, value in document.items() if name not in ("columns", "not_products")},
            "columns": _columns(document["columns"]),
            "not_products": tuple(str(code) for code in document.get("not_products") or ()),
        }
    )
    _check_kinds(mapping)
    exponent_of(mapping.currency)
    zone_of(mapping.time_zone)
    if mapping.channel not in CHANNELS:
        raise MalformedImportMapping(f"A channel is one of {', '.join(CHANNELS)}.", pointer="/channel")
    if mapping.language not in ("fr", "en"):
        raise MalformedImportMapping("A language is fr or en.", pointer="/language")
    return mapping


def _check_kinds(mapping: ImportMapping) -> None:
    """YAML reads 2024 as a number and no as false: what must be a text is asked for in quotes."""
    for part in fields(ImportMapping):
        value = getattr(mapping, part.name)
        if part.name == "enrol" and not isinstance(value, bool):
            raise MalformedImportMapping("Write true or false.", pointer="/enrol")
        if part.name not in ("enrol", "columns", "not_products") and not isinstance(value, str | None):
            raise MalformedImportMapping("Write this as a text, in quotes.", pointer=f"/{part.name}")
        if isinstance(value, str) and len(value) > TEXT_LENGTH_MAX:
            raise MalformedImportMapping(f"At most {TEXT_LENGTH_MAX} characters.", pointer=f"/{part.name}")


def _columns(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise MalformedImportMapping("Columns map what Fidelia knows to names in the file.", pointer="/columns")
    unknown = sorted(set(value) - set(COLUMNS))
    if unknown:
        raise MalformedImportMapping(
            f"“{unknown[0]}” is not a column that Fidelia knows; known are {', '.join(COLUMNS)}.", pointer="/columns"
        )
    if "occurred_at" not in value:
        raise MalformedImportMapping("Say which column is the date.", pointer="/columns/occurred_at")
    if ("net" in value) == ("unit_price" in value):
        raise MalformedImportMapping("Give either the net amount of a line or its unit price.", pointer="/columns/net")
    if "unit_price" in value and "quantity" not in value:
        raise MalformedImportMapping("A unit price needs a quantity.", pointer="/columns/quantity")
    return dict(value)
