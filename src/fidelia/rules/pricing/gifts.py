"""Gifts: a product added as a line, or units in the basket, free or at a lower price."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from ..effects import Advantage, GiftProduct
from ..rule_terms import Meaning
from ..types import Type
from .applying import take_share
from .basket import Line, Product
from .bill import GIFT_KEY, Gift
from .plan import PlannedRule
from .reasons import AMOUNT_SHORT, GIFT_NOT_IN_BASKET, OUT_OF_STOCK, TOO_FEW_UNITS
from .state import Grant, Part, Running, choose_parts, first_units

PRODUCT_FIELD = "product"
_DEFAULTS: dict[Type, Any] = {
    Type.BOOL: False,
    Type.INT: 0,
    Type.MONEY: 0,
    Type.QUANTITY: 0,
    Type.STRING: "",
    Type.DATE: date.min,
    Type.TIMESTAMP: datetime.min.replace(tzinfo=UTC),
}


def apply_gift(running: Running, planned: PlannedRule, effect: GiftProduct, parts: Sequence[Part], times: int) -> Grant:
    """Grant as many units as are deserved; `times` is how often the rule was claimed, or 1."""
    deserved = _deserved(running, planned, effect, parts)
    if isinstance(deserved, Grant):
        return deserved
    if effect.times is not None:
        deserved = min(deserved, effect.times)
    units = effect.units * deserved * times
    if planned.rule.terms.claimed_in == "units":
        units = min(units, running.basket.claims.get(planned.key, 0))
    if effect.how == "unlock":
        return _unlock(running, planned, effect, units)
    grant = _add(running, planned, effect, units)
    grant.brought_by = tuple(sorted({part.line for part in parts if part.line >= 0}))
    return grant


def _deserved(running: Running, planned: PlannedRule, effect: GiftProduct, parts: Sequence[Part]) -> int | Grant:
    """Return how often the basket deserves the gift, or what is missing for the first time."""
    if effect.for_units:
        bought = sum([part.quantity for part in parts])
        wanted = effect.for_units * running.unit
        return bought // wanted or Grant(TOO_FEW_UNITS, wanted - bought, Type.QUANTITY)
    elif effect.for_amount:
        meaning: Meaning = "without_tax" if planned.meaning == "without_tax" else "with_tax"
        spent = sum([running.meant(meaning, part.line, part.amount) for part in parts])
        return spent // effect.for_amount or Grant(AMOUNT_SHORT, effect.for_amount - spent, Type.MONEY)
    return 1


def _add(running: Running, planned: PlannedRule, effect: GiftProduct, units: int) -> Grant:
    code = _chosen(running, planned, effect)
    if code is None:
        return Grant(OUT_OF_STOCK)
    stock = running.stock.get(code)
    grant = Grant()
    product = running.basket.products.get(code, Product(0))
    grant.each_off = running.price_of(gift_line(code, product, running.unit), running.unit)
    grant.products = [(code, units if stock is None else min(units, stock))]
    return grant


def _chosen(running: Running, planned: PlannedRule, effect: GiftProduct) -> str | None:
    """Return the product that the member chose, else the first at hand."""
    at_hand = [code for code in effect.products if running.stock.get(code) != 0]
    wanted = running.basket.choices.get(planned.key)
    if wanted in at_hand:
        return wanted
    return at_hand[0] if at_hand else None


def add_gifts(running: Running, planned: PlannedRule, grant: Grant) -> None:
    """Make granted products lines of the basket, and let the grant take their whole price off."""
    for code, units in grant.products:
        product = running.basket.products.get(code, Product(0))
        key = f"{GIFT_KEY}{planned.key}:{code}"
        line = Line(
            key, units * running.unit, product.unit_price, product.price_scale, product.rates, (), product.facts
        )
        part = running.add_line(planned.key, line, row_of(running, code), grant.brought_by)
        if part.listed:
            grant.takes.append([part, None, part.amount, part.listed])
        stock = running.stock.get(code)
        if stock is not None:
            running.stock[code] = stock - units
        grant.gifts.append(Gift(planned.key, code, line.quantity, key, added=True))


def gift_line(key: str, product: Product, quantity: int) -> Line:
    return Line(key, quantity, product.unit_price, product.price_scale, product.rates, facts=product.facts)


def row_of(running: Running, code: str) -> dict[str, Any]:
    """Return values for a line that nobody described: unknown where that may be, else the emptiest of its type."""
    row: dict[str, Any] = {}
    for field in running.rule_set.lines.fields:
        if field.many:
            row[field.key] = []
        else:
            row[field.key] = None if field.optional else _DEFAULTS.get(field.type)
        if field.path == PRODUCT_FIELD:
            row[field.key] = code
    return row


def _off_units(running: Running, planned: PlannedRule, part: Part, carried: int, units: int) -> int:
    """Return what the rule takes off units in the basket that carry so much together."""
    advantage: Advantage = planned.rule.effect.advantage  # type: ignore[union-attr] # a gift's
    if advantage.kind == "percent":
        return take_share(carried, advantage.ratio, running.rounding)
    return max(0, carried - running.stated(planned.meaning, part.line, advantage.amount) * units)


def _unlock(running: Running, planned: PlannedRule, effect: GiftProduct, units: int) -> Grant:
    grant = Grant()
    key = running.rule_set.lines.by_name[PRODUCT_FIELD].key
    places = running.positions(key, effect.products)
    found = [part for part in choose_parts(running, places, planned.rule.terms.pool) if running.units_of(part)]
    found.sort(key=lambda part: (part.amount * running.unit // part.quantity, part.line))
    for part in found:
        free = min(units, running.units_of(part))
        if free:
            carried = part.amount if free == running.units_of(part) else part.amount * free // running.units_of(part)
            # What may not be lowered of these units is counted as `cut` will count it: a cent less had made a price
            # below its fixed taxes, and the next share of it a negative one.
            room = max(0, carried - first_units(part.floor, running.units_of(part), free))
            off = min(room, _off_units(running, planned, part, carried, free))
            grant.takes.append([part, free, carried, off])
            line = running.lines[part.line]
            grant.gifts.append(Gift(planned.key, running.rows[part.line][key], free * running.unit, line.key))
            units -= free
    if not grant.takes:
        missing = Grant(GIFT_NOT_IN_BASKET, running.unit * max(1, units), Type.QUANTITY)
        missing.gifts = [Gift(planned.key, code, running.unit, offered=True) for code in effect.products]
        return missing
    return grant
