"""What the engine is given: the basket, how its money is rounded, what the member presents, and what is left of limits.

Whole numbers throughout: money in minor units of the catalogue's currency, quantities in thousandths (the catalogue's
quantity scale), rates as ratios. A price finer than a minor unit carries its own scale. What a client computed is never
asked: the engine computes every amount from prices and quantities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..paying import PayPolicy

TaxRounding = Literal["line", "unit", "rate_by_net", "rate_by_gross", "keep_gross", "discount_apart"]
Sharing = Literal["largest_remainder", "first", "nearest_first", "last", "last_down", "carried"]
PriceRounding = Literal["line", "unit", "total"]
CouponState = Literal["valid", "unknown", "expired", "not_yet_valid", "used_up", "not_yours", "cancelled"]


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A tax as a ratio: 20 % is 20/100, 8.875 % is 8875/100000.

    key       "vat20"; equal keys are summed together
    compound  it is counted on the amount with the taxes named before it, not on the amount alone
    included  prices of this line hold this tax, or it comes on top; None: as the basket's arithmetic says
    """

    key: str
    numerator: int
    denominator: int
    compound: bool = False
    included: bool | None = None


@dataclass(frozen=True, slots=True)
class FixedTax:
    """So much for each whole unit: an eco-contribution or a deposit. No discount ever lowers it.

    included  it is part of the unit price as stated; otherwise it comes on top of it
    taxed     the line's rates are counted on it too (an eco-contribution is, a deposit is not)
    """

    key: str
    amount: int
    included: bool = True
    taxed: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the basket, or one shipping cost.

    key           the caller's own name of the line, unique in the basket
    quantity      above zero, in thousandths: two pieces are 2000, 350 g of a kilo price 350
    unit_price    zero or more, in units of 10^-price_scale of the currency; price_scale None: in minor units
    rates         taxes in the order in which they are counted
    facts         values of the catalogue's line fields, by the field's key: product, category, brand, earns…; whatever
                  the engine computes itself (see `fields.COMPUTED_OF_LINE`) need not be there
    discountable  False: no rule lowers its price (gift cards, books under a price law)
    tenders       False: neither points nor gift cards pay for it (gift cards themselves)
    lowest        the unit price, in minor units, below which no rule brings it (what it cost, where selling at a loss
                  is forbidden); 0: none
    """

    key: str
    quantity: int
    unit_price: int
    price_scale: int | None = None
    rates: tuple[TaxRate, ...] = ()
    fixed_taxes: tuple[FixedTax, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    discountable: bool = True
    tenders: bool = True
    lowest: int = 0


@dataclass(frozen=True, slots=True)
class Product:
    """A product that a rule may add as a gift: its facts and its price as for a line. `stock` None: as many as wanted,
    otherwise whole units at hand."""

    unit_price: int
    price_scale: int | None = None
    rates: tuple[TaxRate, ...] = ()
    fixed_taxes: tuple[FixedTax, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    stock: int | None = None


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon or voucher code that was presented, with what the server knows of it.

    series  the key by which rules name it (`coupon: welcome`); empty when the code is unknown
    state   "valid", or why it is not: each has its own answer
    value   of a voucher: what it is worth, in minor units; None for a coupon
    minimum the basket (as it is paid when the rule comes) from which on the code is good
    """

    code: str
    series: str = ""
    state: CouponState = "valid"
    value: int | None = None
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class GiftCard:
    """A gift card presented as payment: a tender, never a discount. `wanted` None: as much as is due.

    key names it in the bill and in reversals (its id; the number stays with the caller).
    """

    key: str
    balance: int
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class PointsOffered:
    """Points that the member wants to pay with. `wanted` None: as many as are useful."""

    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """How the money of a basket is rounded: the policy of the shop, not of a rule.

    tax_included   prices are stated with their taxes
    tax_rounding   line           the taxes of each line are rounded
                   unit           the taxes of each unit are rounded (weighed goods: of the line)
                   rate_by_net    lines are rounded without tax, summed by rate, then taxed: the total may move by cents
                   rate_by_gross  the sum of a rate is rounded once; prices stay as they are
                   keep_gross     the sum of a rate is kept if any net amount × rate gives it, else the nearest above
    rounding       of line amounts and taxes; any of `rounding.ROUNDINGS`
    price_rounding line   price × quantity is rounded for each line
                   unit   the price of each unit is rounded first, where it is finer than a minor unit
                   total  the goods together are rounded once, and the lines sum to it by largest remainder
    cash_step      the smallest coin in minor units (5 for 0.05): what is left to pay in cash is rounded to it; 0: no
    cash_rounding  how
    sharing        who gets the cents when a discount is shared over lines
                   largest_remainder  the largest remainders, of equals the first line
                   first          shares are rounded down; the cents left go one each from the first line on
                   nearest_first  shares are rounded to the nearest; cents too many or too few are set right so
                   last, last_down  shares are rounded to the nearest, or down; the last line takes the rest
                   carried        what the shares so far left over goes on to the next line
    """

    tax_included: bool = True
    tax_rounding: TaxRounding = "line"
    rounding: str = "half_up"
    cash_step: int = 0
    cash_rounding: str = "half_up"
    sharing: Sharing = "largest_remainder"
    price_rounding: PriceRounding = "line"


@dataclass(frozen=True, slots=True)
class Basket:
    """All that a checkout brings besides the values of its fields.

    shipping      shipping costs as lines (usually one or none); rules reach them by `on: shipping`
    coupons       in the order in which they were presented
    gift_cards    in the order in which they pay
    points        None: the member does not pay with points
    pays          how points pay: the policy of the programme's terms (`terms.points.pays`); None: they do not
    points_balance  points that may be spent now, in minor units of the points currency
    claims        how often the member takes a rule that must be claimed (rewards that cost points): rule key → times
    choices       of a gift among several products: rule key → product code
    products      what may be added as gifts: product code → Product
    left          what is left of each limit of `RuleSet.limits`: limit key → uses, minor units or points; a limit that
                  is not named has all of it left
    is_member     False: nobody is known; rules with a limit per member do not apply then
    in_cash       the rest is paid in coins: cash rounding applies
    """

    lines: tuple[Line, ...]
    shipping: tuple[Line, ...] = ()
    arithmetic: Arithmetic = Arithmetic()
    coupons: tuple[Coupon, ...] = ()
    gift_cards: tuple[GiftCard, ...] = ()
    points: PointsOffered | None = None
    pays: PayPolicy | None = None
    points_balance: int = 0
    claims: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)
    products: Mapping[str, Product] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)
    is_member: bool = True
    in_cash: bool = False
