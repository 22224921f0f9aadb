"""A small programme for tests: 1 point per euro, double on coffee, 50 points for a first purchase; two tiers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fidelia.customers.models import Customer
from fidelia.customers.operations import NewCustomer, add_customer
from fidelia.kernel.actor import Actor
from fidelia.kernel.localized import LocalizedText
from fidelia.programme.models import Enrolment, Programme
from fidelia.programme.operations import create_programme, draft_version, enrol, publish_version

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
BEGUN = AT - timedelta(days=800)
AUTHOR = Actor.system("tests")

DOCUMENT: dict[str, Any] = {
    "rules": [
        {
            "key": "base",
            "name": {"en": "One point per euro", "fr": "Un point par euro"},
            "points_per": {"amount": "1.00", "points": "1"},
        },
        {
            "key": "coffee",
            "name": {"en": "Double points on coffee", "fr": "Double points café"},
            "lines": 'line.category == "coffee"',
            "multiply_points": {"by": "2"},
        },
        {
            "key": "first",
            "name": {"en": "Welcome", "fr": "Bienvenue"},
            "when": "purchase.is_first && purchase.total >= 20",
            "points": "50",
        },
    ],
    "points": {"validity_months": 24, "ends": "month"},
    "tiers": {
        "window_days": 365,
        "kept_days": 365,
        "levels": [
            {"key": "connaisseur", "name": {"en": "Connaisseur", "fr": "Connaisseur"}, "threshold": "100"},
            {"key": "grand_cru", "name": {"en": "Grand Cru", "fr": "Grand Cru"}, "threshold": "500"},
        ],
    },
}


def programme(
    document: dict[str, Any] | None = None, *, may_go_negative: bool = False, is_sandbox: bool = False
) -> Programme:
    """A programme whose first version is in force since two years ago."""
    made = create_programme(
        by=AUTHOR,
        at=BEGUN,
        slug="sandbox" if is_sandbox else "cercle",
        name=LocalizedText(en="Circle", fr="Cercle"),
        currency="EUR",
        time_zone="Europe/Paris",
        points_code="TST" if is_sandbox else "PTS",
        points_name=LocalizedText(en="points", fr="points"),
        may_go_negative=may_go_negative,
        is_sandbox=is_sandbox,
    )
    version = draft_version(by=AUTHOR, at=BEGUN, programme=made, document=document or DOCUMENT)
    publish_version(by=AUTHOR, at=BEGUN, version=version, in_force_from=BEGUN)
    return made


def follow(of: Programme, document: dict[str, Any]) -> Programme:
    """Let a programme go on by another document, a day after it began."""
    version = draft_version(by=AUTHOR, at=BEGUN, programme=of, document=document)
    publish_version(by=AUTHOR, at=BEGUN, version=version, in_force_from=BEGUN + timedelta(days=1))
    return of


def florestan(card: str = "2990441788200") -> Customer:
    """The customer of the cast, known by a card."""
    return add_customer(
        by=AUTHOR,
        at=BEGUN,
        customer=NewCustomer(source="till", given_name="Florestan", identities=(("card", card),), country="FR"),
    )


def member(of: Programme, card: str = "2990441788200") -> Enrolment:
    return enrol(by=AUTHOR, at=BEGUN, programme=of, customer_id=florestan(card).id, source="till")
