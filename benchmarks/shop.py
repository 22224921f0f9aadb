"""The shop that benchmarks sell in: a programme of five rules, products, members with cards, and a till's key."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

PRODUCTS = 500
CATEGORIES = ("coffee", "tea", "chocolate", "tableware", "books")
RULES: list[dict[str, Any]] = [
    {"key": "base", "points_per": {"amount": "1.00", "points": "1"}},
    {"key": "coffee", "lines": 'line.category == "coffee"', "multiply_points": {"by": "2"}},
    {"key": "welcome", "when": "purchase.is_first && purchase.total >= 20", "points": "50"},
    {"key": "tuesday", "when": 'purchase.weekday == "tuesday" && purchase.total >= 50', "points": "20"},
    {"key": "books", "when": 'lines.exists(l, l.category == "books" && l.quantity >= 2)', "points": "10"},
]
DOCUMENT = {
    "points": {"validity_months": 24, "ends": "month"},
    "tiers": {
        "window_days": 365,
        "kept_days": 365,
        "levels": [{"key": "gold", "name": {"en": "Gold", "fr": "Or"}, "threshold": "500"}],
    },
}


def open_shop(members: int, *, rules: Sequence[dict[str, Any]] = RULES) -> str:
    """Set all of it up in the installation at hand, by the verbs that an operator has; return the text of the key."""
    from fidelia.access.operations import issue_key
    from fidelia.kernel import clock
    from fidelia.kernel.actor import Actor

    by, at = Actor.system("benchmarks"), clock.now() - timedelta(days=30)
    programme = _programme(by, at, rules)
    _store(by, at)
    _products(by, at)
    _members(by, at, programme, members)
    rights = ["purchase.record", "purchase.return", "purchase.see", "points.see", "decision.see", "customer.see"]
    return issue_key(by=by, at=at, name="tills", rights=rights, limit_per_minute=1_000_000).text


def _programme(by: Any, at: Any, rules: Sequence[dict[str, Any]]) -> Any:
    from fidelia.kernel.localized import LocalizedText
    from fidelia.organisation.operations import set_up_operator
    from fidelia.programme.operations import create_programme, draft_version, publish_version

    name = LocalizedText(en="Circle", fr="Cercle")
    set_up_operator(
        by=by, at=at, name="Maison Éléonore", country="FR", currency="EUR", language="fr", time_zone="Europe/Paris"
    )
    programme = create_programme(
        by=by, at=at, slug="cercle", name=name, currency="EUR", time_zone="Europe/Paris",
        points_code="PTS", points_name=LocalizedText(en="points", fr="points"), may_go_negative=True,
    )  # fmt: skip
    named = [{**rule, "name": {"en": rule["key"], "fr": rule["key"]}} for rule in rules]
    version = draft_version(by=by, at=at, programme=programme, document={**DOCUMENT, "rules": named})
    publish_version(by=by, at=at, version=version, in_force_from=at)
    return programme


def _store(by: Any, at: Any) -> None:
    from fidelia.organisation.operations import add_banner, add_partner, add_store

    partner = add_partner(by=by, at=at, code="eleonore", name="Maison Éléonore", country="FR", currency="EUR")
    banner = add_banner(by=by, at=at, partner_id=partner.id, code="eleonore", name="Éléonore")
    add_store(
        by=by, at=at, banner_id=banner.id, code="S01", name="Séville", channel="store", country="FR", currency="EUR",
        time_zone="Europe/Paris", opened_on=date(2020, 1, 1),
    )  # fmt: skip


def _products(by: Any, at: Any) -> None:
    from fidelia.kernel.db import transaction_of_use_case
    from fidelia.products.operations import NewProduct, add_products_in_bulk

    rows = [
        NewProduct(code=f"P{number:04}", name=f"Article {number}", category=CATEGORIES[number % len(CATEGORIES)])
        for number in range(PRODUCTS)
    ]
    with transaction_of_use_case():
        add_products_in_bulk(by=by, at=at, rows=rows)


def _members(by: Any, at: Any, programme: Any, members: int) -> None:
    from fidelia.customers.operations import NewCustomer, add_customers_in_bulk
    from fidelia.kernel.db import transaction_of_use_case
    from fidelia.programme.operations import NewMember, enrol_in_bulk

    rows = [
        NewCustomer(source="import", given_name=f"Client {number}", identities=(("card", card_of(number)),))
        for number in range(members)
    ]
    with transaction_of_use_case():
        ids: list[UUID] = add_customers_in_bulk(by=by, at=at, rows=rows)
        new = [NewMember(customer_id=customer_id, enrolled_at=at) for customer_id in ids]
        enrol_in_bulk(by=by, at=at, programme=programme, members=new, source="import")


def card_of(number: int) -> str:
    return f"29904417{number:06}"


def purchases(members: int, occurred_at: str, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Purchases of five lines, as tills send them, by members drawn at random; without end."""
    draw = random.Random(seed)
    number = 0
    while True:
        number += 1
        lines = [
            {
                "product": f"P{draw.randrange(PRODUCTS):04}",
                "quantity": str(draw.randint(1, 3)),
                "net": f"{draw.randint(100, 4_000) / 100:.2f}",
            }
            for _line in range(5)
        ]
        yield {
            "receipt_number": f"R{seed}-{number}",
            "occurred_at": occurred_at,
            "currency": "EUR",
            "programme": "cercle",
            "member": {"identity": f"card:{card_of(draw.randrange(members))}"},
            "store": "S01",
            "lines": lines,
        }


def raw_request(path: str, body: dict[str, Any], *, key: str, idempotency_key: str) -> bytes:
    """Return a POST as it goes over the wire."""
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nIdempotency-Key: {idempotency_key}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content
