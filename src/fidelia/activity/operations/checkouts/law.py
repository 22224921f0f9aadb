"""What the law says of a basket: the promotions on each line against the policies in force at its moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from fidelia.products.queries import lowest_prices
from fidelia.rules import RuleSet
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
from .requests import BasketLine
from .settling import Settled

REFUSE, CATALOG = "refuse", "catalog"


def judge(found: CheckoutSurroundings, settled: Settled, at: datetime) -> list[dict[str, Any]]:
    """Return what the policies find, each with its action (warn, refuse); amounts in minor units. Mostly nothing.

    Points count for what they pay, where they pay; gifts for what they are sold for, with the lines that brought them.
    What coupons and vouchers for later are worth is not counted.
    """
    if not found.laws or (not settled.bill.discount and not settled.bill.points.points):
        return []
    ceiling = Ceiling.of(found.laws[CEILING]["terms"]) if CEILING in found.laws else None
    catalog = _catalog_rules(settled.terms.rule_set)
    if not catalog and not _concerns(ceiling, found, settled):
        return []
    findings: list[Finding] = []
    lines = _lines(found, settled, catalog)
    if ceiling is not None:
        findings += check_ceiling(ceiling, lines)
        findings += check_ceiling(ceiling, _with_gifts(found, settled, lines, ceiling))
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
            pointer=f"/lines/{number}" if number < len(found.basket.lines) else "/lines",  # a gift was not sent
            kind=first["kind"],
            found=first["found"],
            allowed=first["allowed"],
        )


def _concerns(ceiling: Ceiling | None, found: CheckoutSurroundings, settled: Settled) -> bool:
    if ceiling is None:
        return False
    categories = {_category_of(line, found) for line in found.basket.lines}
    gifts = settled.bill.lines[len(found.basket.lines) :]
    return any(ceiling.concerns(each) for each in categories | {_category_of_gift(line, found) for line in gifts})


def _category_of(line: BasketLine, found: CheckoutSurroundings) -> str:
    product: Mapping[str, Any] = found.around.products.get(line.product_code) or {}
    return product.get("category") or line.category


def _category_of_gift(line: BilledLine, found: CheckoutSurroundings) -> str:
    product: Mapping[str, Any] = found.around.products.get(line.product) or {}
    return product.get("category") or ""


def _with_gifts(
    found: CheckoutSurroundings, settled: Settled, lines: list[PricedLine], ceiling: Ceiling
) -> Iterator[PricedLine]:
    """Yield each gift that a rule added together with the lines that brought it, as one offer.

    Two bought and a third one free are a third off the three. Of the lines only those count that the ceiling concerns:
    what it does not concern lowers nothing. A gift that nobody knows a price of is worth nothing.
    """
    bill, sent = settled.bill, len(lines)
    for gift, places in zip(bill.lines[sent:], bill.gifts_for, strict=True):
        category = _category_of_gift(gift, found)
        if not gift.listed or not ceiling.concerns(category):
            continue
        own = [lines[place] for place in places if ceiling.concerns(lines[place].category)]
        yield PricedLine(
            key=gift.key,
            category=category,
            listed=gift.listed + sum([line.listed for line in own]),
            unit_listed=0,
            immediate=gift.listed - gift.amount + sum([line.immediate for line in own]),
            deferred=sum([line.deferred for line in own]),
        )


def _lines(found: CheckoutSurroundings, settled: Settled, catalog: frozenset[str]) -> list[PricedLine]:
    return [
        _line(found, settled, number, line, catalog)
        for number, line in enumerate(settled.bill.lines[: len(found.basket.lines)])
    ]


def _catalog_rules(rule_set: RuleSet) -> frozenset[str]:
    """Return the keys of the rules that announce a cut price, found once for a rule set."""
    found: frozenset[str] | None = rule_set.kept.get("catalog_rules")
    if found is None:
        found = frozenset(rule.key for rule in rule_set.rules if rule.terms.stage == CATALOG)
        rule_set.kept["catalog_rules"] = found
    return found


def _line(
    found: CheckoutSurroundings, settled: Settled, number: int, line: BilledLine, catalog: frozenset[str]
) -> PricedLine:
    pays = settled.terms.points.pays
    return PricedLine(
        key=line.key,
        category=_category_of(found.basket.lines[number], found),
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
