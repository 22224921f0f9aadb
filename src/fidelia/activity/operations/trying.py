"""Try a basket: what a version of a programme would give for it. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from fidelia.customers.fields import trait_of_path
from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import read_jsonb
from fidelia.kernel.money import exponent_of
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.queries import Terms, find_enrolment, parse_document, tier_at
from fidelia.rewards.queries.offers import offers_for_rules
from fidelia.rules import Decision, Settlement
from fidelia.rules.decision import record_bill
from fidelia.rules.pricing import Basket as PricedBasket
from fidelia.rules.pricing import Bill, Coupon, Line, Product, evaluate_basket
from fidelia.subscriptions.queries import plans_for_rules

from ..errors import MalformedLines, UnknownMember
from ..models import Purchase
from ..targets import LINES_MAX
from .checkouts.reading import gifts_by_code
from .checkouts.settling import facts_of_product, worth_of_gift
from .past import Buyer as PastOf
from .past import values_of_past
from .requests import UNIT, LineRequest, check_line
from .values import values_of_occasion

# Who has bought nothing yet and is known by nothing: what rules read of an invented member.
_NOBODY: Final = "a member invented for a trial"
_FINER: Final = 6  # decimals of a unit price beyond the minor unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What is tried. `customer_id` names a member; without one, a member is invented who holds `tier`.

    The `net` of a line is what it costs before any rule; `coupons` are series of which a good code is presented.
    """

    lines: tuple[LineRequest, ...]
    occurred_at: datetime
    channel: str = "store"
    store: str = ""
    customer_id: Any = None
    tier: str = ""
    is_first: bool = False
    coupons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """What the rules came to, as at a checkout: `bill` has every line with its discounts, `settlement` the points.

    `decision` is what would be recorded; `tier` what the rules read of the member.
    """

    terms: Terms
    settlement: Settlement
    decision: Decision
    tier: str
    bill: Bill


@dataclass(frozen=True, slots=True)
class _Buyer:
    enrolled_at: datetime
    tier: str
    is_first: bool
    facts: Mapping[str, Any]


def try_basket(
    *, by: Actor, version: ProgrammeVersion, basket: Basket, document: dict[str, Any] | None = None
) -> Trial:
    """Decide the basket by a version, draft or not, or by a document that nobody has kept yet.

    Raises Denied (programme.see; customer.see for a member), MalformedLines, UnknownCustomer, UnknownMember, and what
    `parse_document` raises.
    """
    programme = version.programme
    by.require("programme.see", Scope(programme.partner_id))
    _check_lines(basket.lines)
    terms = parse_document(programme, document or version.document, version_id=version.id)
    buyer = _member(by, programme, basket) if basket.customer_id is not None else _invented(basket)
    values = values_of_occasion(
        occurred_at=basket.occurred_at,
        zone=terms.zone,
        channel=basket.channel,
        store=_store(basket.store),
        enrolled_at=buyer.enrolled_at,
        tier=buyer.tier,
        entitlements=terms.entitlements_of(buyer.tier),
        is_first=buyer.is_first,
        customer=buyer.facts,
        past=values_of_past(terms, PastOf(basket.customer_id, programme.id, programme.currency), basket.occurred_at),
    )
    traits = (path for path in terms.rule_set.fields_read if trait_of_path(path) is not None)
    known = {**dict.fromkeys(traits), **values}
    bill = evaluate_basket(terms.rule_set, _priced(basket, terms), known, at=basket.occurred_at)
    decision = record_bill(terms.rule_set, bill, rule_version_id=str(version.id), occurred_at=basket.occurred_at)
    return Trial(terms, bill.points, decision, buyer.tier, bill)


def _priced(basket: Basket, terms: Terms) -> PricedBasket:
    scale = exponent_of(terms.rule_set.catalogue.currency) + _FINER
    facts = _line_facts(basket.lines)
    codes, currency = sorted(terms.rule_set.gift_products), terms.rule_set.catalogue.currency
    gifts = gifts_by_code(codes, basket.occurred_at) if codes else {}
    return PricedBasket(
        lines=tuple(
            Line(str(i), line.quantity, _unit_price(line), scale, facts=known)
            for i, (line, known) in enumerate(zip(basket.lines, facts, strict=True), 1)
        ),
        arithmetic=terms.purchases.arithmetic,
        coupons=tuple(Coupon(code=series, series=series) for series in basket.coupons),
        products={
            code: Product(worth_of_gift(gifts.get(code), currency), facts=facts_of_product(code, gifts.get(code)))
            for code in codes
        },
    )


def _unit_price(line: LineRequest) -> int:
    """Return the price of one unit, fine enough that times the quantity it is the amount of the line again."""
    whole: int = (2 * line.net * UNIT * 10**_FINER + line.quantity) // (2 * line.quantity)
    return whole


def _check_lines(lines: Sequence[LineRequest]) -> None:
    if not 1 <= len(lines) <= LINES_MAX:
        raise MalformedLines(f"A basket has 1 to {LINES_MAX} lines.", pointer="/lines")
    for i, line in enumerate(lines):
        check_line(line, f"/lines/{i}")


def _member(by: Actor, programme: Programme, basket: Basket) -> _Buyer:
    customer = get_customer(by=by, customer_id=basket.customer_id)
    ids = ids_of(customer.id)
    enrolment = find_enrolment(programme, ids)
    if enrolment is None:
        raise UnknownMember("This customer is not a member of the programme.", pointer="/customer")
    held = tier_at(enrolment.id, basket.occurred_at)
    bought = Purchase.objects.filter(customer_id__in=list(ids), kind=Purchase.Kind.SALE)
    return _Buyer(
        enrolled_at=enrolment.enrolled_at,
        tier=held.tier if held else "",
        is_first=not bought.exists(),
        facts={
            **_row("select customers_for_rules(%s, %s)", [customer.id, basket.occurred_at]),
            "plans": plans_for_rules(programme.id, ids, basket.occurred_at),
            "offers": offers_for_rules(programme.id, ids, basket.occurred_at),
        },
    )


def _invented(basket: Basket) -> _Buyer:
    types = _row("select coalesce(jsonb_object_agg(name, type), '{}') from customers_trait_definition", [])
    facts = {
        "kind": "person", "country": "", "language": "fr", "source": _NOBODY, "birth_on": None, "segments": [],
        "acquired_at": basket.occurred_at.isoformat(), "traits": {}, "trait_types": types,
    }  # fmt: skip
    return _Buyer(basket.occurred_at, basket.tier, basket.is_first, facts)


def _store(code: str) -> Mapping[str, Any] | None:
    return _row("select organisation_store_for_rules(%s)", [code]) if code else None


def _line_facts(lines: Sequence[LineRequest]) -> list[dict[str, Any]]:
    products = _row("select products_for_rules(%s)", [[line.product_code for line in lines]])
    return [
        facts_of_product(line.product_code, products.get(line.product_code), line.category, line.brand)
        for line in lines
    ]


def _row(sql: str, parameters: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        (found,) = cursor.fetchone()
    return read_jsonb(found)
