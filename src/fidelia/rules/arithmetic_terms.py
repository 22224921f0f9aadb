"""How a programme's shops round money at the checkout: the policy of the shop, not of a rule.

    {"prices_with_tax": true, "tax_rounding": "line", "rounding": "half_up", "cash_step": 5, "cash_rounding": "half_up",
     "sharing": "largest_remainder", "price_rounding": "line"}

`cash_step` is the smallest coin in minor units (5 for 0.05), 0: there is no rounding to coins. `sharing` says who gets
the cents when a discount is shared over lines.
"""

from __future__ import annotations

from typing import Any, get_args

from .pricing.basket import Arithmetic, PriceRounding, Sharing, TaxRounding
from .reading import MalformedTerms, read_choice, read_object, read_whole
from .rounding import ROUNDINGS

TAX_ROUNDINGS: tuple[str, ...] = get_args(TaxRounding)
CASH_STEP_MAX = 100_000
_PLACE = "/purchases/arithmetic"
_PARTS = {"prices_with_tax", "tax_rounding", "rounding", "cash_step", "cash_rounding", "sharing", "price_rounding"}
SHARINGS: tuple[str, ...] = get_args(Sharing)
PRICE_ROUNDINGS: tuple[str, ...] = get_args(PriceRounding)


def parse_arithmetic(document: Any) -> Arithmetic:
    """Read how money is rounded; absent: prices with tax, rounded line by line. Raises MalformedTerms."""
    if document is None:
        return Arithmetic()
    known = read_object(document, _PLACE, _PARTS)
    with_tax = known.get("prices_with_tax", True)
    if not isinstance(with_tax, bool):
        raise MalformedTerms("Prices are with tax (true) or without (false).", pointer=f"{_PLACE}/prices_with_tax")
    tax_rounding = read_choice(known.get("tax_rounding", "line"), f"{_PLACE}/tax_rounding", TAX_ROUNDINGS)
    return Arithmetic(
        tax_included=with_tax,
        tax_rounding=tax_rounding,  # type: ignore[arg-type] # one of its choices
        rounding=read_choice(known.get("rounding", "half_up"), f"{_PLACE}/rounding", tuple(ROUNDINGS)),
        cash_step=read_whole(known.get("cash_step", 0), f"{_PLACE}/cash_step", least=0, most=CASH_STEP_MAX),
        cash_rounding=read_choice(known.get("cash_rounding", "half_up"), f"{_PLACE}/cash_rounding", tuple(ROUNDINGS)),
        sharing=read_choice(known.get("sharing", SHARINGS[0]), f"{_PLACE}/sharing", SHARINGS),  # type: ignore[arg-type]
        price_rounding=read_choice(  # type: ignore[arg-type]
            known.get("price_rounding", "line"), f"{_PLACE}/price_rounding", PRICE_ROUNDINGS
        ),
    )
