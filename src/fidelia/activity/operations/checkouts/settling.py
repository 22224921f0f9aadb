"""Settle a basket: hand the engine what was sent and what is known, and get the bill. Pure but for what was read.

The same for a basket that is only tried, for an open checkout and for its closure: evaluating says what closing does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from fidelia.customers.fields import trait_of_path
from fidelia.kernel.errors import FideliaError
from fidelia.kernel.points import parse_points
from fidelia.programme.errors import EnrolmentProvisional
from fidelia.programme.queries import Terms
from fidelia.rewards.operations import left_of_limits
from fidelia.rewards.operations.limits import MemberPeriods, member_periods
from fidelia.rules.paying import PAID_LIMIT
from fidelia.rules.pricing import (
    Arithmetic,
    Basket,
    Bill,
    Coupon,
    FixedTax,
    GiftCard,
    Line,
    PointsOffered,
    Product,
    TaxRate,
    evaluate_basket,
)
from fidelia.rules.rule_terms import Limit, Period

from ..past import Buyer, values_of_past
from ..purchases import earns
from ..values import values_of_occasion
from .reading import CheckoutSurroundings, gifts_by_code
from .requests import BasketLine, CheckoutBasket, Shipping, Tax

SHIPPING: Final = "shipping"
RATES_KEPT: Final = 1_000  # a shop has a few, on every line
# Where nobody is known, rules read a customer of whom nothing is known.
NOBODY: Final[Mapping[str, Any]] = {
    "kind": "person", "country": "", "language": "fr", "source": "", "birth_on": None, "segments": [], "traits": {},
    "trait_types": {},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settled:
    """What a basket comes to: the bill, and the terms by which it was made."""

    bill: Bill
    terms: Terms
    is_member: bool


def settle_basket(
    found: CheckoutSurroundings, terms: Terms, *, at: datetime, explain: bool, known: Mapping[str, Any] | None = None
) -> Settled:
    """Return the bill of a basket by these terms; `known` are values that were read before. Raises ValueOutOfBounds."""
    occurred_at = found.basket.occurred_at or at
    is_member = earns(occurred_at, found.member, terms)
    values = {**_values(found, terms, occurred_at), **(known or {})}
    basket = basket_of(found, terms, occurred_at, is_member=is_member)
    bill = evaluate_basket(terms.rule_set, basket, values, at=occurred_at, explain=explain)
    return Settled(bill, terms, is_member)


def _values(found: CheckoutSurroundings, terms: Terms, occurred_at: datetime) -> dict[str, Any]:
    member, around = found.member, found.around
    facts = member.facts if member is not None else {**NOBODY, "acquired_at": occurred_at.isoformat()}
    values = values_of_occasion(
        occurred_at=occurred_at,
        zone=terms.zone,
        channel=found.basket.channel,
        store=around.store,
        enrolled_at=member.enrolled_at if member is not None else occurred_at,
        tier=member.tier if member is not None else "",
        entitlements=terms.entitlements_of(member.tier) if member is not None else (),
        is_first=member.is_first if member is not None else False,
        customer=facts,
        past=values_of_past(terms, Buyer(found.customer_id, around.programme_id, found.basket.currency), occurred_at),
        unread=member.unread if member is not None else (),
    )
    traits = (path for path in terms.rule_set.fields_read if trait_of_path(path) is not None)
    return {**dict.fromkeys(traits), **values}


def basket_of(found: CheckoutSurroundings, terms: Terms, occurred_at: datetime, *, is_member: bool) -> Basket:
    """Return what the engine is given. Raises EnrolmentProvisional, MalformedAmount."""
    asked, rewards = found.basket, found.rewards
    _check_may_spend(found)
    return Basket(
        lines=tuple([_line(line, i, found) for i, line in enumerate(asked.lines, 1)]),
        shipping=() if asked.shipping is None else (_shipping(asked.shipping),),
        arithmetic=_arithmetic(asked, terms),
        coupons=tuple([_coupon(code, rewards.get("codes", {}).get(code, {}), asked) for code in asked.coupons]),
        gift_cards=tuple(_gift_cards(asked, rewards.get("gift_cards", {}))),
        points=PointsOffered(wanted_points(found)) if asked.pays_with_points and is_member else None,
        points_balance=max(0, found.points_available or 0),
        pays=terms.points.pays,
        products=_gifts(found, terms, occurred_at),
        claims=dict(asked.claims),
        choices=dict(asked.choices),
        left=left_of_limits(
            limits_of_terms(terms),
            rewards.get("limits", []),
            customer_id=found.customer_id if is_member else None,
            store_id=found.around.scope.store_id,
            at=occurred_at,
            zone=terms.zone,
            of=periods_of_member(found),
        ),
        is_member=is_member,
        in_cash=asked.in_cash,
    )


def limits_of_terms(terms: Terms) -> tuple[Limit, ...]:
    """Return what is counted by the terms: the limits of rules and campaigns, and how many points pay in a period."""
    pays = terms.points.pays
    if pays is None or pays.at_most is None:
        return terms.rule_set.limits
    paid = Limit(PAID_LIMIT, "", "points", pays.at_most, per="member", period=cast(Period, pays.per))
    return (*terms.rule_set.limits, paid)


def periods_of_member(found: CheckoutSurroundings) -> MemberPeriods | None:
    """Return what periods of the member are reckoned from; None where nobody is known."""
    return None if found.member is None else member_periods(found.member.enrolled_at, found.member.facts)


def _check_may_spend(found: CheckoutSurroundings) -> None:
    """Raise EnrolmentProvisional where points of a card without a person would be spent: they wait for it."""
    spends = found.basket.pays_with_points or found.basket.claims
    if spends and found.member is not None and found.member.is_provisional:
        raise EnrolmentProvisional("These points wait until the card is registered.", pointer="/member")


def wanted_points(found: CheckoutSurroundings) -> int | None:
    """Return how many points are to pay, in minor units; None: as many as are useful. Raises MalformedAmount."""
    text = found.basket.pay_points
    if text is None:
        return None
    try:
        return parse_points(text, found.around.programme["points_scale"])
    except FideliaError as refusal:
        refusal.pointer = "/pay_points"
        raise


def _arithmetic(asked: CheckoutBasket, terms: Terms) -> Arithmetic:
    arithmetic = terms.purchases.arithmetic
    if asked.prices_with_tax is None or asked.prices_with_tax == arithmetic.tax_included:
        return arithmetic
    return replace(arithmetic, tax_included=asked.prices_with_tax)


def _line(line: BasketLine, number: int, found: CheckoutSurroundings) -> Line:
    return Line(
        key=str(number),
        quantity=line.quantity,
        unit_price=line.unit_price,
        price_scale=line.price_scale,
        rates=_rates(line.taxes),
        fixed_taxes=tuple([FixedTax(tax.name, tax.amount, tax.is_included, tax.is_taxed) for tax in line.unit_taxes]),
        facts=_facts(line, found),
        discountable=line.is_discountable and line.sells is None,
        tenders=line.is_paid_by_tenders and line.sells is None,
        lowest=line.lowest,
    )


def _facts(line: BasketLine, found: CheckoutSurroundings) -> dict[str, Any]:
    product = found.around.products.get(line.product_code)
    facts = facts_of_product(line.product_code, product, line.category, line.brand)
    return facts if line.sells is None else {**facts, "earns": False}


def facts_of_product(
    code: str, product: Mapping[str, Any] | None, category: str = "", brand: str = ""
) -> dict[str, Any]:
    """Return what rules read of a product: what the file of products says, else what the till says."""
    known = product or {}
    return {
        "product": code,
        "category": known.get("category") or category,
        "brand": known.get("brand") or brand,
        "earns": known.get("earns", True) and known.get("is_product", True),
    }


def _shipping(shipping: Shipping) -> Line:
    facts = {"product": SHIPPING, "category": "", "brand": "", "earns": False}
    return Line(key=SHIPPING, quantity=1000, unit_price=shipping.amount, rates=_rates(shipping.taxes), facts=facts)


@lru_cache(maxsize=RATES_KEPT)
def _rates(taxes: tuple[Tax, ...]) -> tuple[TaxRate, ...]:
    return tuple([TaxRate(tax.name, tax.numerator, tax.denominator, tax.is_compound, tax.is_included) for tax in taxes])


def _coupon(code: str, known: Mapping[str, Any], asked: CheckoutBasket) -> Coupon:
    is_foreign = known.get("currency", asked.currency) != asked.currency
    return Coupon(
        code=code,
        series=known.get("series") or known.get("what", ""),
        state="cancelled" if is_foreign else STATES.get(known.get("state", "unknown"), "cancelled"),
        value=known.get("amount"),
        minimum=known.get("minimum_basket") or 0,
    )


# What rewards says of a code, in the engine's words.
STATES: Final[Mapping[str, Any]] = {
    "ok": "valid",
    "unknown": "unknown",
    "expired": "expired",
    "not_yet": "not_yet_valid",
    "used_up": "used_up",
    "reserved": "used_up",
    "of_another_member": "not_yours",
    "needs_member": "not_yours",
    "blocked": "cancelled",
}


def _gifts(found: CheckoutSurroundings, terms: Terms, at: datetime) -> dict[str, Product]:
    """Return what rules may add as gifts, with what each is worth and the pieces that are left of it."""
    codes = terms.rule_set.gift_products
    if not codes:
        return {}
    known, stock = gifts_by_code(sorted(codes), at), found.rewards.get("stock", {})
    found.around.products.update(known)
    return {
        code: Product(
            unit_price=found.gift_prices.get(code, worth_of_gift(known.get(code), found.basket.currency)),
            facts=facts_of_product(code, known.get(code)),
            stock=_left(stock.get(code)),
        )
        for code in codes
    }


def worth_of_gift(product: Mapping[str, Any] | None, currency: str) -> int:
    """Return what one piece of a gift is sold for, in minor units; 0 where no price in the currency is known."""
    if product is None or product["price"] is None or product["price_currency"] != currency:
        return 0
    return int(product["price"])


def _left(stock: Mapping[str, Any] | None) -> int | None:
    return None if stock is None else stock["left"]


def _gift_cards(asked: CheckoutBasket, known: Mapping[str, Mapping[str, Any]]) -> list[GiftCard]:
    cards = []
    for tender in asked.gift_cards:
        card = known.get(tender.code, {})
        if card.get("state") == "ok" and card.get("currency") == asked.currency:
            cards.append(GiftCard(key=str(card["id"]), balance=card["balance"], wanted=tender.amount))
    return cards
