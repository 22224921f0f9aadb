"""Try a basket: what a version of a programme would give for it. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from fidelia.customers.queries import get_customer, ids_of
from fidelia.kernel.actor import Actor, Scope
from fidelia.kernel.db import read_jsonb
from fidelia.programme.models import Programme, ProgrammeVersion
from fidelia.programme.queries import Terms, find_enrolment, parse_document, tier_at
from fidelia.rules import Decision, Settlement, record_decision

from ..errors import MalformedLines, UnknownMember
from ..models import Purchase
from ..targets import LINES_MAX
from .deciding import settle_purchase
from .requests import LineRequest, check_line
from .values import line_values, values_for_rules

# Who has bought nothing yet and is known by nothing: what rules read of an invented member.
_NOBODY: Final = "a member invented for a trial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """What is tried. `customer_id` names a member; without one, a member is invented who holds `tier`."""

    lines: tuple[LineRequest, ...]
    occurred_at: datetime
    channel: str = "store"
    store: str = ""
    customer_id: Any = None
    tier: str = ""
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """What the rules came to. `decision` is what would be recorded; `tier` what the rules read of the member."""

    terms: Terms
    settlement: Settlement
    decision: Decision
    tier: str


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
    values = values_for_rules(
        occurred_at=basket.occurred_at,
        zone=terms.zone,
        channel=basket.channel,
        store=_store(basket.store),
        lines=_line_values(basket.lines),
        enrolled_at=buyer.enrolled_at,
        tier=buyer.tier,
        is_first=buyer.is_first,
        customer=buyer.facts,
    )
    settlement, known = settle_purchase(terms, values, basket.occurred_at)
    decision = record_decision(
        terms.rule_set, known, settlement, rule_version_id=str(version.id), occurred_at=basket.occurred_at
    )
    return Trial(terms, settlement, decision, buyer.tier)


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
        facts=_row("select customers_for_rules(%s, %s)", [customer.id, basket.occurred_at]),
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


def _line_values(lines: Sequence[LineRequest]) -> list[dict[str, Any]]:
    products = _row("select products_for_rules(%s)", [[line.product_code for line in lines]])
    return [line_values(line, products.get(line.product_code)) for line in lines]


def _row(sql: str, parameters: list[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        (found,) = cursor.fetchone()
    return read_jsonb(found)
