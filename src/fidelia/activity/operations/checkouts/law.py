"""What the law says of a basket: the promotions on each line against the policies in force at its moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from fidelia.products.queries import lowest_prices
from fidelia.rules.law import (
    CEILING,
    PRIOR_PRICE,
    Ceiling,
    Finding,
    PricedLine,
    check_ceiling,
    check_prior_price,
)
from fidelia.rules.paying import worth_of
from fidelia.rules.pricing import BilledLine

from ...errors import PromotionForbidden
from .reading import CheckoutSurroundings
from .settling import Settled, facts_of_product

REFUSE, CATALOG = "refuse", "catalog"


def judge(found: CheckoutSurroundings, settled: Settled, at: datetime) -> list[dict[str, Any]]:
    """Return what the policies find, each with its action (warn, refuse); amounts in minor units. Mostly nothing.

    Points count for what they pay, where they pay. What coupons and vouchers for later are worth is not counted.
    """
    if not found.laws or (not settled.bill.discount and not settled.bill.points.points):
        return []
    findings: list[Finding] = []
    lines = _lines(found, settled)
    if CEILING in found.laws:
        findings += check_ceiling(Ceiling.of(found.laws[CEILING]["terms"]), lines)
    if PRIOR_PRICE in found.laws and any(line.announced for line in lines):
        days = found.laws[PRIOR_PRICE]["terms"]["days"]
        findings += check_prior_price(_with_lowest(found, settled, lines, at, days))
    return [{**asdict(one), "action": found.laws[one.kind]["action"]} for one in findings]


def check_lawful(found: CheckoutSurroundings, settled: Settled, at: datetime) -> None:
    """Raise PromotionForbidden where a policy refuses what it finds in a basket that is to be bought."""
    refused = [one for one in judge(found, settled, at) if one["action"] == REFUSE]
    if refused:
        first = refused[0]
        number = next(i for i, line in enumerate(settled.bill.lines) if line.key == first["where"])
        raise PromotionForbidden(
            "The law allows less of a promotion on this product.",
            pointer=f"/lines/{number}",
            kind=first["kind"],
            found=first["found"],
            allowed=first["allowed"],
        )


def _lines(found: CheckoutSurroundings, settled: Settled) -> list[PricedLine]:
    catalog = {rule.key for rule in settled.terms.rule_set.rules if rule.terms.stage == CATALOG}
    return [
        _line(found, settled, number, line, catalog)
        for number, line in enumerate(settled.bill.lines[: len(found.basket.lines)])
    ]


def _line(
    found: CheckoutSurroundings, settled: Settled, number: int, line: BilledLine, catalog: set[str]
) -> PricedLine:
    sent = found.basket.lines[number]
    product: Mapping[str, Any] | None = found.around.products.get(sent.product_code)
    facts = facts_of_product(sent.product_code, product, sent.category, sent.brand)
    pays = settled.terms.points.pays
    return PricedLine(
        key=line.key,
        category=facts["category"],
        listed=line.listed,
        unit_listed=line.listed * 1_000 // line.quantity,
        immediate=line.listed - line.amount,
        deferred=worth_of(pays, line.points) if pays is not None and settled.is_member else 0,
        announced=any(amount > 0 for rule, amount in line.discounts if rule in catalog),
    )


def _with_lowest(
    found: CheckoutSurroundings, settled: Settled, lines: list[PricedLine], at: datetime, days: int
) -> list[PricedLine]:
    codes = [line.product_code for line in found.basket.lines]
    lowest = lowest_prices(codes, settled.bill.currency, at=found.basket.occurred_at or at, days=days)
    return [
        replace(line, lowest=lowest.get(code)) if line.announced else line
        for line, code in zip(lines, codes, strict=True)
    ]
