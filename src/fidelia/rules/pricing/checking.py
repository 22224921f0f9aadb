"""Refusing a basket that no till could mean, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import get_args

from fidelia.kernel.errors import Invalid

from ..catalogue import DEFAULT_BOUNDS
from ..rounding import ROUNDINGS
from ..types import Type
from .basket import (
    Arithmetic,
    Basket,
    CouponState,
    FixedTax,
    Line,
    PriceRounding,
    Product,
    Sharing,
    TaxRate,
    TaxRounding,
)
from .bill import POINTS_TENDER

AMOUNT_MAX = DEFAULT_BOUNDS[Type.MONEY]
QUANTITY_MAX = DEFAULT_BOUNDS[Type.QUANTITY]
PRICE_SCALE_MAX = 8
RATES_MAX = 10
RATE_MAX = 10  # 1,000 %
RATES_KEPT = 1_000  # a shop has a few, on every line
COUPONS_MAX = 50
GIFT_CARDS_MAX = 20
_TAX_ROUNDINGS, _COUPON_STATES, _SHARINGS = get_args(TaxRounding), get_args(CouponState), get_args(Sharing)
_PRICE_ROUNDINGS = get_args(PriceRounding)


class InvalidBasket(Invalid):
    """A basket holds what no till could mean: a quantity of zero, a price below zero, a line named twice."""

    default_code = "basket_invalid"


def check_basket(basket: Basket, *, exponent: int, unit: int) -> None:
    """Refuse what cannot be computed. Raises InvalidBasket with a JSON pointer."""
    _check_arithmetic(basket.arithmetic)
    _check_lines(basket.lines, "/lines", exponent, unit)
    _check_lines(basket.shipping, "/shipping", exponent, unit)
    for code, product in basket.products.items():
        _check_price(product, f"/products/{code}")
    _require(len(basket.coupons) <= COUPONS_MAX, "/coupons", f"At most {COUPONS_MAX} coupons are presented.")
    for place, coupon in enumerate(basket.coupons):
        _require(coupon.state in _COUPON_STATES, f"/coupons/{place}/state", "This state is not known.")
        _require(coupon.value is None or coupon.value >= 0, f"/coupons/{place}/value", "A worth is not below zero.")
    _check_tenders(basket)


def _require(is_fine: bool, pointer: str, sentence: str) -> None:
    if not is_fine:
        raise InvalidBasket(sentence, pointer=pointer)


def _check_arithmetic(arithmetic: Arithmetic) -> None:
    _require(arithmetic.tax_rounding in _TAX_ROUNDINGS, "/arithmetic/tax_rounding", "This is no policy.")
    _require(arithmetic.price_rounding in _PRICE_ROUNDINGS, "/arithmetic/price_rounding", "This is no policy.")
    _require(arithmetic.sharing in _SHARINGS, "/arithmetic/sharing", "This is no policy.")
    for name in ("rounding", "cash_rounding"):
        _require(getattr(arithmetic, name) in ROUNDINGS, f"/arithmetic/{name}", "This is not a rounding.")
    _require(0 <= arithmetic.cash_step <= AMOUNT_MAX, "/arithmetic/cash_step", "A coin is not below zero.")


def _check_lines(lines: Sequence[Line], pointer: str, exponent: int, unit: int) -> None:
    keys: set[str] = set()
    for place, line in enumerate(lines):
        here = f"{pointer}/{place}"
        if not 0 < line.quantity <= QUANTITY_MAX:
            raise InvalidBasket(f"A quantity is above zero and at most {QUANTITY_MAX}.", pointer=f"{here}/quantity")
        if line.lowest < 0:
            raise InvalidBasket("A price is not below zero.", pointer=f"{here}/lowest")
        if line.key in keys:
            raise InvalidBasket(f"Two lines are named “{line.key}”.", pointer=f"{here}/key")
        keys.add(line.key)
        _check_price(line, here)
        scale = exponent if line.price_scale is None else line.price_scale
        if line.unit_price * line.quantity * 10**exponent > AMOUNT_MAX * unit * 10**scale:
            raise InvalidBasket("This line is dearer than any purchase can be.", pointer=f"{here}/unit_price")


def _check_price(line: Line | Product, here: str) -> None:
    if line.unit_price < 0:
        raise InvalidBasket("A price is not below zero.", pointer=f"{here}/unit_price")
    if line.price_scale is not None and not 0 <= line.price_scale <= PRICE_SCALE_MAX:
        raise InvalidBasket(f"A price has at most {PRICE_SCALE_MAX} decimals.", pointer=f"{here}/price_scale")
    if line.fixed_taxes or not _are_plain(line.rates):
        _check_taxes(line.rates, line.fixed_taxes, here)


@lru_cache(maxsize=RATES_KEPT)
def _are_plain(rates: tuple[TaxRate, ...]) -> bool:
    """Tell whether there is nothing to refuse about these rates; most lines have one."""
    are_ratios = all(rate.denominator > 0 and 0 <= rate.numerator <= RATE_MAX * rate.denominator for rate in rates)
    return are_ratios and len(rates) <= RATES_MAX


def _check_taxes(rates: Sequence[TaxRate], fixed: Sequence[FixedTax], here: str) -> None:
    _require(len(rates) + len(fixed) <= RATES_MAX, f"{here}/rates", f"A line has at most {RATES_MAX} taxes.")
    for place, rate in enumerate(rates):
        is_ratio = rate.denominator > 0 and 0 <= rate.numerator <= RATE_MAX * rate.denominator
        _require(is_ratio, f"{here}/rates/{place}", "A rate is a ratio from 0 to 10.")
    for place, tax in enumerate(fixed):
        _require(0 <= tax.amount <= AMOUNT_MAX, f"{here}/fixed_taxes/{place}", "A fixed tax is not below zero.")


def _check_tenders(basket: Basket) -> None:
    _require(len(basket.gift_cards) <= GIFT_CARDS_MAX, "/gift_cards", f"At most {GIFT_CARDS_MAX} gift cards pay.")
    keys = [card.key for card in basket.gift_cards]
    is_named = len(keys) == len(set(keys)) and POINTS_TENDER not in keys
    _require(is_named, "/gift_cards", f"Each gift card has a key of its own, and none is “{POINTS_TENDER}”.")
    for place, card in enumerate(basket.gift_cards):
        is_sane = card.balance >= 0 and (card.wanted is None or card.wanted >= 0)
        _require(is_sane, f"/gift_cards/{place}", "Amounts of a gift card are not below zero.")
    wanted = basket.points.wanted if basket.points is not None else None
    _require(wanted is None or wanted >= 0, "/points/wanted", "Points to pay with are not below zero.")
    _require(basket.points_balance >= 0 or wanted is None, "/points_balance", "There are no points to pay with.")
    for key, times in basket.claims.items():
        _require(times >= 0, f"/claims/{key}", "A reward is claimed zero times or more.")
