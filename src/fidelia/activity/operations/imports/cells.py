"""What the texts of a row of purchases mean, each distinct text once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from zoneinfo import ZoneInfo

from fidelia.customers.queries import normalise_identity
from fidelia.intake.countries import country_names
from fidelia.intake.operations import stage_values
from fidelia.intake.reading import Reading
from fidelia.intake.states import PAYMENT_WORDS, speaks_of_return, word_of
from fidelia.intake.values import (
    BadCell,
    read_moment_of_two,
    read_money,
    read_percent,
    read_quantity,
    says_nothing,
    to_minor,
)
from fidelia.kernel.errors import Invalid
from fidelia.kernel.folding import fold
from fidelia.kernel.money import exponent_of

from ...targets import CHANNELS, RETURN_WORDS, SALE_WORDS
from ..requests import NET_MAX
from .mapping import ImportMapping

PRICE_SCALE_MAX = 6
DIGITS_MAX = 30
AMOUNTS = ("net", "tax", "gross", "unit_price", "discount", "coupon", "coupon_match", "returned")
CHANNEL_WORDS = {
    **dict.fromkeys(("magasin", "boutique", "shop", "in store", "en magasin", "pos"), "store"),
    **dict.fromkeys(("internet", "online", "site", "site web", "e-commerce", "ecommerce", "en ligne"), "web"),
    **dict.fromkeys(("telephone", "tel"), "phone"),
    **dict.fromkeys(("application", "mobile"), "app"),
    **dict.fromkeys(("autre",), "other"),
}


@dataclass(frozen=True)
class CellReaders:
    """The functions that read the texts of one file."""

    mapping: ImportMapping
    reading: Reading

    def stage(self, rows: str) -> None:
        """Stage what the texts of a temporary table of rows mean, a temporary table of values for each column."""
        columns, zone = self.mapping.columns, self.mapping.zone
        moment = partial(read_occurred_at, zone=zone, reading=self.reading)
        _stage("moment", rows, ("occurred_at", "time"), {"at": "timestamptz"}, moment)
        if "quantity" in columns:
            _stage("quantity", rows, ("quantity",), {"number": "numeric"}, self.quantity)
        if "returned_quantity" in columns:
            _stage("returned_quantity", rows, ("returned_quantity",), {"number": "numeric"}, self.returned_quantity)
        for name in AMOUNTS:
            if name in columns:
                values = {"number": "numeric", "minor": "bigint", "scale": "smallint"}
                _stage(name, rows, (name,), values, self._reader_of(name))
        _stage("customer", rows, ("customer", "country"), {"identity": "text"}, self.customer)
        _stage("channel", rows, ("channel",), {"known": "text"}, self.channel)
        if "kind" in columns:
            _stage("kind", rows, ("kind",), {"is_back": "boolean"}, self.kind)
        if "status" in columns:
            _stage("status", rows, ("status",), {"known": "text"}, self.status)
        if "currency" in columns:
            _stage("currency", rows, ("currency",), {"known": "text"}, self.currency)

    def _reader_of(self, name: str) -> Callable[..., tuple[Any, ...]]:
        return {"unit_price": self.price, "discount": self.discount}.get(name, self.amount)

    def quantity(self, text: str) -> tuple[Decimal]:
        if not text or says_nothing(text):
            raise BadCell("no_quantity", "no_quantity")
        return (_bounded(read_quantity(text, self.reading)),)

    def returned_quantity(self, text: str) -> tuple[Decimal | None]:
        return (_bounded(read_quantity(text, self.reading)) if text and not says_nothing(text) else None,)

    def amount(self, text: str) -> tuple[Decimal | None, None, None]:
        if not text or says_nothing(text):
            return None, None, None
        amount = _bounded(read_money(text, self.reading, self.mapping.currency))
        return amount.scaleb(-exponent_of(self.mapping.currency)) if self.mapping.in_cents else amount, None, None

    def discount(self, text: str) -> tuple[Decimal | None, None, None]:
        """Return an amount; or, where discounts are rates, which part of the price they are."""
        if self.mapping.discount_as == "amount" or not text or says_nothing(text):
            return self.amount(text)
        rate = abs(read_percent(text, self.reading))
        rate = rate / 100 if self.mapping.discount_as == "percent" or text.endswith("%") else rate
        if rate > 1:
            raise BadCell.because("not_a_percentage", text=text)
        return rate, None, None

    def price(self, text: str) -> tuple[Decimal | None, int | None, int | None]:
        """Return a unit price, and as it is kept: prices may be finer than the currency's cents."""
        price, _minor, _scale = self.amount(text)
        if price is None:
            return None, None, None
        decimals = -int(price.normalize().as_tuple().exponent)
        scale = min(max(exponent_of(self.mapping.currency), decimals), PRICE_SCALE_MAX)
        return price, to_minor(price, scale, NET_MAX), scale

    def customer(self, text: str, country: str) -> tuple[str | None]:
        """Names are compared as they are kept: two spellings of one card are one customer, from the first check on."""
        if not text or text.casefold() in self._nobody:
            return (None,)
        scheme = self.mapping.customer_scheme
        try:
            return (normalise_identity(scheme, text, country=country_code(country)),)
        except Invalid:
            code = {"email": "not_an_email", "phone": "not_a_phone"}.get(scheme, "identity")
            raise BadCell(code, code, text=text) from None

    @cached_property
    def _nobody(self) -> frozenset[str]:
        return frozenset(text.casefold() for text in self.mapping.nobody)

    def kind(self, text: str) -> tuple[bool]:
        """Say whether the row is of something that came back. Raises BadCell for what is no line at all."""
        word = word_of(text)
        if word in self._no_lines:
            raise BadCell("no_line", "no_line", text=text)
        if self._returns_say:
            return (word in self._returns_say or bool(speaks_of_return(word)),)
        if word and word not in RETURN_WORDS | SALE_WORDS | PAYMENT_WORDS:
            raise BadCell("kind_unknown", "kind_unknown", text=text)
        return (word in RETURN_WORDS,)

    @cached_property
    def _no_lines(self) -> frozenset[str]:
        return frozenset(map(word_of, self.mapping.no_lines))

    @cached_property
    def _returns_say(self) -> frozenset[str]:
        return frozenset(map(word_of, self.mapping.returns_say))

    def status(self, text: str) -> tuple[str]:
        """Raises BadCell for an order of which nothing came."""
        if word_of(text) in self._not_sold:
            raise BadCell("not_sold", "not_sold", text=text)
        return (text,)

    @cached_property
    def _not_sold(self) -> frozenset[str]:
        return frozenset(map(word_of, self.mapping.not_sold))

    def channel(self, text: str) -> tuple[str]:
        word = fold(text) or self.mapping.channel
        known = CHANNEL_WORDS.get(word, word)
        if known not in CHANNELS:
            raise BadCell.because("not_a_choice", text=text, choices=", ".join(CHANNELS))
        return (known,)

    def currency(self, text: str) -> tuple[str]:
        if text and text.upper() != self.mapping.currency:
            raise BadCell.because("other_currency", text=text, currency=self.mapping.currency)
        return (self.mapping.currency,)


def read_occurred_at(day: str, hour: str, *, zone: ZoneInfo, reading: Reading) -> tuple[datetime]:
    """Read the moment of a purchase from its day and, where it has a column of its own, its hour. Raises BadCell."""
    if not day or says_nothing(day):
        raise BadCell("no_date", "no_date")
    return (read_moment_of_two(day, hour, zone, reading.date_format, reading),)


def country_code(text: str) -> str:
    """Return the ISO 3166 code of a country's code, English or French name; empty for what is none."""
    return country_names().get(fold(text), "") if text else ""


def _stage(
    name: str, rows: str, texts: tuple[str, ...], values: dict[str, str], read: Callable[..., tuple[Any, ...]]
) -> None:
    stage_values(table=f"value_of_{name}", rows=rows, texts=texts, values=values, read=read)


def _bounded(number: Decimal) -> Decimal:
    if number.adjusted() >= DIGITS_MAX:  # such as 1e99
        raise BadCell.because("too_large")
    return number
